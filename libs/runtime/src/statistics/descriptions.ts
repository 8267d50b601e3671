/** How a value behaves: a `counter` only rises while its server runs, a `gauge` is what is now. */
export interface StatisticDescription {
  readonly kind: 'counter' | 'gauge';
  /** One sentence, for people. */
  readonly doc: string;
  readonly unit?: 'bytes' | 'seconds' | 'milliseconds';
}

const counter = (doc: string, unit?: StatisticDescription['unit']): StatisticDescription => {
  return { kind: 'counter', doc, ...(unit !== undefined && { unit }) };
};
const gauge = (doc: string, unit?: StatisticDescription['unit']): StatisticDescription => {
  return { kind: 'gauge', doc, ...(unit !== undefined && { unit }) };
};

/** What the log on disk of a store tells, below its prefix. */
const DISK = {
  bytesGiven: counter('Bytes that were given to be kept', 'bytes'),
  bytesOnDisk: gauge('Bytes that its files take', 'bytes'),
  bytesPerDay: gauge('Bytes written in a day at the rate since the start: memory cards wear', 'bytes'),
  bytesWritten: counter('Bytes written to disk', 'bytes'),
  commits: counter('Groups of changes that were written'),
  flushes: counter('Times that the disk was asked to keep what was written'),
};

const BROKER = {
  requests: counter('Requests of clients, well-formed, refused ones included'),
  mmiRequests: counter('Of the requests, those that the broker answered itself as mmi'),
  localRequests: counter("Of the requests, those of the broker's own process"),
  builtinRequests: counter('Of the requests, those for services built into the broker'),
  builtinReplies: counter('Replies of built-in services'),
  builtinInFlight: gauge('Requests that built-in services have now'),
  replies: counter('Replies of workers, sent on to clients'),
  partials: counter('Partial replies of workers'),
  failures: counter('Failures made by the broker and sent to clients'),
  expired: counter('Requests that waited too long, and were not executed'),
  refused: counter('Requests that found their queue full, and were not executed'),
  lost: counter('Requests whose worker was lost'),
  redispatched: counter('Of the lost ones, those given to another worker'),
  unroutableReplies: counter('Replies whose client had gone'),
  workersRegistered: counter('Workers that have registered'),
  workersRemoved: counter('Workers that have left, or were given up'),
  workers: gauge('Workers that are registered'),
  services: gauge('Services with a worker'),
  servicesWithoutWorker: gauge('Names without a worker for which requests wait'),
  queued: gauge('Requests that wait'),
  queuedBytes: gauge('What the waiting requests hold', 'bytes'),
  inFlight: gauge('Requests that workers have'),
  inFlightBytes: gauge('What requests under way hold', 'bytes'),
  'dropped.*': counter('Messages that went no further, for this cause'),
};

const TREE = {
  updates: counter('Updates of the key/value tree, deletions and expiries included'),
  deletes: counter('Of the updates, deletions'),
  expired: counter('Of the updates, entries whose time ended'),
  conditional: counter('Of the updates, those made on condition'),
  conflicts: counter('Conditional updates that were not made'),
  sequence: gauge('Sequence of the latest update'),
  keys: gauge('Entries of the tree'),
  bytes: gauge('What the entries take', 'bytes'),
  restored: gauge('Entries that came from disk at the start'),
  notRestored: gauge('Entries on disk that the limits of now leave out'),
  snapshotsSent: counter('Snapshots sent'),
  snapshotItems: counter('Entries sent in snapshots'),
  snapshots: gauge('Snapshots under way'),
  keptBytes: gauge('What is kept aside for snapshots', 'bytes'),
  'subscriptions.*': gauge('Different subtrees that somebody subscribes to, on this wire'),
  unsaved: gauge('Changes that are not on disk yet'),
  storageFailures: gauge('Failed writes since the last that succeeded'),
  'dropped.*': counter('Messages to the tree that went no further, for this cause'),
};

const TITANIC = {
  accepted: counter('Durable requests that were stored'),
  repeatedKeys: counter('Submissions whose key was there already'),
  refused: counter('Submissions that were refused'),
  attempts: counter('Attempts that were sent to services'),
  failedAttempts: counter('Attempts that failed'),
  done: counter('Requests whose reply was stored'),
  died: counter('Requests that became dead letters'),
  expired: counter('Requests whose time was over'),
  closed: counter('Requests that their submitters closed'),
  storageFailures: counter('Writes that failed'),
  kept: gauge('Requests that are kept, in whatever state'),
  bytes: gauge('What their bodies and replies take', 'bytes'),
  waiting: gauge('Requests that wait for a worker, or for those before them'),
  running: gauge('Attempts under way'),
  held: gauge('Requests held for their time, or for a clock that can be trusted'),
  dead: gauge('Dead letters'),
  closedKeys: gauge('Keys that are kept of closed requests'),
  settings: gauge('Settings in the store'),
};

const DEVICES = {
  count: gauge('Devices, sub-devices included'),
  failed: gauge('Devices that cannot be opened'),
  tripped: gauge('Guarded outputs that have tripped'),
  'disk.bytesWritten': DISK.bytesWritten,
};

const CRON = {
  jobs: gauge('Jobs'),
  unreadable: gauge('Stored jobs that cannot be run'),
  'runs.begun': counter('Runs that began'),
  'runs.failed': counter('Runs that failed'),
  'runs.missed': counter('Runs that were missed and not made up for'),
  'runs.skipped': counter('Runs that an overlap rule left out'),
  'runs.unknown': counter('Runs of which nobody knows whether they were done'),
  'runs.untold': counter('Runs that the tree could not be told of'),
};

const SCENARIOS = {
  count: gauge('Scenarios'),
  running: gauge('Scenarios that run'),
  quarantined: gauge('Scenarios that failed too often, and wait for somebody'),
  broken: gauge('Stored scenarios that cannot be used'),
};

const PROCESS = {
  residentBytes: gauge('Memory that the process has', 'bytes'),
  heapBytes: gauge('Of it, what JavaScript uses', 'bytes'),
  externalBytes: gauge('Of it, buffers outside of the heap', 'bytes'),
  cpu: counter('Time of the processor that it took', 'milliseconds'),
  uptime: gauge('Since the process started', 'seconds'),
  'loopDelay.*': gauge('By how much the event loop was late, in the last minute or two', 'seconds'),
};

const below = (prefix: string, descriptions: Readonly<Record<string, StatisticDescription>>) =>
  Object.entries(descriptions).map(([name, description]) => [`${prefix}.${name}`, description] as const);

/** What every value of the servers here tells, by its oid; one that ends with `.*` holds for all below it. */
export const DESCRIPTIONS: ReadonlyMap<string, StatisticDescription> = new Map([
  ...below('broker', BROKER),
  ...below('kv', TREE),
  ...below('kv.disk', DISK),
  ...below('titanic', TITANIC),
  ...below('titanic.disk', DISK),
  ...below('devices', DEVICES),
  ...below('cron', CRON),
  ...below('scenarios', SCENARIOS),
  ...below('process', PROCESS),
]);

/** What is said of an oid; the last name of it may stand for many. */
export function descriptionOf(oid: string): StatisticDescription | undefined {
  return DESCRIPTIONS.get(oid) ?? DESCRIPTIONS.get(oid.replace(/[^.]+$/, '*'));
}
