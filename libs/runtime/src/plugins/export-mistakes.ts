import {
  checkPlugin,
  describeDeviceType,
  OID_PATTERN,
  type DeviceTypeDescription,
  type RaspyPlugin,
} from '@raspy/devices';
import { standardTypes } from '@raspy/devices/types';
import { reasonOf } from './import-plugin.js';
import { shortNameOf } from './package-name.js';
import type { PluginMistake } from './plugin-failure.js';

/** What a module exports, and what is wrong with it; with mistakes it must not be used. */
export interface CheckedExport {
  /** `undefined` when there is nothing like a plugin. */
  readonly plugin: RaspyPlugin | undefined;
  /** Its types as plain JSON, as far as they can be described. */
  readonly types: readonly DeviceTypeDescription[];
  readonly mistakes: readonly PluginMistake[];
}

/** Oids of the types that ship, which any plugin may serve. */
export const STANDARD_OIDS: readonly string[] = standardTypes.map(({ oid }) => oid);

/**
 * Looks at what a package exports as `plugin`, or as its default.
 * @param standardOids - oids of types that are not the plugin's own and that it may serve
 */
export function checkExport(
  module: unknown,
  packageName: string,
  standardOids: ReadonlySet<string>,
): CheckedExport {
  let plugin: RaspyPlugin;
  try {
    plugin = checkPlugin(exportedPlugin(module));
  } catch (error) {
    return { plugin: undefined, types: [], mistakes: [{ code: 'PLUGIN_EXPORT', message: reasonOf(error) }] };
  }
  const mistakes: PluginMistake[] = [];
  const shortName = shortNameOf(packageName);
  if (plugin.name !== shortName) {
    const message = `it calls itself "${plugin.name}", its package "${shortName}": give definePlugin the package's short name`;
    mistakes.push({ code: 'PLUGIN_NAME', message });
  }
  const types: DeviceTypeDescription[] = [];
  for (const { type } of plugin.drivers) {
    try {
      types.push(describeDeviceType(type));
      if (!OID_PATTERN.test(type.oid)) throw new Error('its oid is not "category.device" in small letters');
    } catch (error) {
      const message = `the type "${type.oid}" is none: ${reasonOf(error)}; make it with defineDeviceType`;
      mistakes.push({ code: 'PLUGIN_TYPES', message });
    }
  }
  const foreign = plugin.drivers
    .map(({ type }) => type.oid)
    .filter((oid) => !oid.startsWith(`${shortName}.`) && !standardOids.has(oid));
  if (foreign.length > 0) {
    const message = `its own types must have oids that begin with "${shortName}.", and these do not: ${foreign.join(', ')}`;
    mistakes.push({ code: 'PLUGIN_OIDS', message });
  }
  return { plugin, types, mistakes };
}

/** CommonJS packages may show what they export in `default` alone. */
function exportedPlugin(module: unknown): unknown {
  const { plugin, default: inner } = (module ?? {}) as {
    plugin?: unknown;
    default?: { plugin?: unknown } | null;
  };
  return plugin ?? inner?.plugin ?? inner;
}
