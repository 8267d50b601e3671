import { definePlugin } from '@raspy/devices';
import { stillCamera } from './still-camera.js';

/** What a host that loads `raspy-plugin-camera` gets. */
export const plugin = definePlugin({ name: 'camera', drivers: [stillCamera] });
