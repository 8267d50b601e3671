import {
  decimal,
  integer,
  oneOf,
  path,
  structure,
  text,
  toggle,
  type MachineFacts,
  type Setting,
} from './setting.js';
import type { SnmpUserValue } from './snmp-users.js';

/** Characters of a host or service name: the first two dots of a sub-service's name are structural (PROTOCOLS §7). */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** Where the broker is. */
export const brokerSettings = {
  brokerIp: text({
    description: 'Address of the broker; the broker itself listens there',
    hint: 'ADDRESS',
    default: '127.0.0.1',
    pattern: /^(?:\*|\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)$/,
    expected: 'an address such as 127.0.0.1, or 0.0.0.0 for all of this machine',
  }),
  brokerPort: integer({
    description: 'TCP port of the broker',
    hint: 'PORT',
    default: 5514,
    min: 1,
    max: 65_535,
  }),
  kvChpPort: integer({
    description: 'First of three TCP ports of the key/value tree by CHP; 0 is the port of the broker + 6',
    hint: 'PORT',
    default: 0,
    min: 0,
    max: 65_533,
  }),
};

/** `brokerPort` of a program that binds it, where 0 takes any free port. */
export const boundPortSetting = integer({
  description:
    'TCP port of the broker; 0 takes one that is free, as are those after it for the key/value tree',
  hint: 'PORT',
  default: 5514,
  min: 0,
  max: 65_535,
});

/** `maxMessageMb` of a program that runs a broker. */
export const maxMessageSetting = integer({
  description: 'Most that the broker takes as one message, in MiB; larger ones are dropped',
  hint: 'MIB',
  default: 64,
  min: 1,
  max: 1_024,
});

/** Settings of the key/value tree, of a program that runs a broker. */
export const kvServerSettings = {
  kvFlushMs: integer({
    description:
      'Milliseconds within which a changed value is on disk; more spare a memory card and risk more',
    hint: 'MS',
    default: 500,
    min: 50,
    max: 86_400_000,
  }),
  kvMaxKeys: integer({
    description: 'Keys that the key/value tree may have',
    hint: 'COUNT',
    default: 1_000_000,
    min: 1,
    max: 100_000_000,
  }),
  kvLegacy4: toggle({
    description: 'Take sequences of 4 bytes from publishers of the original Python RasPy',
  }),
};

/** `titanic` of a program that runs a broker. */
export const builtinTitanicSetting = toggle({
  description: 'Serve durable requests and the settings store (titanic.*) in this process',
  default: true,
});

/** `clockTrust` of a program that acts by the wall clock. */
const clockTrustSetting = oneOf({
  description:
    'auto: a machine without battery-backed clock is not believed before its time was set by the network; or always',
  hint: 'WHEN',
  words: ['auto', 'always'],
  default: 'auto',
});

/** Settings of Titanic, of a program that runs one. */
export const titanicSettings = {
  titanicMaxRequests: integer({
    description: 'Durable requests that are kept, in whatever state; more are refused',
    hint: 'COUNT',
    default: 100_000,
    min: 1,
    max: 10_000_000,
  }),
  titanicMaxMb: integer({
    description: 'What their bodies and replies may take, in MiB; more are refused',
    hint: 'MIB',
    default: 256,
    min: 1,
    max: 65_536,
  }),
  titanicRetentionHours: integer({
    description:
      'Hours after which a durable request that still waits expires, and one that ended is forgotten',
    hint: 'HOURS',
    default: 168,
    min: 1,
    max: 87_600,
  }),
  titanicConcurrency: integer({
    description: 'Attempts at a time for one service; never more than it has workers',
    hint: 'COUNT',
    default: 16,
    min: 1,
    max: 10_000,
  }),
  titanicAttemptMs: integer({
    description: 'Milliseconds after which an attempt without reply has failed',
    hint: 'MS',
    default: 60_000,
    min: 1,
    max: 86_400_000,
  }),
  titanicMaxAttempts: integer({
    description: 'Attempts after which a durable request rests in the dead-letter list',
    hint: 'COUNT',
    default: 5,
    min: 1,
    max: 1_000,
  }),
  clockTrust: clockTrustSetting,
};

