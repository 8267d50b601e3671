import { plugin } from 'raspy-plugin-onewire';

/** The drivers that the server has, whatever bus they are used on. */
export const { drivers } = plugin;
