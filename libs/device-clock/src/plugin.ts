import { definePlugin } from '@raspy/devices';
import { machineClock, plainClock } from './clock-driver.js';

/** What a host that loads `raspy-plugin-clock` gets. */
export const plugin = definePlugin({ name: 'clock', drivers: [machineClock, plainClock] });