/** Where and when a home is, as its jobs and scenarios see it: of a program that runs the core server. */
export const coreSettings = {
  latitude: decimal<number | undefined>({
    description: 'Degrees north of the home, for jobs that go by the sun; negative is south',
    hint: 'DEGREES',
    default: undefined,
    defaultText: 'none: such jobs name their place',
    min: -90,
    max: 90,
  }),
  longitude: decimal<number | undefined>({
    description: 'Degrees east of the home; negative is west',
    hint: 'DEGREES',
    default: undefined,
    defaultText: 'the same',
    min: -180,
    max: 180,
  }),
  timeZone: timeZoneSetting(),
  clockTrust: clockTrustSetting,
  safeMode: toggle({
    description: 'Keep all scenarios from running; they can be looked at, changed and disabled',
  }),
};

/** Where the statistics of a process are told besides the bus. */
export const exporterSettings = {
  metrics: addressSetting('Where Prometheus may fetch statistics, at /metrics'),
  snmp: addressSetting('Where statistics are told by SNMP; it needs snmp-users, or snmp-community'),
  snmpCommunity: text({
    description: 'Password of SNMPv2c, which goes over the network for all to read',
    hint: 'TEXT',
    default: '',
    defaultText: 'none: v2c is not answered',
  }),
  snmpUsers: structure<readonly SnmpUserValue[]>({
    description:
      'Users of SNMPv3: a list of { name, authPassword, privPassword }, passwords of 8 characters at least',
    default: [],
    defaultText: 'none: v3 is not answered',
    schema: async () => (await import('./snmp-users.js')).snmpUsersSchema,
  }),
};

/** Where the home is shown in a browser: of a program that runs the web server. */
export const webSettings = {
  webIp: text({
    description: 'Address that browsers are served at; 0.0.0.0 for all of this machine',
    hint: 'ADDRESS',
    default: '127.0.0.1',
    pattern: /^[0-9a-fA-F:.]+$/,
    expected: 'an address such as 127.0.0.1 or ::1, or 0.0.0.0 for all of this machine',
  }),
  webPort: integer({
    description: 'TCP port for browsers; 0 takes one that is free',
    hint: 'PORT',
    default: 8_080,
    min: 0,
    max: 65_535,
  }),
  webHosts: text({
    description: 'Names by which browsers reach it, besides that of this machine: of a proxy, or in the DNS',
    hint: 'NAME,…',
    default: '',
    defaultText: 'none',
  }),
  webCert: path({
    description: 'File with the certificate for TLS, in PEM; with --web-key',
    default: '',
    defaultText: 'none: no TLS',
  }),
  webKey: path({ description: 'File with its private key', default: '', defaultText: 'none' }),
  webTrustProxy: toggle({
    description:
      'Believe what a proxy says of requests (X-Forwarded-*): only where nothing else reaches the port',
  }),
  configuration: oneOf({
    description: 'How the web server works: development for who builds it, testing for tests, or production',
    hint: 'NAME',
    words: ['development', 'testing', 'production'],
    default: 'production',
  }),
};

/** The words of `--log-level`, from the quietest to the most talkative. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const;
/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What every program takes, hand tools included. */
export const programSettings = {
  config: text<string | undefined>({
    description: 'YAML file with settings; its keys are the flags without dashes in front',
    hint: 'FILE',
    default: undefined,
    defaultText: 'raspy.yaml in ~/.config/raspy or /etc/raspy, if there',
    from: 'command',
  }),
  logLevel: oneOf({
    description: `How much is told on stderr: ${LOG_LEVELS.join(', ')}`,
    hint: 'LEVEL',
    words: LOG_LEVELS,
    default: 'info',
  }),
  tracing: toggle({
    description: 'Follow requests by OpenTelemetry, which has to be installed and loaded besides',
  }),
};

