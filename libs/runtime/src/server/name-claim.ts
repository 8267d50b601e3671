import type { Clock, Millis } from '@raspy/clock';
import { frameText, type Frames } from '@raspy/wire';
import { readStatus, StatusCode } from '@raspy/mdp-protocol';
import { EnvironmentError } from '../lifecycle/exit-code.js';
import type { Logger } from '../log/logger.js';
import { pause } from './pause.js';

/** What a claim asks the bus by; an `MdpClient` with its `MmiClient` behind it. */
export interface ClaimBus {
  request(
    service: string,
    body: readonly string[],
    options: {
      readonly timeoutMs: number;
      readonly signal: AbortSignal;
      readonly ifNoWorker: 'wait' | 'fail';
    },
  ): Promise<Frames>;
  /** How many workers a service has. */
  workerCount(service: string): Promise<number>;
}

/** A name that a server wants for itself. */
export interface NameClaimOptions {
  /** `<hostname>.<service>` */
  readonly name: string;
  readonly instanceId: string;
  readonly bus: ClaimBus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** After so long a worker that does not answer counts as dead: heartbeat interval × liveness. */
  readonly expiryMs: Millis;
}

/** For an answer that takes one round trip; asked again until the name's holder has expired. */
const ASK_TIMEOUT_MS: Millis = 500;
const RETRY_MS: Millis = 100;
/** How long the earlier of two that started at once waits for the other to give way. */
const YIELD_MS: Millis = 2_000;

/** One name, one living server (PROTOCOLS §7.1): two tanks must not share one. */
export class NameClaim {
  readonly #options: NameClaimOptions;
  readonly #mmi: string;

  constructor(options: NameClaimOptions) {
    this.#options = options;
    this.#mmi = `${options.name}.mmi`;
  }

  /**
   * Before READY: resolves once a broker is there and no living server answers for the name. A holder that is
   * registered and silent is given the time until it would be expired anyway.
   *
   * @throws EnvironmentError (rejects) when another instance lives
   */
  async acquire(signal: AbortSignal): Promise<void> {
    const { clock, logger, expiryMs, name } = this.#options;
    let silentSince: Millis | undefined;
    let told = false;
    for (;;) {
      const found = await this.#ask('fail', signal);
      if (found.kind === 'answer') throw this.#taken(found.instance);
      if (found.kind === 'free') return;
      if (found.kind === 'no-broker') {
        silentSince = undefined;
        if (!told) logger.info('waiting for the broker', { server: name });
        told = true;
        continue;
      }
      silentSince ??= clock.now();
      if (clock.now() - silentSince >= expiryMs) {
        logger.warn(`the server that holds the name ${name} does not answer any more; starting in its place`);
        return;
      }
      await pause(clock, RETRY_MS, signal);
    }
  }

  /**
   * After READY: makes sure that no other server came at the same moment. Of two, the one that started later gives
   * way.
   *
   * @throws EnvironmentError (rejects) when this one has to give way
   */
  async confirm(signal: AbortSignal): Promise<void> {
    const { clock, instanceId } = this.#options;
    const patience = clock.now() + YIELD_MS;
    for (;;) {
      const others = await this.#otherInstances(signal);
      const first = others === 'ourselves' ? undefined : others?.sort()[0];
      const impatient = clock.now() >= patience;
      if (first !== undefined && (first < instanceId || impatient)) throw this.#taken(first);
      if (first === undefined && others !== undefined && (others !== 'ourselves' || impatient)) return;
      await pause(clock, RETRY_MS, signal);
    }
  }

  /**
   * Idle workers get requests in turn: as many at once as there are workers reach each of them.
   * @returns `undefined` when the broker does not answer now; `ourselves` when there are more workers and this one
   * answered for all of them, since the others were at work
   */
  async #otherInstances(signal: AbortSignal): Promise<string[] | 'ourselves' | undefined> {
    let count: number;
    try {
      count = await this.#options.bus.workerCount(this.#mmi);
    } catch (error) {
      if (RETRIED.has((error as { code?: unknown }).code)) return undefined;
      throw error;
    }
    if (count < 2) return [];
    const answers = await Promise.all(Array.from({ length: count }, () => this.#ask('wait', signal)));
    const living = answers.flatMap((found) => (found.kind === 'answer' ? [found.instance] : []));
    const others = living.filter((instance) => instance !== this.#options.instanceId);
    return others.length === 0 && living.length === count ? 'ourselves' : others;
  }

  async #ask(
    ifNoWorker: 'wait' | 'fail',
    signal: AbortSignal,
  ): Promise<{ kind: 'answer'; instance: string } | { kind: 'free' | 'no-broker' | 'silent' }> {
    try {
      const reply = await this.#options.bus.request(this.#mmi, ['instance'], {
        timeoutMs: ASK_TIMEOUT_MS,
        signal,
        ifNoWorker,
      });
      // A server that knows no instances lives as well.
      const known = reply.length === 2 && readStatus(reply[1]) === StatusCode.OK;
      return { kind: 'answer', instance: known ? frameText(reply[0]!) : 'unknown' };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const { code, attempts } = error as { code?: unknown; attempts?: unknown };
      if (code === 'NO_WORKER') return { kind: 'free' };
      if (code === 'TIMEOUT' && attempts === 0) return { kind: 'no-broker' };
      if (RETRIED.has(code)) return { kind: 'silent' };
      throw error;
    }
  }

  #taken(instance: string): EnvironmentError {
    const { name } = this.#options;
    return new EnvironmentError(
      `another server is alive under the name ${name} (instance ${instance}): ` +
        'stop it, or give this one another --hostname or --service',
    );
  }
}

/** Codes of errors after which the holder of the name may still live. */
const RETRIED: ReadonlySet<unknown> = new Set([
  'TIMEOUT',
  'CONNECTION_LOST',
  'WORKER_LOST',
  'EXPIRED',
  'QUEUE_FULL',
]);
