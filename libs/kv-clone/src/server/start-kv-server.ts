import { systemClock, type Clock, type Millis } from '@raspy/clock';
import {
  defaultTransport,
  drive,
  type Driven,
  type FrameSocket,
  type SocketOptions,
  type Transport,
} from '@raspy/wire';
import { randomBytes } from 'node:crypto';
import { Subject, type Observable } from 'rxjs';
import type { KvEndpoints } from '../client/options.js';
import type { EntryLimits } from '../limits.js';
import type { KvCommit, KvStorage } from '../storage.js';
import { CloneServer, type KvMachineEvent, type KvServerEffects, type KvServerPort } from './clone-server.js';
import type { KvServerEvent } from './events.js';
import { SEQUENCE_BLOCK } from './journal.js';
import { resolveKvServerOptions, type KvServerOptions } from './options.js';
import type { KvServerStatistics } from './statistics.js';

/** Messages that libzmq holds for a subscriber that does not read; beyond, that one loses and asks for a snapshot. */
const PUBLISHER_MARK = 100_000;
/** A subscriber, or a reader of snapshots, that takes no byte for so long is disconnected; what waits for it is freed. */
const STALLED_MS = 15_000;
/** Beside a prefix: the command that it comes in, and room for those that begin a connection. */
const HANDSHAKE_BYTES = 1_024;
/** Entries that are taken from disk in a row, so that whoever shares the process gets a turn. */
const RESTORE_AT_ONCE = 5_000;
/** A body above the limit is refused and counted; only one so many times larger ends its sender's connection unread. */
const FRAME_FACTOR = 16;

/** What {@link startKvServer} takes. */
export interface StartKvServerOptions extends KvServerOptions {
  /** The wire of RFC 12, five frames. @default tcp://127.0.0.1:5520, 5521 and 5522 */
  readonly chp?: KvEndpoints;
  /** RasPy's three frames. @default tcp://127.0.0.1:5515, 5516 and 5517 */
  readonly kvmsg?: KvEndpoints;
  /**
   * Keeps last values over a restart; closed with the server, but left open by a start that fails.
   * @default none: the tree is empty at each start
   */
  readonly storage?: KvStorage;
  /** @default libzmq, by the transport that all faces of this process share */
  readonly transport?: Transport;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Options of all six sockets, security among them. */
  readonly socket?: SocketOptions;
}

/** A key/value server at work. */
export interface RunningKvServer {
  /** Where it listens, with the ports that were found. */
  readonly endpoints: { readonly chp: KvEndpoints; readonly kvmsg: KvEndpoints };
  /** What an operator may want to know. Hot; completes at {@link RunningKvServer.close}. */
  readonly events$: Observable<KvServerEvent>;
  statistics(): KvServerStatistics;
  /** Stops, writes what is not on disk yet, and closes the storage. Again: the same promise. Never rejects. */
  close(): Promise<void>;
}

const DEFAULT_CHP: KvEndpoints = {
  snapshot: 'tcp://127.0.0.1:5520',
  publisher: 'tcp://127.0.0.1:5521',
  collector: 'tcp://127.0.0.1:5522',
};
const DEFAULT_KVMSG: KvEndpoints = {
  snapshot: 'tcp://127.0.0.1:5515',
  publisher: 'tcp://127.0.0.1:5516',
  collector: 'tcp://127.0.0.1:5517',
};

/**
 * Starts a Clone server (PROTOCOLS §9, RFC 12). It serves once everything from disk is in the tree.
 * @throws KvOptionError (rejects) for options without meaning
 * @throws BindError (rejects) when an endpoint is in use, not of this machine, or malformed; nothing stays bound
 * @throws what the storage throws (rejects) when it cannot be read, or no sequences be reserved
 */
