/** What the API tells; see the OpenAPI document at /api/openapi.json. Times are unix milliseconds. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonSchema = Readonly<Record<string, unknown>>;

export type Role = 'viewer' | 'operator' | 'admin';

export interface Session {
  /** Whether the home has an owner. */
  readonly claimed: boolean;
  readonly user: { readonly name: string; readonly role: Role } | null;
  /** Sent back with each change. */
  readonly csrf: string;
  readonly home: {
    readonly hostname: string;
    readonly version: string;
    readonly configuration: 'development' | 'testing' | 'production';
  };
}

export type Quality = 'good' | 'stale' | 'suspect' | 'bad';

export interface Reading {
  readonly value: Json;
  readonly raw?: number;
  readonly unit?: string;
  readonly at: number;
  readonly quality: Quality;
  readonly reason?: string;
}

/** What a guard tells of its output. */
export interface SafetyState {
  readonly output: string;
  readonly wanted: boolean | number;
  readonly actual?: boolean | number;
  readonly failSafe: boolean | number;
  readonly state: 'ok' | 'tripped' | 'disabled';
  readonly rule?: string;
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
}

export type DeviceState = 'opening' | 'open' | 'failed';

export interface DeviceSummary {
  readonly server: string;
  readonly name: string;
  readonly oid: string;
  readonly title: string;
  readonly parent?: string;
  readonly state: DeviceState;
  readonly reason?: string;
  readonly values: Readonly<Record<string, Reading>>;
  readonly safety?: SafetyState;
  readonly found?: boolean;
  readonly note?: string;
}

export interface ValueDescription {
  readonly title: string;
  readonly schema: JsonSchema;
  readonly access: 'read' | 'write' | 'readwrite';
  readonly unit?: string;
  readonly kind?: string;
  readonly staleAfterMs?: number;
  readonly range?: readonly [number, number];
}

export interface CommandDescription {
  readonly title: string;
  readonly args: JsonSchema;
  readonly bytes?: boolean;
}

export interface DeviceType {
  readonly oid: string;
  readonly title: string;
  readonly config: JsonSchema;
  readonly values: Readonly<Record<string, ValueDescription>>;
  readonly commands: Readonly<Record<string, CommandDescription>>;
  readonly subdevices?: Readonly<Record<string, DeviceType>>;
  readonly safety?: {
    readonly output: string;
    readonly leaseRequired?: boolean;
    readonly maxLeaseMs?: number;
  };
}

export interface DeviceInfo extends Omit<DeviceSummary, 'server'> {
  readonly type: DeviceType;
  readonly commands: Readonly<Record<string, CommandDescription>>;
  readonly config: Readonly<Record<string, Json>>;
  readonly pollSeconds: number;
  readonly log: boolean;
}

/** All that can be configured of a device. */
export interface DeviceConfig {
  readonly config?: Readonly<Record<string, Json>>;
  readonly pollSeconds?: number;
  readonly log?: boolean;
  readonly calibration?: Readonly<Record<string, Json>>;
  readonly safety?: Json;
}

export interface Mistake {
  readonly path: string;
  readonly message: string;
}

export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code?: string;
  readonly mistakes?: readonly Mistake[];
}

export interface TreeEntry {
  readonly key: string;
  readonly value?: Json;
  readonly text?: string;
  readonly base64?: string;
  readonly seq?: string;
  readonly restored?: boolean;
}

export type TreeStatus = 'synced' | 'syncing' | 'stale';

export interface ServiceRow {
  readonly name: string;
  readonly workers: number;
  readonly busy: number;
  readonly waiting: number;
}

export interface JobInfo {
  readonly name: string;
  readonly job: Readonly<Record<string, Json>>;
  readonly next?: number;
  readonly lastRun?: number;
  readonly running?: number;
  readonly waiting?: number;
  readonly held?: string;
  readonly last?: {
    readonly outcome: string;
    readonly at?: number;
    readonly result?: string;
    readonly reason?: string;
  };
  readonly lost?: Json;
  readonly unreadable?: string;
}

export interface JobPreview {
  readonly runs: readonly {
    readonly at: number;
    readonly local: string;
    readonly remarks: readonly string[];
  }[];
  readonly notes: readonly string[];
}

export interface ScenarioStatus {
  readonly state: string;
  readonly reason?: string;
  readonly enabled: boolean;
  readonly safeMode?: boolean;
  readonly runs: number;
  readonly queued?: number;
  readonly lastFiring?: { readonly why: string; readonly at: number; readonly entry?: string };
  readonly lastEnd?: { readonly at: number; readonly text: string; readonly failed: boolean };
  readonly holds?: readonly { readonly entry: string; readonly leaseEndsInMs: number }[];
  readonly troubles?: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mode: 'background' | 'fired';
  readonly enabled?: boolean;
  readonly entries: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly fires?: readonly Readonly<Record<string, Json>>[];
  readonly policy?: Readonly<Record<string, Json>>;
  readonly permissions?: Readonly<Record<string, Json>>;
  readonly code?: string;
  readonly status?: ScenarioStatus | null;
}

export interface TraceLine {
  readonly at: number;
  readonly run: number;
  readonly kind: string;
  readonly text: string;
}

/** A scenario to share. */
export interface ScenarioFile {
  readonly scenario: { readonly name: string; readonly title?: string; readonly description?: string };
  readonly entries: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}

export interface TitanicRequest {
  readonly id: string;
  readonly service: string;
  readonly state: 'waiting' | 'held' | 'running' | 'done' | 'expired' | 'dead';
  readonly acceptedAt: number;
  readonly at: number;
  readonly attempts: number;
  readonly reason?: string;
  readonly expiresAt?: number;
  readonly notBefore?: number;
  readonly key?: string;
  readonly bodyBytes: number;
  readonly replyBytes?: number;
}

export interface TitanicDetails {
  readonly request: TitanicRequest;
  readonly frames: readonly Frame[];
  /** Of one that is done. */
  readonly reply?: readonly Frame[];
}

/** One frame as it is shown: text where it is UTF-8. */
export type Frame = { readonly text: string } | { readonly base64: string };

export interface User {
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
}

export interface Token {
  readonly id: string;
  readonly title: string;
  /** Whose it is; it may no more than that user. */
  readonly owner: string;
  readonly scope: 'read' | 'operate' | 'admin';
  readonly createdAt: number;
  readonly expiresAt?: number;
}

export interface AuditLine {
  readonly at: number;
  /** Empty for nobody who is logged in. */
  readonly who: string;
  /** Where it came from. */
  readonly address: string;
  /** The token by which it was done. */
  readonly token?: string;
  /** `POST /api/v1/…` */
  readonly what: string;
  readonly status: number;
  /** Why it was not done. */
  readonly code?: string;
}

/** What the server keeps for a user. */
export interface Preferences {
  readonly favourites?: readonly string[];
  readonly order?: readonly string[];
}
