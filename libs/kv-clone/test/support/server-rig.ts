import { frameKey, frameText, textFrame, type Frame, type Frames } from '@raspy/wire';
import {
  decodePublished,
  decodeSnapshotReply,
  encodeCollected,
  encodeSetIfRequest,
  encodeUpdate,
  type KvWire,
  type SnapshotReply,
} from '../../src/codec.js';
import { CloneServer, type KvMachineEvent, type KvServerPort } from '../../src/server/clone-server.js';
import type { KvServerEvent } from '../../src/server/events.js';
import { resolveKvServerOptions, type KvServerOptions } from '../../src/server/options.js';
import type { KvCommit, StoredEntry } from '../../src/storage.js';

type Effects = ReturnType<CloneServer['tick']>;
type Text = string | Frame;

export interface ServerRigOptions extends KvServerOptions {
  readonly startSeq?: number;
  /** @default none: nothing is kept on disk */
  readonly reservedSeq?: number;
  readonly restore?: readonly StoredEntry[];
  /** How long that takes. @default 0 */
  readonly restoringMs?: number;
}

/** A snapshot as its peer sees it. */
export interface SeenSnapshot {
  readonly seq: number;
  readonly subtree: string;
  readonly entries: Map<string, string>;
}

const frameOf = (text: Text): Frame => (typeof text === 'string' ? Buffer.from(text, 'latin1') : text);

/** A server machine by numbers: sockets and disk are in the hands of the test. */
export class ServerRig {
  readonly machine: CloneServer;
  now = 1_000;
  readonly events: KvServerEvent[] = [];
  readonly opened: KvServerPort[] = [];
  readonly published: Record<KvWire, Frames[]> = { chp: [], kvmsg: [] };
  /** All that was sent at the snapshot sockets, in order. */
  readonly sent: { readonly wire: KvWire; readonly frames: Frames; readonly confirm: boolean }[] = [];
  readonly commits: KvCommit[] = [];
  /** A commit that was told and whose fate is not told yet. */
  underWay: KvCommit | undefined;
  /** Whether the disk takes each commit at once. */
  diskWorks = true;
  /** Whether the socket takes this message. */
  takes: (port: KvServerPort, frames: Frames) => boolean = () => true;
  readonly #inboxes = new Map<string, Frames[]>();
  /** What peers have not taken yet that is to be confirmed, each with its peer. */
  readonly #unconfirmed: { readonly wire: KvWire; readonly frames: Frames }[] = [];

  constructor({
    startSeq = 0,
    reservedSeq,
    restore = [],
    restoringMs = 0,
    ...options
  }: ServerRigOptions = {}) {
    this.machine = new CloneServer({
      ...resolveKvServerOptions(options),
      epoch: Buffer.from('epoch of the run'),
      hashSeed: 0x5eed,
      startSeq,
      reservedSeq,
    });
    for (const entry of restore) this.machine.restore(this.now, entry);
    this.now += restoringMs;
    this.tick();
  }

  get seq(): number {
    return this.machine.seq;
  }

  apply(effects: Effects): void {
    for (const effect of effects) {
      if (effect.type === 'open') this.opened.push(effect.port);
      else if (effect.type === 'event') this.#event(effect.event);
      else if (effect.type === 'send') this.#send(effect.port, effect.frames, effect.confirm ?? false);
    }
    if (this.diskWorks && this.underWay !== undefined) this.commitDone();
  }

  tick(): void {
    this.apply(this.machine.tick(this.now));
  }

  /** Time passes as on an unburdened machine: every deadline is met. */
  advance(span: number): void {
    const end = this.now + span;
    while (this.machine.nextDeadline <= end) {
      this.now = Math.max(this.now, this.machine.nextDeadline);
      this.tick();
    }
    this.now = end;
  }

  /** The process stands still: no deadline is met. */
  suspend(span: number): void {
    this.now += span;
  }

  receive(port: KvServerPort, frames: Frames): void {
    this.apply(this.machine.receive(this.now, port, frames));
  }

  /** An update through a collector. */
  set(key: Text, body: Text, properties = '', wire: KvWire = 'chp', uuid?: Frame): void {
    const frames = encodeCollected(wire, frameOf(key), frameOf(body), uuid, frameOf(properties));
    this.receive(`${wire}-collector`, frames);
  }

  subscribe(wire: KvWire, prefix = ''): void {
    this.receive(`${wire}-publisher`, [frameOf(`\x01${prefix}`)]);
  }

  unsubscribe(wire: KvWire, prefix = ''): void {
    this.receive(`${wire}-publisher`, [frameOf(`\0${prefix}`)]);
  }

  /** Something at a snapshot socket. */
  ask(wire: KvWire, peer: string, ...frames: Text[]): void {
    this.receive(`${wire}-snapshot`, [peer, ...frames].map(frameOf));
  }

  setIf(peer: string, key: Text, expected: number | bigint, body: Text, properties = ''): SnapshotReply {
    const request = textFrame('request1');
    const asked = encodeSetIfRequest(request, frameOf(key), expected, frameOf(body), frameOf(properties));
    this.ask('chp', peer, ...asked);
    const replies = this.take('chp', peer);
    if (replies.length !== 1) throw new Error(`${peer} got ${replies.length} answers, not one`);
    return replies[0]!;
  }

