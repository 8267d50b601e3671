// Made from the table of routes by nx run web:client; not to be changed by hand.
/* eslint-disable max-lines -- one table */

export type User = {
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  readonly createdAt: number;
};

export type Device = {
  readonly server: string;
  readonly name: string;
  readonly oid: string;
  readonly title: string;
  readonly parent?: string;
  readonly state: 'opening' | 'open' | 'failed';
  readonly reason?: string;
  readonly values: { readonly [member: string]: Reading };
  readonly safety?: unknown;
  readonly found?: boolean;
  readonly note?: string;
  readonly [member: string]: unknown;
};

export type Reading = {
  readonly value: unknown;
  readonly raw?: unknown;
  readonly unit?: string;
  readonly at: number;
  readonly quality: 'good' | 'stale' | 'suspect' | 'bad';
  readonly reason?: string;
  readonly [member: string]: unknown;
};

export type Entry = {
  readonly key: string;
  readonly value?: unknown;
  readonly text?: string;
  readonly base64?: string;
  readonly seq: string;
  readonly restored: boolean;
};

export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly mistakes?: readonly { readonly path: string; readonly message: string }[];
};

/** What each operation takes, and answers. */
export interface ApiOperations {
  /** Who is logged in, and what home this is */
  readonly 'GET /session': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: undefined;
    readonly response: {
      readonly claimed: boolean;
      readonly user: { readonly name: string; readonly role: 'viewer' | 'operator' | 'admin' } | null;
      readonly csrf: string;
      readonly home: {
        readonly hostname: string;
        readonly version: string;
        readonly configuration: 'development' | 'testing' | 'production';
      };
    };
  };
  /** Become the owner of a home that has none, with the code that its log tells */
  readonly 'POST /claim': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: { readonly code: string; readonly name: string; readonly password: string };
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
    readonly response: unknown;
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
    readonly response: readonly {
      readonly id: string;
      readonly title: string;
      readonly owner: string;
      readonly scope: 'read' | 'operate' | 'admin';
      readonly createdAt: number;
      readonly expiresAt?: number;
    }[];
  };
  /** Make a token for a program: it is told this once */
  readonly 'POST /tokens': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: {
      readonly title: string;
      readonly scope: 'read' | 'operate' | 'admin';
      readonly expiresAt?: number;
    };
    readonly response: {
      readonly id: string;
      readonly title: string;
      readonly owner: string;
      readonly scope: 'read' | 'operate' | 'admin';
      readonly createdAt: number;
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
    readonly response: readonly {
      readonly at: number;
      readonly who: string;
      readonly address: string;
      readonly token?: string;
      readonly what: string;
      readonly status: number;
      readonly code?: string;
    }[];
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
    readonly response: unknown;
  };
  /** All about one device: type, commands, configuration, readings */
  readonly 'GET /devices/{server}/{device}': {
    readonly params: { readonly server: string; readonly device: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: { readonly [member: string]: unknown };
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
    readonly response: { readonly result: unknown };
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
    readonly response: unknown;
  };
  /** Change members of the configuration of a device; answers the whole */
  readonly 'PATCH /devices/{server}/{device}/config': {
    readonly params: { readonly server: string; readonly device: string };
    readonly query: undefined;
    readonly body: { readonly [member: string]: unknown };
    readonly response: unknown;
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
    readonly response: readonly {
      readonly name: string;
      readonly workers: number;
      readonly busy: number;
      readonly waiting: number;
    }[];
  };
  /** The statistics of a server, by their oids */
  readonly 'GET /services/{server}/statistics': {
    readonly params: { readonly server: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: { readonly [member: string]: unknown };
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
    readonly response: {
      readonly frames: readonly ({ readonly text: string } | { readonly base64: string })[];
      readonly ms: number;
    };
  };
  /** The key/value tree, or a part of it */
  readonly 'GET /kv': {
    readonly params: undefined;
    readonly query: { readonly subtree?: string };
    readonly body: undefined;
    readonly response: {
      readonly status: 'synced' | 'syncing' | 'stale';
      readonly entries: readonly Entry[];
    };
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
    readonly response: { readonly key: string; readonly points: readonly (readonly [number, number])[] };
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
    readonly response: readonly { readonly [member: string]: unknown }[];
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
      readonly request: { readonly [member: string]: unknown };
      readonly frames: readonly ({ readonly text: string } | { readonly base64: string })[];
      readonly reply?: readonly ({ readonly text: string } | { readonly base64: string })[];
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
    readonly response: readonly { readonly [member: string]: unknown }[];
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
    readonly response: {
      readonly runs: readonly {
        readonly at: number;
        readonly local: string;
        readonly [member: string]: unknown;
      }[];
      readonly notes: readonly string[];
      readonly [member: string]: unknown;
    };
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
    readonly response: unknown;
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
    readonly response: {
      readonly runs: readonly {
        readonly at: number;
        readonly local: string;
        readonly [member: string]: unknown;
      }[];
      readonly notes: readonly string[];
      readonly [member: string]: unknown;
    };
  };
  /** All scenarios, without their code, and how each stands */
  readonly 'GET /scenarios': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: undefined;
    readonly response: readonly {
      readonly name: string;
      readonly status: unknown;
      readonly [member: string]: unknown;
    }[];
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
    readonly response: readonly { readonly [member: string]: unknown }[];
  };
  /** What is wrong with a scenario, and where; saves nothing */
  readonly 'POST /scenarios/check': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: { readonly [member: string]: unknown };
    readonly response: readonly {
      readonly path: string;
      readonly message: string;
      readonly [member: string]: unknown;
    }[];
  };
  /** Add a scenario of a file, with what its entries are in this home */
  readonly 'POST /scenarios/import': {
    readonly params: undefined;
    readonly query: undefined;
    readonly body: { readonly file: unknown; readonly mapping: { readonly [member: string]: unknown } };
    readonly response: { readonly [member: string]: unknown };
  };
  /** A scenario with its code */
  readonly 'GET /scenarios/{name}': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: unknown;
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
    readonly response: { readonly [member: string]: unknown };
  };
  /** Stop a scenario; answers when what it held was given back */
  readonly 'POST /scenarios/{name}/stop': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: { readonly [member: string]: unknown };
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
    readonly response: readonly { readonly [member: string]: unknown }[];
  };
  /** A scenario as a file to share: without the names of this home */
  readonly 'GET /scenarios/{name}/export': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: { readonly [member: string]: unknown };
  };
  /** What the code of a scenario can use, as TypeScript declarations */
  readonly 'GET /scenarios/{name}/types': {
    readonly params: { readonly name: string };
    readonly query: undefined;
    readonly body: undefined;
    readonly response: string;
  };
}