/** What every server takes. `service` has a default of its own in each server. */
export const serverSettings = {
  ...brokerSettings,
  hostname: text({
    description: 'Name of this machine on the bus: the first part of each service name',
    hint: 'NAME',
    default: (machine: MachineFacts) => machine.hostname,
    pattern: NAME,
    expected: 'letters, digits, - and _ (no dots)',
  }),
  dataDir: path({
    description: 'Folder for what must outlive a restart',
    default: defaultDataDir,
    defaultText: '$XDG_STATE_HOME/raspy, else ~/.local/state/raspy',
  }),
  heartbeatMs: integer({
    description: 'Milliseconds between heartbeats; the same for the broker and all servers',
    hint: 'MS',
    default: 3_500,
    min: 10,
    max: 3_600_000,
  }),
  liveness: integer({
    description: 'Heartbeats that may fail to come before a peer counts as gone',
    hint: 'COUNT',
    default: 5,
    min: 2,
    max: 1_000,
  }),
  ...programSettings,
};

/** The setting `service` of a server whose usual name is `name`. */
export function serviceSetting(name: string) {
  return text({
    description: 'Name of this server on the bus: the second part of each service name',
    hint: 'NAME',
    default: name,
    pattern: NAME,
    expected: 'letters, digits, - and _ (no dots)',
    from: 'command',
  });
}

/** What every hand tool takes that talks to the bus. */
export const toolSettings = {
  ...brokerSettings,
  timeoutMs: integer({
    description: 'Milliseconds to wait for each reply',
    hint: 'MS',
    default: 2_500,
    min: 1,
    max: 3_600_000,
  }),
  json: toggle({ description: 'Print JSON, one value a line, for other programs to read' }),
  ...programSettings,
  logLevel: { ...programSettings.logLevel, fallback: () => 'warn' as const, fallbackText: () => 'warn' },
};

/** Settings of which every program knows that another one may have them, since all share one file and environment. */
export const SHARED_NAMES: readonly string[] = [
  ...Object.keys({ ...serverSettings, ...toolSettings }),
  'service',
  'devices',
  'plugins',
  'pluginsDir',
  'servers',
  'kind',
  'isolate',
  // Of whoever runs a broker.
  'maxMessageMb',
  ...Object.keys(kvServerSettings),
  'titanic',
  ...Object.keys(titanicSettings),
  ...Object.keys(coreSettings),
  ...Object.keys(exporterSettings),
  ...Object.keys(webSettings),
  // Of single commands of `raspy`.
  'everyMs',
  'listen',
  'listenIp',
  'wait',
  'ttlSeconds',
  'state',
  'limit',
  'allDead',
  'notBefore',
  'expiresIn',
  'expiresAt',
  'key',
  'onExpire',
  'dryRun',
  'overwrite',
];

/** An address to listen on, or nothing. */
function addressSetting(description: string): Setting<string> {
  return text({
    description,
    hint: 'HOST:PORT',
    default: '',
    defaultText: 'nowhere',
    pattern: /^$|^(?:\[[0-9A-Fa-f:.]+\]|[^:\s[\]]+):\d{1,5}$/,
    expected: 'HOST:PORT, e.g. 127.0.0.1:9464',
  });
}

/** `$XDG_STATE_HOME/raspy`, or `~/.local/state/raspy`: state belongs to the user, and never in a temporary folder. */
function defaultDataDir(machine: MachineFacts): string {
  const state = machine.env['XDG_STATE_HOME'];
  // The specification of these folders has relative paths ignored.
  return `${state?.startsWith('/') === true ? state : `${machine.homeDir}/.local/state`}/raspy`;
}

/** The time zone of whatever names none. */
function timeZoneSetting(): Setting<string> {
  return {
    ...text({
      description: 'Time zone of jobs that name none: Europe/Paris, UTC or +01:00',
      hint: 'ZONE',
      default: () => new Intl.DateTimeFormat().resolvedOptions().timeZone,
      defaultText: 'that of this machine',
    }),
    read: (input) =>
      typeof input === 'string' && isTimeZone(input)
        ? { value: input }
        : [
            {
              problem: `${JSON.stringify(input)} will not do: give a time zone such as Europe/Paris or +01:00`,
            },
          ],
  };
}

function isTimeZone(name: string): boolean {
  if (/^[+-](?:0\d|1[0-3]):?[0-5]\d$/.test(name)) return true;
  // An offset of another form is read by some engines only.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