  /** What a peer was sent since last asked. */
  inbox(wire: KvWire, peer: string): Frames[] {
    return this.#inboxes.get(`${wire} ${peer}`)?.splice(0) ?? [];
  }

  take(wire: KvWire, peer: string): SnapshotReply[] {
    return this.inbox(wire, peer).map((frames) => decodeSnapshotReply(wire, frames));
  }

  /** Whether something that a peer was sent waits for its confirmation. */
  isWaiting(wire: KvWire, peer: string): boolean {
    return this.#unconfirmed.some((one) => one.wire === wire && frameText(one.frames[0]!) === peer);
  }

  /** The oldest message that waits for it, of this peer, is confirmed. @returns whether there was one */
  deliver(wire: KvWire, peer: string): boolean {
    const index = this.#unconfirmed.findIndex(
      (one) => one.wire === wire && frameText(one.frames[0]!) === peer,
    );
    if (index < 0) return false;
    const { frames } = this.#unconfirmed.splice(index, 1)[0]!;
    this.apply(this.machine.delivered(this.now, `${wire}-snapshot`, frames));
    return true;
  }

  /** Confirms, and lets the machine search, until nothing is left to do for this peer. */
  deliverAll(wire: KvWire, peer: string): void {
    do while (this.machine.nextDeadline === -Infinity) this.tick();
    while (this.deliver(wire, peer));
  }

  /** The transport says that what was sent did not leave. */
  unreachable(wire: KvWire, peer: string): void {
    const gone = this.#unconfirmed.filter((one) => one.wire === wire && frameText(one.frames[0]!) === peer);
    for (const one of gone) this.#unconfirmed.splice(this.#unconfirmed.indexOf(one), 1);
    const item = encodeUpdate(wire, textFrame('/k'), Buffer.alloc(8), textFrame('v'));
    const frames = [textFrame(peer), ...item];
    this.apply(this.machine.undelivered(this.now, `${wire}-snapshot`, frames, 'unreachable'));
  }

  /** A whole snapshot. */
  snapshot(wire: KvWire = 'chp', subtree = '', peer = 'reader'): SeenSnapshot {
    this.ask(wire, peer, 'ICANHAZ?', subtree);
    this.deliverAll(wire, peer);
    return readSnapshot(this.take(wire, peer));
  }

  commitDone(): void {
    this.underWay = undefined;
    this.apply(this.machine.committed(this.now));
  }

  commitFails(): void {
    this.underWay = undefined;
    this.apply(this.machine.commitFailed(this.now, new Error('no space left on device')));
  }

  eventsOf<T extends KvServerEvent['type']>(type: T): Extract<KvServerEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<KvServerEvent, { type: T }> => event.type === type);
  }

  dropped(): Readonly<Record<string, number>> {
    return this.machine.statistics().dropped;
  }

  /** What was published since last asked: `HUGZ@seq`, or `key=body@seq`. */
  heard(wire: KvWire): string[] {
    return this.published[wire].splice(0).map((frames) => {
      const read = decodePublished(wire, frames);
      if (read.type === 'malformed') throw new Error(`published what is ${read.reason}`);
      if (read.type === 'hugz') return `HUGZ@${read.seq}`;
      return `${frameText(read.key)}=${frameText(read.body)}@${read.seq}`;
    });
  }

  #event(event: KvMachineEvent): void {
    if (event.type !== 'commit') {
      this.events.push(event);
      return;
    }
    if (this.underWay !== undefined) throw new Error('a commit was told while another is under way');
    this.commits.push(event.commit);
    this.underWay = event.commit;
  }

  #send(port: KvServerPort, frames: Frames, confirm: boolean): void {
    if (!this.takes(port, frames)) {
      this.apply(this.machine.undelivered(this.now, port, frames, 'full'));
      return;
    }
    const wire: KvWire = port.startsWith('chp') ? 'chp' : 'kvmsg';
    if (port.endsWith('publisher')) {
      this.published[wire].push(frames);
      return;
    }
    if (!port.endsWith('snapshot')) throw new Error(`sent at ${port}, which receives only`);
    this.sent.push({ wire, frames, confirm });
    if (confirm) this.#unconfirmed.push({ wire, frames });
    const key = `${wire} ${frameText(frames[0]!)}`;
    const inbox = this.#inboxes.get(key);
    if (inbox === undefined) this.#inboxes.set(key, [frames.slice(1)]);
    else inbox.push(frames.slice(1));
  }
}

/** Reads the frames of one whole snapshot; throws when it is none. */
export function readSnapshot(replies: readonly SnapshotReply[]): SeenSnapshot {
  const entries = new Map<string, string>();
  const end = replies.at(-1);
  if (end?.type !== 'end') throw new Error(`${replies.length} answers, and no end`);
  for (const reply of replies.slice(0, -1)) {
    if (reply.type !== 'item') throw new Error(`${reply.type} within a snapshot`);
    const key = frameKey(reply.key);
    if (entries.has(key)) throw new Error(`${key} comes twice`);
    if (reply.seq > end.seq) throw new Error(`${key} has sequence ${reply.seq}, the snapshot ${end.seq}`);
    entries.set(key, frameKey(reply.body));
  }
  return { seq: Number(end.seq), subtree: frameText(end.subtree), entries };
}
