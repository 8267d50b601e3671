import type { RaspyPlugin } from '@raspy/devices';
import { VERSION } from '@raspy/runtime';

/** A plugin that this program brings along; loaded on demand, as device types cost start-up time and memory. */
export interface BuiltInPlugin {
  readonly packageName: string;
  /** The plugin's own. */
  readonly name: string;
  readonly version: string;
  /** Whether a server has it that names no plugin. */
  readonly byDefault: boolean;
  readonly load: () => Promise<RaspyPlugin>;
}

/** All of them. */
export const builtInPlugins: readonly BuiltInPlugin[] = [
  {
    packageName: 'raspy-plugin-fake',
    name: 'fake',
    version: VERSION,
    byDefault: true,
    load: async () => (await import('./fake.js')).plugin,
  },
  {
    packageName: 'raspy-plugin-clock',
    name: 'clock',
    version: VERSION,
    byDefault: false,
    load: async () => (await import('./clock.js')).plugin,
  },
  {
    packageName: 'raspy-plugin-onewire',
    name: 'onewire',
    version: VERSION,
    byDefault: false,
    load: async () => (await import('./onewire.js')).plugin,
  },
];