export async function startKvServer(options: StartKvServerOptions = {}): Promise<RunningKvServer> {
  const settings = resolveKvServerOptions(options);
  const { storage, clock = systemClock } = options;
  // Before anything is read: a port in use is a mistake that should cost no time.
  const sockets = await bindAll(options, settings);
  try {
    const stored = await storage?.load();
    const startSeq = Math.max(stored?.reservedSeq ?? 0, settings.minimumSeq);
    const reservedSeq = storage === undefined ? undefined : startSeq + SEQUENCE_BLOCK;
    const machine = new CloneServer({
      ...settings,
      epoch: randomBytes(16),
      hashSeed: randomBytes(4).readInt32BE(),
      startSeq,
      reservedSeq,
    });
    let taken = 0;
    for (const entry of stored?.entries ?? []) {
      machine.restore(clock.now(), entry);
      if (++taken % RESTORE_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (reservedSeq !== undefined) await storage?.commit({ puts: [], deletes: [], reservedSeq });
    return new Running(machine, clock, sockets, storage);
  } catch (error) {
    await Promise.all([...sockets.values()].map((socket) => socket.close()));
    throw error;
  }
}

class Running implements RunningKvServer {
  readonly endpoints: RunningKvServer['endpoints'];
  readonly events$: Observable<KvServerEvent>;
  readonly #machine: CloneServer;
  readonly #clock: Clock;
  readonly #storage: KvStorage | undefined;
  readonly #events = new Subject<KvServerEvent>();
  readonly #driven: Driven<KvServerPort, KvMachineEvent>;
  #writing: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(
    machine: CloneServer,
    clock: Clock,
    sockets: ReadonlyMap<KvServerPort, FrameSocket>,
    storage: KvStorage | undefined,
  ) {
    this.#machine = machine;
    this.#clock = clock;
    this.#storage = storage;
    this.events$ = this.#events.asObservable();
    const at = (port: KvServerPort): string => sockets.get(port)!.endpoint;
    this.endpoints = {
      chp: { snapshot: at('chp-snapshot'), publisher: at('chp-publisher'), collector: at('chp-collector') },
      kvmsg: {
        snapshot: at('kvmsg-snapshot'),
        publisher: at('kvmsg-publisher'),
        collector: at('kvmsg-collector'),
      },
    };
    this.#driven = drive<KvServerPort, KvMachineEvent>({
      machine,
      clock,
      open: (port) => sockets.get(port)!,
      onEvent: (event) => {
        if (event.type === 'commit') this.#writing = this.#write(event.commit);
        else this.#events.next(event);
      },
    });
  }

  statistics(): KvServerStatistics {
    return this.#machine.statistics();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #write(commit: KvCommit): Promise<void> {
    const settle = async (): Promise<(now: Millis) => KvServerEffects> => {
      try {
        await this.#storage?.commit(commit);
        return (now) => this.#machine.committed(now);
      } catch (error) {
        return (now) => this.#machine.commitFailed(now, error);
      }
    };
    const step = await settle();
    // While it ends, the loop no longer takes steps, and the machine is asked directly.
    if (this.#closing === undefined) this.#driven.perform(step);
    else step(this.#clock.now());
  }

  async #close(): Promise<void> {
    await this.#driven.close();
    await this.#writing;
    await this.#tellFailure(() => this.#writeRest());
    // Whatever could not be written: it holds files.
    await this.#tellFailure(async () => this.#storage?.close());
    this.#events.complete();
  }

  async #writeRest(): Promise<void> {
    const now = this.#clock.now();
    for (let rest = this.#machine.lastCommit(now); rest !== undefined; rest = this.#machine.lastCommit(now)) {
      await this.#storage?.commit(rest);
      this.#machine.committed(now);
    }
  }

  async #tellFailure(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#events.next({ type: 'storage-failed', error });
    }
  }
}

async function bindAll(
  options: StartKvServerOptions,
  { maxBodyBytes, maxKeyBytes }: EntryLimits,
): Promise<ReadonlyMap<KvServerPort, FrameSocket>> {
  const { chp = DEFAULT_CHP, kvmsg = DEFAULT_KVMSG, transport = defaultTransport(), socket = {} } = options;
  const shared: SocketOptions = { maxFrameBytes: maxBodyBytes * FRAME_FACTOR, ...socket };
  const snapshot: SocketOptions = { stalledPeerMs: STALLED_MS, ...shared };
  const publisher: SocketOptions = {
    transportBufferMessages: PUBLISHER_MARK,
    stalledPeerMs: STALLED_MS,
    ...shared,
    // All that comes in there are subscriptions, of which libzmq keeps a node for each byte.
    maxFrameBytes: maxKeyBytes + HANDSHAKE_BYTES,
  };
  const bound = new Map<KvServerPort, FrameSocket>();
  try {
    for (const [wire, endpoints] of [
      ['chp', chp],
      ['kvmsg', kvmsg],
    ] as const) {
      bound.set(`${wire}-snapshot`, await transport.bind('router', endpoints.snapshot, snapshot));
      bound.set(`${wire}-publisher`, await transport.bind('pub', endpoints.publisher, publisher));
      bound.set(`${wire}-collector`, await transport.bind('pull', endpoints.collector, shared));
    }
    return bound;
  } catch (error) {
    await Promise.all([...bound.values()].map((one) => one.close()));
    throw error;
  }
}
