/** A kind of server that `raspy start` can run. */
export interface ServerKind {
  /** Settings, by their names, of which it is made; a change of another one does not concern it. */
  readonly settings: readonly string[];
  /** Whether it serves devices: these have a list of them, plugins, and may be isolated. */
  readonly hasDevices: boolean;
  /** Whether its name on the bus is always that of its kind, so that there is one of it. */
  readonly single: boolean;
}

/** How a server finds its broker and is found. */
const ON_THE_BUS = ['brokerIp', 'brokerPort', 'kvChpPort', 'hostname', 'heartbeatMs', 'liveness', 'logLevel'];
const TITANIC = [
  'dataDir',
  'titanicMaxRequests',
  'titanicMaxMb',
  'titanicRetentionHours',
  'titanicConcurrency',
  'titanicAttemptMs',
  'titanicMaxAttempts',
  'clockTrust',
];
const CORE = ['latitude', 'longitude', 'timeZone', 'clockTrust', 'safeMode', 'clock'];
const WEB = [
  'dataDir',
  'webIp',
  'webPort',
  'webHosts',
  'webCert',
  'webKey',
  'webTrustProxy',
  'configuration',
];
const DEVICES = [...ON_THE_BUS, 'dataDir', 'tracing', 'plugins', 'pluginsDir', 'pluginOptions'];

/** The kinds that there are. One that comes is added here and in `HomeMaker.create`. */
export const SERVER_KINDS: Readonly<Record<string, ServerKind>> = {
  broker: {
    settings: [...ON_THE_BUS, ...TITANIC, 'titanic', 'maxMessageMb', 'kvFlushMs', 'kvMaxKeys', 'kvLegacy4'],
    hasDevices: false,
    single: true,
  },
  titanic: { settings: [...ON_THE_BUS, ...TITANIC], hasDevices: false, single: true },
  core: { settings: [...ON_THE_BUS, ...CORE], hasDevices: false, single: true },
  web: { settings: [...ON_THE_BUS, ...WEB], hasDevices: false, single: true },
  devices: { settings: DEVICES, hasDevices: true, single: false },
  /** Device servers that have example devices when they are given none. */
  fake: { settings: DEVICES, hasDevices: true, single: false },
};

/** What all servers of a home have to share with its broker: a change of one waits until the home is restarted. */
export const SHARED_WITH_BROKER = [
  'brokerIp',
  'brokerPort',
  'kvChpPort',
  'hostname',
  'heartbeatMs',
  'liveness',
];

/** Why something is no kind of server; `undefined` when it is one. */
export function kindMistake(kind: unknown): string | undefined {
  if (typeof kind === 'string' && Object.hasOwn(SERVER_KINDS, kind)) return undefined;
  const known = Object.keys(SERVER_KINDS).join(', ');
  return `${JSON.stringify(kind)} is no kind of server: give one of ${known}`;
}

/** Why there is no server of a name to run, when neither the file nor a kind is called so. */
export function nameMistake(name: string, known: Iterable<string>): string {
  const there = [...new Set(known)].sort().join(', ');
  return `there is no server "${name}": there are ${there}`;
}
