// Made from the table of routes by nx run web:client; not to be changed by hand.
/* eslint-disable max-lines -- one table */

export type Session = {
  /** Whether the home has an owner */
  readonly claimed: boolean;
  readonly user: { readonly name: string; readonly role: Role } | null;
  /** For the header X-CSRF-Token of each change; empty without a session */
  readonly csrf: string;
  readonly home: {
    readonly hostname: string;
    readonly version: string;
    readonly configuration: 'development' | 'testing' | 'production';
  };
};

export type Role = 'viewer' | 'operator' | 'admin';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };

export type User = {
  readonly name: string;
  readonly role: Role;
  /** Unix milliseconds */
  readonly createdAt: number;
};

export type Token = {
  readonly id: string;
  readonly title: string;
  /** It may no more than this user */
  readonly owner: string;
  readonly scope: 'read' | 'operate' | 'admin';
  /** Unix milliseconds */
  readonly createdAt: number;
  /** Unix milliseconds */
  readonly expiresAt?: number;
};

export type AuditLine = {
  /** Unix milliseconds */
  readonly at: number;
  /** Empty for nobody who is logged in */
  readonly who: string;
  readonly address: string;
  /** The token by which it was done */
  readonly token?: string;
  readonly what: string;
  readonly status: number;
  /** Why it was not done */
  readonly code?: string;
};

export type Device = {
  readonly name: string;
  readonly oid: string;
  /** Title of its type */
  readonly title: string;
  readonly parent?: string;
  readonly state: 'opening' | 'open' | 'failed';
  readonly reason?: string;
  readonly values: { readonly [member: string]: Reading };
  readonly found?: true;
  readonly note?: string;
  readonly safety?: SafetyState;
  readonly server: string;
};

export type Reading = {
  readonly value: Json;
  readonly raw?: number;
  readonly unit?: string;
  /** Unix milliseconds */
  readonly at: number;
  readonly quality: 'good' | 'stale' | 'suspect' | 'bad';
  readonly reason?: string;
};

export type SafetyState = {
  readonly output: string;
  readonly wanted: boolean | number;
  readonly actual?: boolean | number;
  readonly failSafe: boolean | number;
  readonly state: 'ok' | 'tripped' | 'disabled';
  readonly rule?:
    | 'lease'
    | 'input'
    | 'interlock'
    | 'maxOn'
    | 'minOff'
    | 'duty'
    | 'budget'
    | 'disobeyed'
    | 'disabled'
    | 'boot'
    | 'shutdown';
  readonly reason?: string;
  readonly latched: boolean;
  readonly lease?: { readonly endsInMs: number };
  readonly onForMs?: number;
  readonly dutyLeftMs?: number;
  readonly offUntilInMs?: number;
  readonly budgets?: readonly {
    readonly command: string;
    readonly argument: string;
    readonly left: number;
  }[];
};

export type DeviceType = {
  readonly oid: string;
  readonly title: string;
  readonly config: JsonSchema;
  readonly values: { readonly [member: string]: ValueDescription };
  readonly commands: { readonly [member: string]: CommandDescription };
  readonly subdevices?: { readonly [member: string]: DeviceType };
  readonly safety?: SafetyDefinition;
};

export type JsonSchema = { readonly [member: string]: Json };

export type ValueDescription = {
  readonly title: string;
  readonly schema: JsonSchema;
  readonly access: 'read' | 'readwrite' | 'write';
  readonly unit?: string;
  readonly kind?: 'gauge' | 'counter' | 'derive' | 'absolute';
  readonly staleAfterMs?: number;
  readonly range?: readonly [number, number];
  readonly maxChangePerSecond?: number;
  readonly stuckAfterMs?: number;
};

export type CommandDescription = { readonly title: string; readonly args: JsonSchema; readonly bytes?: true };

export type SafetyDefinition = {
  readonly failSafe?: boolean | number;
  readonly boot?: 'off' | 'last' | 'on';
  readonly leaseRequired?: boolean;
  readonly maxLeaseMs?: number;
  readonly maxOnMs?: number;
  readonly minOffMs?: number;
  readonly duty?: { readonly onMs: number; readonly windowMs: number };
  readonly budgets?: readonly {
    readonly command: string;
    readonly argument: string;
    readonly maxAtOnce?: number;
    readonly max: number;
    readonly windowMs: number;
  }[];
  readonly latch?: readonly (
    | 'lease'
    | 'input'
    | 'interlock'
    | 'maxOn'
    | 'minOff'
    | 'duty'
    | 'budget'
    | 'disobeyed'
    | 'disabled'
    | 'boot'
    | 'shutdown'
  )[];
  readonly output: string;
  readonly off?: boolean | number;
  readonly selfActing?: boolean;
};

