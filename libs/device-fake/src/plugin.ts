import { definePlugin, type RaspyPlugin } from '@raspy/devices';
import { cyclicDriver } from './cyclic.js';
import { lampDriver } from './lamp.js';
import { linearDriver } from './linear.js';

/** The drivers of this package, for a device host. */
export const plugin: RaspyPlugin = definePlugin({
  name: 'fake',
  drivers: [cyclicDriver, linearDriver, lampDriver],
});
