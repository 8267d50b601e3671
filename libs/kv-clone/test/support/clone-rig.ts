import type { Effect, Frames } from '@raspy/wire';
import { frameText, textFrame } from '@raspy/wire';
import { decodeCollected, decodeSnapshotRequest, type KvWire } from '../../src/codec.js';
import { CloneClient } from '../../src/client/clone-client.js';
import type { CloneClientOptions, KvClientEvent, KvClientPort } from '../../src/client/client-types.js';
import type { WriteSpec } from '../../src/client/outbox.js';
import { subtreeFrame } from '../../src/subtree.js';
import { ModelServer } from './model-server.js';

export type Step = readonly Effect<KvClientPort, KvClientEvent>[];

export interface RigOptions extends Partial<Omit<CloneClientOptions, 'subtree'>> {
  readonly subtree?: string;
}

/** A client machine by numbers, with its ports in the hands of the test. */
export class CloneRig {
  now = 1_000;
  readonly machine: CloneClient;
  readonly wire: KvWire;
  server: ModelServer;
  readonly ports = new Map<KvClientPort, 'opening' | 'up'>();
  /** How often each port was opened. */
  readonly opened: Record<KvClientPort, number> = { updates: 0, snapshot: 0, collector: 0 };
  /** Whether the socket takes this message. */
  takes: (port: KvClientPort, frames: Frames) => boolean = () => true;
  /** Whether what a socket was asked to confirm is confirmed at once. */
  confirms = true;
  status = 'syncing';
  /** What somebody who watches from the beginning knows. */
  readonly folded = new Map<string, string>();
  sent: { readonly port: KvClientPort; readonly frames: Frames }[] = [];
  events: KvClientEvent[] = [];
  changes: string[] = [];
  #id = 0;

  constructor({ subtree = '', ...options }: RigOptions = {}) {
    this.wire = options.wire ?? 'chp';
    this.server = new ModelServer(this.wire);
    this.machine = new CloneClient({
      wire: 'chp',
      subtree: subtreeFrame(subtree),
      read: true,
      write: true,
      liveWaitMs: 1_500,
      snapshotTimeoutMs: 5_000,
      silenceMs: 4_500,
      countIntervalMs: 5_000,
      maxPendingKeys: 10_000,
      maxPendingBytes: 16 * 1024 * 1024,
      random: () => 1,
      firstRequest: 7n,
      ...options,
    });
    this.step((now) => this.machine.tick(now));
  }

  /** A client that is in step with its server. */
  static synced(
    options: RigOptions = {},
    prepare: (server: ModelServer) => void = () => undefined,
  ): CloneRig {
    const rig = new CloneRig(options);
    prepare(rig.server);
    rig.sync();
    if (rig.status !== 'synced') throw new Error(`it is ${rig.status}`);
    rig.clear();
    return rig;
  }

  /** Lets it join, from whatever it is at. */
  sync(): void {
    this.advanceToOpen('updates');
    if (this.ports.get('updates') === 'opening') this.up('updates');
    this.publish(this.server.hugz());
    this.advanceToOpen('snapshot');
    this.up('snapshot');
    this.serve();
  }

  /** Time passes until a port is open. */
  advanceToOpen(port: KvClientPort): void {
    while (!this.ports.has(port)) this.advance(Math.max(0, this.machine.nextDeadline - this.now));
  }

  /** Forgets what was told, not what was sent. */
  clear(): void {
    this.events = [];
    this.changes = [];
  }

  step(what: (now: number) => Step): void {
    this.#apply(what(this.now));
    // What those know who watch is the picture, at every moment.
    const picture = this.picture();
    if ([...this.folded].sort().join() !== Object.entries(picture).sort().join()) {
      throw new Error(`watchers know ${[...this.folded].join(' ')}, not ${JSON.stringify(picture)}`);
    }
  }