export type DeviceInfo = {
  readonly name: string;
  readonly oid: string;
  /** Title of its type */
  readonly title: string;
  readonly parent?: string;
  readonly state: 'opening' | 'open' | 'failed';
  readonly reason?: string;
  readonly values: { readonly [member: string]: Reading };
  readonly found?: true;
  readonly note?: string;
  readonly safety?: SafetyState;
  readonly type: DeviceType;
  readonly commands: { readonly [member: string]: CommandDescription };
  readonly config: { readonly [member: string]: Json };
  readonly pollSeconds: number;
  readonly log: boolean;
};

export type DeviceConfig = {
  readonly name: string;
  readonly oid: string;
  readonly driver?: string;
  readonly config?: { readonly [member: string]: Json };
  readonly pollSeconds?: number;
  readonly log?: boolean;
  readonly calibration?: { readonly [member: string]: Calibration };
  readonly safety?: SafetyConfig;
};

export type Calibration =
  | { readonly points: readonly (readonly [number, number])[] }
  | { readonly scale?: number; readonly offset?: number };

export type SafetyConfig = {
  readonly failSafe?: boolean | number;
  readonly boot?: 'off' | 'last' | 'on';
  readonly leaseRequired?: boolean;
  readonly maxLeaseMs?: number;
  readonly maxOnMs?: number;
  readonly minOffMs?: number;
  readonly duty?: { readonly onMs: number; readonly windowMs: number };
  readonly budgets?: readonly {
    readonly command: string;
    readonly argument: string;
    readonly maxAtOnce?: number;
    readonly max: number;
    readonly windowMs: number;
  }[];
  readonly latch?: readonly ('lease' | 'input' | 'interlock' | 'maxOn' | 'duty' | 'disobeyed')[];
  readonly onlyWhile?: readonly {
    readonly device: string;
    readonly value: string;
    readonly is?: boolean | number | string;
    readonly above?: number;
    readonly below?: number;
  }[];
  readonly notWhile?: readonly {
    readonly device: string;
    readonly value: string;
    readonly is?: boolean | number | string;
    readonly above?: number;
    readonly below?: number;
  }[];
};

export type Service = {
  readonly name: string;
  readonly workers: number;
  readonly busy: number;
  readonly waiting: number;
};

export type Frame = { readonly text: string } | { readonly base64: string };

export type TreeStatus = 'synced' | 'syncing' | 'stale';

export type Entry = {
  readonly key: string;
  readonly value?: Json;
  readonly text?: string;
  readonly base64?: string;
  /** A whole number of up to 64 bits */
  readonly seq: string;
  readonly restored: boolean;
};

export type Point = readonly [number, number];

export type DurableRequest = {
  readonly id: string;
  readonly service: string;
  readonly state: 'waiting' | 'held' | 'running' | 'done' | 'expired' | 'dead';
  /** Unix milliseconds */
  readonly acceptedAt: number;
  /** Since when it is in this state, unix milliseconds */
  readonly at: number;
  readonly attempts: number;
  readonly reason?: string;
  /** Unix milliseconds */
  readonly notBefore?: number;
  /** Unix milliseconds */
  readonly expiresAt?: number;
  readonly key?: string;
  readonly bodyBytes: number;
  readonly replyBytes?: number;
};

export type Job =
  | { readonly name: string; readonly job: Json; readonly unreadable: string }
  | {
      readonly job: JobDefinition;
      /** Unix milliseconds */
      readonly next?: number;
      /** Unix milliseconds */
      readonly lastRun?: number;
      readonly running: number;
      readonly waiting: number;
      readonly held?: 'disabled' | 'clock not trusted' | 'no run any more';
      readonly name: string;
      readonly last?: RunRecord;
      readonly lost?: {
        /** Unix milliseconds */
        readonly due: number;
        readonly count: number;
        readonly reason: string;
      };
    };

