import { plugin } from 'raspy-plugin-fake';

/** The drivers that the server has. */
export const { drivers } = plugin;
