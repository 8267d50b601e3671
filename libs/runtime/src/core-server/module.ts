import type { Place } from '@raspy/automation';
import type { DeviceConfig, RaspyPlugin } from '@raspy/devices';
import { ContainerModule, type ServiceIdentifier } from 'inversify';
import type { coreSettings } from '../config/common-settings.js';
import type { SettingsOf } from '../config/setting.js';
import { SettingsError } from '../config/settings-error.js';
import { connectEndpoint } from '../server/endpoint.js';
import { serverOptions, type ServerSurroundings, type ServerValues } from '../server/surroundings.js';
import { CoreServer } from './core-server.js';

/** The values of the settings that a core server has. */
export type CoreValues = SettingsOf<typeof coreSettings>;

/** The server that decides. */
export const CORE_SERVER: ServiceIdentifier<CoreServer> = Symbol.for('raspy.CORE_SERVER');

/** What {@link coreServerModule} composes. */
export interface CoreServerModuleOptions extends ServerSurroundings<ServerValues & CoreValues> {
  /** Where the broker is. @default the address and port of the settings */
  readonly endpoint?: () => string;
  /** Plugins whose drivers its own devices have. @default none */
  readonly plugins?: readonly RaspyPlugin[];
  /** Devices of its own. @default none */
  readonly devices?: readonly DeviceConfig[];
}

/**
 * Binds {@link CORE_SERVER} as a singleton.
 * @throws SettingsError for a place without one of its coordinates
 */
export function coreServerModule(options: CoreServerModuleOptions): ContainerModule {
  const { settings } = options;
  const place = placeOf(settings);
  const endpoint = options.endpoint ?? (() => connectEndpoint(settings.brokerIp, settings.brokerPort));
  return new ContainerModule(({ bind }) => {
    bind(CORE_SERVER)
      .toResolvedValue(
        () =>
          new CoreServer({
            ...serverOptions(options, endpoint),
            kvChpPort: settings.kvChpPort,
            defaults: { timeZone: settings.timeZone, ...(place !== undefined && { place }) },
            ...(settings.clockTrust === 'always' && { isClockTrusted: () => true }),
            safeMode: settings.safeMode,
            ...(options.plugins !== undefined && { plugins: options.plugins }),
            ...(options.devices !== undefined && { devices: options.devices }),
          }),
      )
      .inSingletonScope();
  });
}

function placeOf({ latitude, longitude }: CoreValues): Place | undefined {
  if (latitude !== undefined && longitude !== undefined) return { latitude, longitude };
  if (latitude === undefined && longitude === undefined) return undefined;
  const [missing, given] = latitude === undefined ? ['latitude', 'longitude'] : ['longitude', 'latitude'];
  throw new SettingsError([{ where: missing, problem: `is needed with ${given}: a place has both` }]);
}