export type JobDefinition = {
  readonly name: string;
  readonly title?: string;
  readonly missed: 'skip' | 'once' | 'all';
  readonly windowMs: number;
  readonly jitterSeconds: number;
  readonly overlap: 'skip' | 'queue' | 'parallel';
  readonly runWhileClockUntrusted: boolean;
  readonly enabled: boolean;
  readonly when:
    | {
        /** Five fields, or six with seconds first */
        readonly cron: string;
        /** Europe/Paris, UTC or +01:00 */
        readonly timeZone?: string;
        readonly timeChange: 'usual' | 'once' | 'every';
      }
    | { readonly everySeconds: number }
    | {
        readonly sun: 'sunrise' | 'sunset' | 'dawn' | 'dusk' | 'solarNoon';
        readonly offsetMinutes: number;
        /** Where; else the place that is set */
        readonly place?: { readonly latitude: number; readonly longitude: number };
      }
    | {
        /** 2026-12-24T18:00:00+01:00 */
        readonly at: string;
      };
  readonly does?:
    | {
        readonly command: {
          /** pi.fake.devices */
          readonly service: string;
          readonly device: string;
          readonly name: string;
          readonly args?: Json;
          readonly leaseMs?: number;
          readonly timeoutMs: number;
        };
      }
    | {
        readonly request: {
          readonly service: string;
          readonly body: readonly string[];
          readonly expiresAfterMs?: number;
        };
      };
};

export type RunRecord = {
  readonly run: string;
  /** Unix milliseconds */
  readonly due: number;
  readonly why: 'due' | 'missed' | 'by hand';
  /** Unix milliseconds */
  readonly at: number;
  readonly outcome: 'begun' | 'done' | 'failed' | 'unknown';
  /** Unix milliseconds */
  readonly endedAt?: number;
  readonly result?: Json;
  readonly reason?: string;
};

export type Preview = {
  readonly runs: readonly {
    /** Unix milliseconds */
    readonly at: number;
    readonly local: string;
    readonly remarks: readonly string[];
  }[];
  readonly notes: readonly string[];
};

export type RunReport =
  | RunRecord
  | { readonly outcome: 'skipped'; readonly reason: string }
  | { readonly outcome: 'waiting' };

export type ListedScenario =
  | { readonly name: string; readonly broken: string; readonly status: ScenarioStatus | null }
  | {
      readonly name: string;
      readonly title?: string;
      readonly description?: string;
      readonly mode: 'background' | 'fired';
      readonly policy: {
        readonly afterRestart: 'leave' | 'restart' | 'resume';
        readonly afterError?: 'restart' | 'leave';
        readonly overlap: 'skip' | 'restart' | 'queue';
      };
      readonly enabled: boolean;
      readonly entries: { readonly [member: string]: ScenarioEntry };
      readonly fires: readonly ScenarioFire[];
      readonly permissions: { readonly commands?: readonly string[]; readonly cron: boolean };
      readonly codeLength: number;
      readonly status: ScenarioStatus | null;
    };

export type ScenarioStatus = {
  readonly name: string;
  readonly title?: string;
  readonly mode: 'background' | 'fired';
  readonly enabled: boolean;
  readonly safeMode: boolean;
  readonly state: 'off' | 'idle' | 'running' | 'stopping' | 'waiting to restart' | 'quarantined' | 'broken';
  readonly reason?: string;
  readonly restartsInMs?: number;
  /** Since core started */
  readonly runs: number;
  readonly queued: number;
  readonly lastFiring?: Firing;
  readonly lastEnd?: {
    /** Unix milliseconds */
    readonly at: number;
    readonly text: string;
    readonly failed: boolean;
  };
  readonly holds: readonly { readonly entry: string; readonly leaseEndsInMs: number }[];
  readonly fires: readonly {
    readonly fire: ScenarioFire;
    readonly state?: 'unknown' | 'no' | 'waiting' | 'yes';
  }[];
  readonly troubles: readonly string[];
};

export type Firing = {
  readonly why: 'start' | 'by hand' | 'condition' | 'time' | 'scenario';
  /** Unix milliseconds */
  readonly at: number;
  readonly entry?: string;
  readonly value?: Json;
  readonly payload?: Json;
  readonly again?: 'after an error' | 'after a restart';
};

