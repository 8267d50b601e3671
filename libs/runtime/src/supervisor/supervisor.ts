import type { Clock, Millis } from '@raspy/clock';
import type { DeviceChanges } from '../device-server/device-differences.js';
import type { Part } from '../lifecycle/executive.js';
import type { Logger } from '../log/logger.js';
import { residentBytes } from './resident-bytes.js';
import { planReload, type ReloadAction, type ServerPlan } from './reload-plan.js';
import type { ServerLife, StopOutcome } from './server-life.js';
import { SupervisedServer, type LifeStatus } from './supervised-server.js';

/** How the servers of a home come to life. */
export interface ServerMaker {
  /** Makes one life of a server. */
  create(plan: ServerPlan): ServerLife | Promise<ServerLife>;
  /** See `SupervisedServerOptions.createSafe`; `undefined` where nothing is to be made safe. */
  createSafe?(plan: ServerPlan): (() => ServerLife) | undefined;
}

/** What a {@link Supervisor} is told. */
export interface SupervisorOptions {
  /** Fixed ones start first, one after the other, and stop last. */
  readonly servers: readonly ServerPlan[];
  readonly maker: ServerMaker;
  /** Settings that all servers have to share with a fixed one; see `planReload`. @default none */
  readonly shared?: readonly string[];
  /** Opened when the fixed servers serve, shut when all have stopped. @default none */
  readonly door?: Part;
  /** For servers to serve before the start counts as done all the same. @default 10000 */
  readonly settleMs?: Millis;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One server as `raspy status` tells of it; plain JSON. */
export interface ServerStatus extends LifeStatus {
  readonly name: string;
  readonly kind: string;
  /** Whether it runs in a process of its own. */
  readonly isolated: boolean;
  /** Memory of its process; `undefined` where it shares ours, has none, or the system does not tell. */
  readonly residentBytes: number | undefined;
}

/** What a reload has done; plain JSON. */
export interface ReloadReport {
  readonly actions: readonly {
    readonly type: ReloadAction['type'];
    readonly server: string;
    /** For `devices`: what became of each. */
    readonly devices?: DeviceChanges;
    /** Why it did not work; the server is started again when its time comes. */
    readonly problem?: string;
  }[];
  /** What waits until the home is restarted. */
  readonly needsRestart: readonly string[];
}

/** How a server ended; plain JSON. */
export interface StoppedServer {
  readonly server: string;
  readonly outcome: StopOutcome;
}

/** Left to the door, and to fixed servers, of the time to stop. */
const DOOR_RESERVE_MS: Millis = 100;
const FIXED_SHARE = 0.25;
/** For what has started when something else cannot. */
const GIVE_UP_MS: Millis = 1_500;
/** For a server that a reload stops. */
const RELOAD_STOP_MS: Millis = 5_000;

interface Entry {
  readonly plan: ServerPlan;
  readonly server: SupervisedServer;
}

/**
 * The servers of a home (the manual's Supervisor): each is started again alone when it dies, and is changed alone when
 * the settings are. Only a fixed server, such as the broker, that cannot start at first ends the program.
 */
export class Supervisor implements Part {
  readonly name = 'supervisor';
  readonly #options: SupervisorOptions;
  readonly #entries = new Map<string, Entry>();
  #reloading = false;
  #ending = false;
  #stopped: readonly StoppedServer[] = [];
  #tellStopped: ((servers: readonly StoppedServer[]) => void) | undefined;
  /** Resolves when every server has ended, with how. */
  readonly ended: Promise<readonly StoppedServer[]>;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#tellStopped = resolve;
    });
  }

  /**
   * Resolves when each server serves, or has failed once, or `settleMs` are over.
   * @throws what a fixed server could not start with, or the door could not be opened with; everything is stopped then
   */
  async start(signal: AbortSignal): Promise<void> {
    const { servers, door } = this.#options;
    try {
      for (const plan of servers.filter(({ fixed }) => fixed === true)) {
        signal.throwIfAborted();
        await untilAborted(this.#begin(plan), signal);
      }
      signal.throwIfAborted();
      await door?.start(signal);
      signal.throwIfAborted();
      const others = servers.filter(({ fixed }) => fixed !== true);
      await untilAborted(this.#settled(others.map((plan) => this.#begin(plan))), signal);
    } catch (error) {
      await this.stop(GIVE_UP_MS);
      throw error;
    }
  }

  /** Stops all servers, fixed ones last, and shuts the door. */
  async stop(deadlineMs: Millis): Promise<void> {
    const { clock, door } = this.#options;
    const end = clock.now() + deadlineMs;
    this.#ending = true;
    const all = [...this.#entries.values()];
    const fixed = all.filter(({ plan }) => plan.fixed === true).reverse();
    const reserve = DOOR_RESERVE_MS + (fixed.length > 0 ? deadlineMs * FIXED_SHARE : 0);
    const stop = async ({ plan, server }: Entry, until: Millis): Promise<StoppedServer> => ({
      server: plan.name,
      outcome: await server.stop(Math.max(0, until - clock.now())),
    });
    const stopped = await Promise.all(
      all.filter(({ plan }) => plan.fixed !== true).map((entry) => stop(entry, end - reserve)),
    );
    for (const entry of fixed) stopped.push(await stop(entry, end - DOOR_RESERVE_MS));
    this.#stopped = stopped;
    this.#tellStopped?.(stopped);
    await door?.stop(Math.max(DOOR_RESERVE_MS, end - clock.now()));
  }

  /** How the servers ended; empty before. */
  get stopped(): readonly StoppedServer[] {
    return this.#stopped;
  }

  /** The servers, fixed ones first. */
  async status(): Promise<ServerStatus[]> {
    return Promise.all(
      [...this.#entries.values()].map(async ({ plan, server }) => {
        const life = server.status();
        return {
          name: plan.name,
          kind: plan.kind,
          isolated: plan.isolated,
          ...life,
          residentBytes: life.pid === undefined ? undefined : await residentBytes(life.pid),
        };
      }),
    );
  }

  /**
   * Makes the servers those of `next`, touching only what differs, and gives those that died another chance.
   * @param next - checked by then
   * @throws Error with code `BUSY` while another reload runs, or the home ends
   */
  async reload(next: readonly ServerPlan[]): Promise<ReloadReport> {
    if (this.#reloading || this.#ending) {
      const why = this.#ending ? 'the home is about to stop' : 'another reload is under way';
      throw Object.assign(new Error(`${why}: nothing was changed`), { code: 'BUSY' });
    }
    this.#reloading = true;
    try {
      const before = [...this.#entries.values()].map(({ plan }) => plan);
      const { actions, needsRestart, servers } = planReload(before, next, this.#options.shared);
      const plans = new Map(servers.map((plan) => [plan.name, plan]));
      const untouched = before.filter(({ name }) => !actions.some(({ server }) => server === name));
      for (const { name } of untouched) this.#entries.get(name)?.server.pardon();
      const done = await Promise.all(actions.map((action) => this.#perform(action, plans)));
      return { actions: done, needsRestart };
    } finally {
      this.#reloading = false;
    }
  }

  async #perform(
    action: ReloadAction,
    plans: ReadonlyMap<string, ServerPlan>,
  ): Promise<ReloadReport['actions'][number]> {
    const { logger } = this.#options;
    const { type, server: name } = action;
    logger.info(`reload: ${type} ${name}`, { server: name });
    try {
      if (type === 'devices') {
        const entry = this.#entries.get(name)!;
        this.#entries.set(name, { ...entry, plan: plans.get(name)! });
        const devices = await entry.server.applyDevices(action.devices);
        entry.server.pardon();
        return { type, server: name, ...(devices !== undefined && { devices }) };
      }
      if (type !== 'start') await this.#entries.get(name)?.server.stop(RELOAD_STOP_MS);
      if (type === 'stop') this.#entries.delete(name);
      else await this.#settled([this.#begin(plans.get(name)!)]);
      const { reason } = this.#entries.get(name)?.server.status() ?? {};
      return { type, server: name, ...(reason !== undefined && { problem: reason }) };
    } catch (error) {
      return { type, server: name, problem: (error as Error).message };
    }
  }

  #begin(plan: ServerPlan): Promise<void> {
    const { maker, clock, logger } = this.#options;
    const { name } = plan;
    if (this.#ending) throw new Error('the home is about to stop');
    // Each life is made by the plan of its time.
    const current = (): ServerPlan => this.#entries.get(name)?.plan ?? plan;
    const createSafe = maker.createSafe?.(plan);
    const server = new SupervisedServer({
      name,
      create: () => maker.create(current()),
      clock,
      logger,
      ...(createSafe !== undefined && { createSafe }),
    });
    this.#entries.set(name, { plan, server });
    const begun = server.begin();
    // Whoever does not wait for it learns by its status.
    begun.catch(() => undefined);
    return begun;
  }

  /** Resolves when all have ended, whichever way, or their time is over. */
  async #settled(begun: readonly Promise<void>[]): Promise<void> {
    const { clock, settleMs = 10_000 } = this.#options;
    let cancel: (() => void) | undefined;
    const late = new Promise<void>((resolve) => {
      cancel = clock.schedule(clock.now() + settleMs, resolve);
    });
    await Promise.race([Promise.allSettled(begun), late]);
    cancel?.();
  }
}

/** Rejects with the signal's reason when that aborts first. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
