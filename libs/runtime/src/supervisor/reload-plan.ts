import type { DeviceConfig } from '@raspy/devices';
import { isDeepStrictEqual } from 'node:util';

/** One server of a home as its settings describe it: plain JSON, so that two can be compared. */
export interface ServerPlan {
  /** The second part of its service names, unique in the home. */
  readonly name: string;
  /** What kind of server it is, e.g. `broker` or `devices`. */
  readonly kind: string;
  /** Whether it runs in a process of its own. */
  readonly isolated: boolean;
  /** What else it is made of. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Changed one by one while it serves; `undefined` for a server without devices. */
  readonly devices?: readonly DeviceConfig[];
  /** It serves the whole home and is never restarted by a reload: a change waits for a restart of the home. */
  readonly fixed?: boolean;
}

/** What is done to come from one set of servers to another. */
export type ReloadAction =
  | { readonly type: 'start' | 'stop' | 'restart'; readonly server: string }
  | { readonly type: 'devices'; readonly server: string; readonly devices: readonly DeviceConfig[] };

/** What a reload will do. */
export interface ReloadPlan {
  /** In the order in which it is done: what goes first, then what changes, then what comes. */
  readonly actions: readonly ReloadAction[];
  /** What waits until the home is restarted; phrases such as `broker: kvFlushMs`. */
  readonly needsRestart: readonly string[];
  /** The servers as they are afterwards: what waits is as it was. */
  readonly servers: readonly ServerPlan[];
}

/**
 * What changes between two sets of servers, and nothing else. Pure.
 * @param shared - settings of a fixed server that all others have to share, such as its port: a change of these waits
 * with it
 */
export function planReload(
  before: readonly ServerPlan[],
  after: readonly ServerPlan[],
  shared: readonly string[] = [],
): ReloadPlan {
  const old = new Map(before.map((plan) => [plan.name, plan]));
  const wanted = new Map(after.map((plan) => [plan.name, plan]));
  const needsRestart: string[] = [];
  /** Shared settings that keep their value, with that. */
  const kept: Record<string, unknown> = {};
  for (const plan of before.filter(({ fixed }) => fixed === true)) {
    const next = wanted.get(plan.name);
    const changed = next === undefined ? ['is not wanted any more'] : changedSettings(plan, next);
    needsRestart.push(...changed.map((what) => `${plan.name}: ${what}`));
    for (const name of changed) if (shared.includes(name)) kept[name] = plan.settings[name];
  }
  for (const plan of after.filter(({ fixed, name }) => fixed === true && !old.has(name))) {
    needsRestart.push(`${plan.name}: is new`);
  }

  const servers = [
    ...before.filter(({ fixed }) => fixed === true),
    ...after
      .filter(({ fixed, name }) => fixed !== true && old.get(name)?.fixed !== true)
      .map((plan) => ({ ...plan, settings: { ...plan.settings, ...onlyKnown(kept, plan.settings) } })),
  ];
  const now = new Map(servers.map((plan) => [plan.name, plan]));
  const gone = before.filter(({ name }) => !now.has(name));
  const common = servers.filter(({ name, fixed }) => fixed !== true && old.has(name));
  const fresh = servers.filter(({ name }) => !old.has(name));
  return {
    actions: [
      ...gone.map(({ name }) => ({ type: 'stop', server: name }) as const),
      ...common.flatMap((plan) => actionFor(old.get(plan.name)!, plan)),
      ...fresh.map(({ name }) => ({ type: 'start', server: name }) as const),
    ],
    needsRestart,
    servers,
  };
}

function actionFor(before: ServerPlan, after: ServerPlan): ReloadAction[] {
  const { devices: oldDevices, ...oldRest } = before;
  const { devices, ...rest } = after;
  if (!isDeepStrictEqual(oldRest, rest) || (oldDevices === undefined) !== (devices === undefined)) {
    return [{ type: 'restart', server: after.name }];
  }
  if (devices === undefined || isDeepStrictEqual(oldDevices, devices)) return [];
  return [{ type: 'devices', server: after.name, devices }];
}

/** Names of the settings that differ, and of the members of the plan itself. */
function changedSettings(before: ServerPlan, after: ServerPlan): string[] {
  const names = new Set([...Object.keys(before.settings), ...Object.keys(after.settings)]);
  const members = (['kind', 'isolated'] as const).filter((name) => before[name] !== after[name]);
  return [
    ...members,
    ...[...names].filter((name) => !isDeepStrictEqual(before.settings[name], after.settings[name])),
  ];
}

function onlyKnown(
  kept: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(kept).filter(([name]) => name in settings));
}