export type ScenarioFire =
  | { readonly entry: string }
  | { readonly entry: string; readonly when: 'started' | 'ended' | 'failed' }
  | {
      readonly entry: string;
      readonly below: number;
      readonly hysteresis: number;
      /** How long it has to hold: 5 minutes */
      readonly for?: number | string;
      /** Else only when it begins to hold */
      readonly atStart: boolean;
    }
  | {
      readonly entry: string;
      readonly above: number;
      readonly hysteresis: number;
      /** How long it has to hold: 5 minutes */
      readonly for?: number | string;
      /** Else only when it begins to hold */
      readonly atStart: boolean;
    }
  | {
      readonly entry: string;
      readonly equals: number;
      readonly tolerance: number;
      /** How long it has to hold: 5 minutes */
      readonly for?: number | string;
      /** Else only when it begins to hold */
      readonly atStart: boolean;
    }
  | {
      readonly entry: string;
      readonly is: boolean | string | number;
      /** How long it has to hold: 5 minutes */
      readonly for?: number | string;
      /** Else only when it begins to hold */
      readonly atStart: boolean;
    }
  | { readonly entry: string; readonly changed: true };

export type ScenarioEntry =
  | {
      readonly kind: 'value';
      readonly key?: string;
      readonly title?: string;
      readonly type: 'number' | 'boolean' | 'text' | 'any';
      readonly unit?: string;
      /** A value that nobody told for this long counts as stale */
      readonly maxAge?: number | string;
      /** It works without it, too */
      readonly optional: boolean;
    }
  | {
      readonly kind: 'variable';
      readonly key?: string;
      readonly title?: string;
      readonly type: 'number' | 'boolean' | 'text' | 'any';
      readonly unit?: string;
      /** A value that nobody told for this long counts as stale */
      readonly maxAge?: number | string;
      /** It works without it, too */
      readonly optional: boolean;
    }
  | {
      readonly kind: 'device';
      readonly title?: string;
      /** pi.fake.devices */
      readonly service: string;
      readonly device: string;
      /** actuator.heater */
      readonly type?: string;
    }
  | {
      readonly kind: 'service';
      readonly title?: string;
      /** pi.fake.devices */
      readonly service: string;
    }
  | {
      readonly kind: 'cron' | 'sun';
      readonly title?: string;
      readonly when:
        | {
            /** Five fields, or six with seconds first */
            readonly cron: string;
            /** Europe/Paris, UTC or +01:00 */
            readonly timeZone?: string;
            readonly timeChange: 'usual' | 'once' | 'every';
          }
        | { readonly everySeconds: number }
        | {
            readonly sun: 'sunrise' | 'sunset' | 'dawn' | 'dusk' | 'solarNoon';
            readonly offsetMinutes: number;
            /** Where; else the place that is set */
            readonly place?: { readonly latitude: number; readonly longitude: number };
          }
        | {
            /** 2026-12-24T18:00:00+01:00 */
            readonly at: string;
          };
    }
  | { readonly kind: 'scenario'; readonly title?: string; readonly name: string }
  | {
      readonly kind: 'setting';
      readonly title?: string;
      readonly value: number | boolean | string;
      readonly unit?: string;
      readonly min?: number;
      readonly max?: number;
    };

export type ScenarioFile = {
  readonly format: 'raspy-scenario';
  readonly version: 1;
  readonly scenario: {
    readonly name: string;
    readonly title?: string;
    readonly description?: string;
    readonly mode: 'background' | 'fired';
    readonly policy: {
      readonly afterRestart: 'leave' | 'restart' | 'resume';
      readonly afterError?: 'restart' | 'leave';
      readonly overlap: 'skip' | 'restart' | 'queue';
    };
  };
  readonly entries: { readonly [member: string]: { readonly [member: string]: Json } };
  readonly fires: readonly ScenarioFire[];
  readonly permissions: { readonly commands?: readonly string[]; readonly cron: boolean };
  readonly code: string;
};

export type Mistake = {
  /** Dotted, e.g. config.percent; empty for the whole */
  readonly path: string;
  readonly message: string;
};