  #apply(effects: Step): void {
    for (const effect of effects) {
      if (effect.type === 'open') {
        this.ports.set(effect.port, 'opening');
        this.opened[effect.port]++;
      } else if (effect.type === 'close') this.ports.delete(effect.port);
      else if (effect.type === 'event') this.#event(effect.event);
      else if (!this.ports.has(effect.port) || !this.takes(effect.port, effect.frames)) {
        this.#apply(this.machine.undelivered(this.now, effect.port, effect.frames, 'full'));
      } else {
        if (this.ports.get(effect.port) !== 'up') throw new Error(`sent at ${effect.port}, which is not up`);
        this.sent.push(effect);
        if (effect.confirm === true && this.confirms) {
          this.#apply(this.machine.delivered(this.now, effect.port, effect.frames));
        }
      }
    }
  }

  #event(event: KvClientEvent): void {
    this.events.push(event);
    if (event.type === 'status') this.status = event.status;
    if (event.type === 'picture' && event.first) {
      this.folded.clear();
      for (const item of this.machine.items()) this.folded.set(item.id, frameText(item.body));
    }
    const changes = event.type === 'picture' ? event.changes : event.type === 'change' ? [event.change] : [];
    for (const change of changes) {
      const healed = change.healed ? ' healed' : '';
      if (change.type === 'set') {
        const { id, body, seq } = change.item;
        this.folded.set(id, frameText(body));
        this.changes.push(`${id}=${frameText(body)}@${String(seq)}${healed}`);
      } else {
        this.folded.delete(change.id);
        this.changes.push(`${change.id} gone@${String(change.seq)}${healed}`);
      }
    }
  }

  up(port: KvClientPort): void {
    if (!this.ports.has(port)) throw new Error(`${port} is not open`);
    this.ports.set(port, 'up');
    this.step((now) => this.machine.link(now, port, true));
  }

  down(port: KvClientPort): void {
    this.ports.set(port, 'opening');
    this.step((now) => this.machine.link(now, port, false));
  }

  receive(port: KvClientPort, frames: Frames): void {
    this.step((now) => this.machine.receive(now, port, frames));
  }

  publish(...messages: Frames[]): void {
    for (const message of messages) this.receive('updates', message);
  }

  /** The server makes an update, and the client gets it. */
  set(key: string, value: string): void {
    this.publish(this.server.set(key, value));
  }

  reply(...messages: Frames[]): void {
    for (const message of messages) this.receive('snapshot', message);
  }

  /** The server answers what was asked so far. */
  serve(): void {
    for (const { port, frames } of this.takeSent('snapshot')) {
      for (const reply of this.server.answer(frames)) this.receive(port, reply);
    }
  }

  /** What was sent at a port since the last call. */
  takeSent(port: KvClientPort): { readonly port: KvClientPort; readonly frames: Frames }[] {
    const taken = this.sent.filter((message) => message.port === port);
    this.sent = this.sent.filter((message) => message.port !== port);
    return taken;
  }

  /** The verbs asked at the snapshot port since the last call. */
  asked(): string[] {
    return this.takeSent('snapshot').map(({ frames }) => {
      const request = decodeSnapshotRequest(frames);
      return request.type === 'count' ? `count ${String(request.from)}` : request.type;
    });
  }

  /** `key=value`, with its properties, of what was sent to the collector since the last call. */
  collected(): string[] {
    return this.takeSent('collector').map(({ frames }) => {
      const update = decodeCollected(this.wire, frames);
      if (update.type === 'malformed') throw new Error(update.reason);
      const properties = frameText(update.properties).trim();
      return `${frameText(update.key)}=${frameText(update.body)}${properties && ` ${properties}`}`;
    });
  }

  write(key: string, value: string, options: Partial<WriteSpec> & { keepAlive?: boolean } = {}): void {
    const { keepAlive = false, ...rest } = options;
    const spec: WriteSpec = {
      key: textFrame(key),
      body: textFrame(value),
      ttlMs: undefined,
      mayWait: true,
      ...rest,
    };
    this.step((now) => this.machine.write(now, spec, keepAlive));
  }

  setIf(key: string, value: string, expected: bigint, timeoutMs = 5_000): number {
    const id = ++this.#id;
    const spec = { id, key: textFrame(key), body: textFrame(value), properties: textFrame(''), timeoutMs };
    this.step((now) => this.machine.setIf(now, { ...spec, expected }));
    return id;
  }

  /** Time passes; the machine is called exactly when it asked to be. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (let steps = 0; this.machine.nextDeadline <= end; steps++) {
      if (steps > 10_000) throw new Error('it wants to be called without end');
      this.now = Math.max(this.now, this.machine.nextDeadline);
      this.step((now) => this.machine.tick(now));
      if (this.machine.tick(this.now).length > 0) throw new Error('a second tick did something');
    }
    this.now = end;
  }

  /** Time passes at a server that is well: keep-alives each second, answers at once. */
  idle(ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.advance(Math.min(1_000, end - this.now));
      if (this.ports.get('updates') === 'up') this.publish(this.server.hugz());
      this.serve();
    }
  }

  /** As {@link CloneRig.idle}, but nothing is answered. */
  idleUpdates(ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.advance(Math.min(1_000, end - this.now));
      if (this.ports.get('updates') === 'up') this.publish(this.server.hugz());
    }
  }

  picture(): Record<string, string> {
    return Object.fromEntries([...this.machine.items()].map(({ id, body }) => [id, frameText(body)]));
  }

  /** What the server holds under a subtree. */
  truth(subtree = ''): Record<string, string> {
    const entries = [...this.server.entries].filter(([id]) => id.startsWith(subtree));
    return Object.fromEntries(entries.map(([id, { body }]) => [id, frameText(body)]));
  }

  get count(): ReturnType<CloneClient['statistics']> {
    return this.machine.statistics();
  }
}