export type Scenario = {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mode: 'background' | 'fired';
  readonly policy: {
    readonly afterRestart: 'leave' | 'restart' | 'resume';
    readonly afterError?: 'restart' | 'leave';
    readonly overlap: 'skip' | 'restart' | 'queue';
  };
  readonly enabled: boolean;
  readonly entries: { readonly [member: string]: ScenarioEntry };
  readonly fires: readonly ScenarioFire[];
  readonly permissions: { readonly commands?: readonly string[]; readonly cron: boolean };
  readonly code: string;
};

export type TraceEntry = {
  /** Unix milliseconds */
  readonly at: number;
  /** Number of the run, from 1; 0 when it belongs to none */
  readonly run: number;
  readonly kind: 'fired' | 'skipped' | 'saw' | 'sent' | 'said' | 'ended' | 'state';
  readonly text: string;
};

export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly mistakes?: readonly Mistake[];
};

/** What each operation takes, and answers. */
export interface ApiOperations {
  /** Who is logged in, and what home this is */
  readonly 'GET /session': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: undefined;
    readonly response: Session;
  };
  /** Become the owner of a home that has none, with the code that its log tells */
  readonly 'POST /claim': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: {
      readonly code: string;
      /** Name of a user */
      readonly name: string;
      readonly password: string;
    };
    readonly response: undefined;
  };
  /** Log in */
  readonly 'POST /login': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: { readonly name: string; readonly password: string };
    readonly response: undefined;
  };
  /** Log out */
  readonly 'POST /logout': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: undefined;
    readonly response: undefined;
  };
  /** Change one’s own password; other sessions end */
  readonly 'POST /password': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: { readonly current: string; readonly password: string };
    readonly response: undefined;
  };
  /** What the user has set for itself: favourites, order */
  readonly 'GET /preferences': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: undefined;
    readonly response: Json;
  };
  /** Keep what the user has set for itself: at most 64 KiB */
  readonly 'PUT /preferences': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: unknown;
    readonly response: undefined;
  };
  /** All users */
  readonly 'GET /users': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: undefined;
    readonly response: readonly User[];
  };
  /** Add a user */
  readonly 'POST /users': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: {
      /** Name of a user */
      readonly name: string;
      readonly password: string;
      readonly role: 'viewer' | 'operator' | 'admin';
    };
    readonly response: User;
  };
  /** Change role or password of a user; with a new password its sessions end */
  readonly 'PATCH /users/{name}': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: { readonly role?: 'viewer' | 'operator' | 'admin'; readonly password?: string };
    readonly response: User;
  };
  /** Remove a user with its tokens; its sessions end */
  readonly 'DELETE /users/{name}': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: undefined;
  };
  /** Tokens for programs, without their secrets */
  readonly 'GET /tokens': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: undefined;
    readonly response: readonly Token[];
  };
  /** Make a token for a program: it is told this once */
  readonly 'POST /tokens': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: {
      readonly title: string;
      readonly scope: 'read' | 'operate' | 'admin';
      /** Unix milliseconds; without it never */
      readonly expiresAt?: number;
    };
    readonly response: {
      readonly id: string;
      readonly title: string;
      /** It may no more than this user */
      readonly owner: string;
      readonly scope: 'read' | 'operate' | 'admin';
      /** Unix milliseconds */
      readonly createdAt: number;
      /** Unix milliseconds */
      readonly expiresAt?: number;
      readonly token: string;
    };
  };
  /** End a token */
  readonly 'DELETE /tokens/{id}': {
    readonly params: { readonly id: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: undefined;
  };
  /** Who changed what, the latest first */
  readonly 'GET /audit': {
    readonly params: undefined;
    readonly query: { readonly limit?: number };
    readonly body: undefined;
    readonly response: readonly AuditLine[];
  };
  /** All devices with their readings; those of servers that do not answer as failed */
  readonly 'GET /devices': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: undefined;
    readonly response: readonly Device[];
  };
  /** Add a device: { name, oid, config } */
  readonly 'POST /devices/{server}': {
    readonly params: { readonly server: string };
    readonly query: undefined;
    readonly body: { readonly [member: string]: unknown };
    readonly response: undefined;
  };
  /** The types of device that a server has drivers for, with JSON Schemas */
  readonly 'GET /devices/{server}/types': {
    readonly params: { readonly server: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: readonly DeviceType[];
  };
  /** All about one device: type, commands, configuration, readings */
  readonly 'GET /devices/{server}/{device}': {
    readonly params: { readonly server: string; readonly device: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: DeviceInfo;
  };
  /** Make the outputs of a device safe, and remove it */
  readonly 'DELETE /devices/{server}/{device}': {
    readonly params: { readonly server: string; readonly device: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: undefined;
  };
  /** Carry out a command, once; with leaseMs its output is safe again after that time unless it is renewed */
  readonly 'POST /devices/{server}/{device}/commands/{command}': {
    readonly params: { readonly server: string; readonly device: string; readonly command: string };
    readonly query: undefined;
    readonly body: { readonly args?: unknown; readonly leaseMs?: number };
    readonly response: { readonly result: Json };
  };
  /** A picture of a camera, taken now */
  readonly 'GET /devices/{server}/{device}/photo': {
    readonly params: { readonly server: string; readonly device: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: Response;
  };
  /** The whole configuration of a device */
  readonly 'GET /devices/{server}/{device}/config': {
    readonly params: { readonly server: string; readonly device: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: DeviceConfig;
  };
  /** Change members of the configuration of a device; answers the whole */
  readonly 'PATCH /devices/{server}/{device}/config': {
    readonly params: { readonly server: string; readonly device: string };
    readonly query: undefined;
    readonly body: { readonly [member: string]: unknown };
    readonly response: DeviceConfig;
  };
  /** Let a lease last for so many milliseconds from now on */
  readonly 'POST /leases/{server}/{lease}/renew': {
    readonly params: { readonly server: string; readonly lease: string };
    readonly query: undefined;
    readonly body: { readonly leaseMs: number };
    readonly response: undefined;
  };
  /** End a lease: its output is driven to the fail-safe state */
  readonly 'DELETE /leases/{server}/{lease}': {
    readonly params: { readonly server: string; readonly lease: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: undefined;
  };
  /** The services that have workers */
  readonly 'GET /services': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: undefined;
    readonly response: readonly Service[];
  };
  /** The statistics of a server, by their oids */
  readonly 'GET /services/{server}/statistics': {
    readonly params: { readonly server: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: { readonly [member: string]: number | string };
  };
  /** Send a request to a service by hand, once, and see the frames of the reply */
  readonly 'POST /requests': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: {
      readonly service: string;
      readonly frames: readonly (string | { readonly base64: string })[];
      readonly timeoutMs?: number;
    };
    readonly response: { readonly frames: readonly Frame[]; readonly ms: number };
  };
  /** The key/value tree, or a part of it */
  readonly 'GET /kv': {
    readonly params: undefined;
    readonly query: { readonly subtree?: string };
    readonly body: undefined;
    readonly response: { readonly status: TreeStatus; readonly entries: readonly Entry[] };
  };
  /** Set a key to JSON; it is sent at once or not at all */
  readonly 'PUT /kv': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: { readonly key: string; readonly value: unknown; readonly ttlMs?: number };
    readonly response: undefined;
  };
  /** Delete a key */
  readonly 'DELETE /kv': {
    readonly params: undefined;
    readonly query: { readonly key: string };
    readonly body: undefined;
    readonly response: undefined;
  };
  /** The last hour of a numeric value, of which memory has a point every ten seconds */
  readonly 'GET /history': {
    readonly params: undefined;
    readonly query: { readonly key: string };
    readonly body: undefined;
    readonly response: { readonly key: string; readonly points: readonly Point[] };
  };
  /** Changes of the tree as server-sent events: snapshot, set, delete, status; Last-Event-ID resumes */
  readonly 'GET /events': {
    readonly params: undefined;
    readonly query: { readonly subtree?: string };
    readonly body: undefined;
    readonly response: Response;
  };
  /** Durable requests, the oldest first */
  readonly 'GET /titanic': {
    readonly params: undefined;
    readonly query: {
      readonly state?: 'waiting' | 'held' | 'running' | 'done' | 'expired' | 'dead';
      readonly limit?: number;
    };
    readonly body: undefined;
    readonly response: readonly DurableRequest[];
  };
  /** Submit a durable request */
  readonly 'POST /titanic': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: {
      readonly service: string;
      readonly frames: readonly (string | { readonly base64: string })[];
      readonly options?: {
        readonly notBefore?: number;
        readonly expiresAt?: number;
        readonly idempotencyKey?: string;
        readonly onExpire?: 'drop' | 'dead';
      };
    };
    readonly response: { readonly id: string };
  };
  /** One durable request with the frames of its body, and of its reply when it is done */
  readonly 'GET /titanic/{id}': {
    readonly params: { readonly id: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: {
      readonly request: DurableRequest;
      readonly frames: readonly Frame[];
      readonly reply?: readonly Frame[];
    };
  };
  /** End a durable request, for good */
  readonly 'DELETE /titanic/{id}': {
    readonly params: { readonly id: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: undefined;
  };
  /** Give a dead letter its attempts anew */
  readonly 'POST /titanic/{id}/retry': {
    readonly params: { readonly id: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: undefined;
  };
  /** All jobs as they stand */
  readonly 'GET /jobs': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: undefined;
    readonly response: readonly Job[];
  };
  /** Add a job */
  readonly 'POST /jobs': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: { readonly [member: string]: unknown };
    readonly response: undefined;
  };
  /** When something would run, and what is unusual about that */
  readonly 'POST /jobs/preview': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: { readonly when: unknown; readonly count?: number };
    readonly response: Preview;
  };
  /** Put a job in the place of the one of its name */
  readonly 'PUT /jobs/{name}': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: { readonly [member: string]: unknown };
    readonly response: undefined;
  };
  /** Remove a job; a run that goes on is not ended */
  readonly 'DELETE /jobs/{name}': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: undefined;
  };
  /** Begin a run by hand */
  readonly 'POST /jobs/{name}/run': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: RunReport;
  };
  /** Let a job run by itself, or not any more */
  readonly 'PUT /jobs/{name}/enabled': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: { readonly enabled: boolean };
    readonly response: undefined;
  };
  /** The next runs of a job, and what is unusual about them */
  readonly 'GET /jobs/{name}/next': {
    readonly params: { readonly name: string };
    readonly query: { readonly count?: number };
    readonly body: undefined;
    readonly response: Preview;
  };
  /** All scenarios, without their code, and how each stands */
  readonly 'GET /scenarios': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: undefined;
    readonly response: readonly ListedScenario[];
  };
  /** Add a scenario */
  readonly 'POST /scenarios': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: { readonly [member: string]: unknown };
    readonly response: undefined;
  };
  /** Scenarios that come with RasPy, as files */
  readonly 'GET /scenarios/shipped': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: undefined;
    readonly response: readonly ScenarioFile[];
  };
  /** What is wrong with a scenario, and where; saves nothing */
  readonly 'POST /scenarios/check': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: { readonly [member: string]: unknown };
    readonly response: readonly Mistake[];
  };
  /** Add a scenario of a file, with what its entries are in this home */
  readonly 'POST /scenarios/import': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: { readonly file: unknown; readonly mapping: { readonly [member: string]: unknown } };
    readonly response: { readonly name: string; readonly notes: readonly string[] };
  };
  /** A scenario with its code; null for one that cannot be used as it is stored */
  readonly 'GET /scenarios/{name}': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: Scenario | null;
  };
  /** Put a scenario in the place of the one of its name, which is stopped */
  readonly 'PUT /scenarios/{name}': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: { readonly [member: string]: unknown };
    readonly response: undefined;
  };
  /** Stop a scenario and delete it */
  readonly 'DELETE /scenarios/{name}': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: undefined;
  };
  /** Run a scenario by hand; one that was quarantined, too */
  readonly 'POST /scenarios/{name}/run': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: { readonly payload?: unknown };
    readonly response: ScenarioStatus;
  };
  /** Stop a scenario; answers when what it held was given back */
  readonly 'POST /scenarios/{name}/stop': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: ScenarioStatus;
  };
  /** Let a scenario run, or not any more */
  readonly 'PUT /scenarios/{name}/enabled': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: { readonly enabled: boolean };
    readonly response: undefined;
  };
  /** Why it was fired, what it saw, sent and said, the oldest first */
  readonly 'GET /scenarios/{name}/trace': {
    readonly params: { readonly name: string };
    readonly query: { readonly count?: number };
    readonly body: undefined;
    readonly response: readonly TraceEntry[];
  };
  /** A scenario as a file to share: without the names of this home */
  readonly 'GET /scenarios/{name}/export': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: ScenarioFile;
  };
  /** What the code of a scenario can use, as TypeScript declarations */
  readonly 'GET /scenarios/{name}/types': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: string;
  };
}
