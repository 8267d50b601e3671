import type { Millis } from '@raspy/clock';
import { sameFrame, type Frame, type Frames } from '@raspy/wire';
import {
  decodePublished,
  encodeCountRequest,
  encodeSnapshotRequest,
  encodeStateRequest,
  type KvUpdateMessage,
  type SnapshotReply,
} from '../codec.js';
import { hasPrefix } from '../subtree.js';
import { Audit, type Finding } from './audit.js';
import type { ClientCounters } from './client-counters.js';
import type { CloneClientOptions, KvClientEffects } from './client-types.js';
import { Reopening } from './reopening.js';
import { Replica, type Seen } from './replica.js';
import type { SnapshotPort } from './snapshot-port.js';

const FIRST_RETRY_MS: Millis = 250;
const LAST_RETRY_MS: Millis = 5_000;
/** A picture that held for so long ends a series of attempts. */
const HELD_MS: Millis = 5_000;

/** Why a picture was given up. */
type Cause =
  | 'gaps'
  | 'backwards'
  | 'countMismatches'
  | 'tooFarBack'
  | 'countsUnanswered'
  | 'silences'
  | 'linksLost'
  | 'snapshotTimeouts';

type Phase =
  /** No connection for updates. */
  | 'down'
  /** It stands, but whether the subscription has reached the publisher is not known. */
  | 'joining'
  | 'fetching'
  /** Until the next attempt to get a snapshot. */
  | 'pausing'
  | 'synced';

/** Keeps a picture of the subtree and knows whether it is current (PROTOCOLS §9.1, client rules). */
export class Reader {
  readonly replica: Replica;
  readonly #options: CloneClientOptions;
  readonly #dealer: SnapshotPort;
  readonly #count: ClientCounters;
  readonly #audit: Audit;
  readonly #reopening = new Reopening();
  #phase: Phase = 'down';
  /** Of the phase: live at the latest, next frame at the latest, next attempt. */
  #deadline: Millis = Infinity;
  #heardAt: Millis = Infinity;
  /** Whether this publisher sends keep-alives, so that silence means something. */
  #expectsHugz = false;
  #attempts = 0;
  /** A dealer that was open by then may be as dead as the stream was, or still has a snapshot under way. */
  #distrustedAt: Millis = -Infinity;
  #syncedAt: Millis = -Infinity;
  #requestedAt: Millis = 0;
  /** What the server said of itself while this snapshot was fetched. */
  #state: { readonly epoch: Frame; readonly seq: bigint } | undefined;
  #epoch: Frame | undefined;
  #status: 'syncing' | 'synced' | 'stale' = 'syncing';

  constructor(options: CloneClientOptions, dealer: SnapshotPort, count: ClientCounters) {
    this.#options = options;
    this.#dealer = dealer;
    this.#count = count;
    this.replica = new Replica(options.subtree.length === 0);
    this.#audit = new Audit(options.countIntervalMs);
  }

  get deadline(): Millis {
    return Math.min(this.#reopening.at, this.#deadline, this.#silentAt, this.#audit.deadline);
  }

  get #silentAt(): Millis {
    return this.#expectsHugz ? this.#heardAt + this.#options.silenceMs : Infinity;
  }

  /** Whether the port for updates is closed at the moment. */
  get #closed(): boolean {
    return this.#reopening.at !== Infinity;
  }

  tick(now: Millis, out: KvClientEffects): void {
    if (this.#reopening.due(now)) out.push({ type: 'open', port: 'updates' });
    if (now >= this.#silentAt) {
      this.#giveUpStream(now, 'silences', out);
      return;
    }
    if (now >= this.#deadline) {
      if (this.#phase === 'fetching') this.#resync(now, 'snapshotTimeouts', out);
      else this.#fetch(now, out);
    }
    this.#act(now, this.#audit.tick(now), out);
  }

  updatesLink(now: Millis, up: boolean, out: KvClientEffects): void {
    if (this.#closed) return;
    if (!up) this.#giveUpStream(now, 'linksLost', out);
    else if (this.#phase === 'down') {
      this.replica.newStream();
      this.#audit.reset();
      this.#phase = 'joining';
      this.#deadline = now + this.#options.liveWaitMs;
      this.#heardAt = now;
    }
  }

  /** The dealer's connection stands: what is to be asked is asked. */
  dealerUp(now: Millis, out: KvClientEffects): void {
    if (this.#phase === 'fetching') {
      this.#requestedAt = now;
      this.#deadline = now + this.#options.snapshotTimeoutMs;
      out.push({ type: 'send', port: 'snapshot', frames: encodeStateRequest() });
      out.push({ type: 'send', port: 'snapshot', frames: encodeSnapshotRequest(this.#options.subtree) });
    } else this.#ask(out);
  }

  /** The dealer's connection is gone, and a snapshot under way with it. */
  dealerLost(now: Millis, out: KvClientEffects): void {
    if (this.#phase === 'fetching') this.#retry(now, out);
    else if (this.#audit.question !== undefined) this.#dealer.need(now, out);
  }

  /** A message at the port for updates. */
  published(now: Millis, frames: Frames, out: KvClientEffects): void {
    if (this.#closed) return;
    const message = decodePublished(this.#options.wire, frames);
    if (message.type === 'malformed') {
      this.#count.malformedUpdates++;
      return;
    }
    // A connection proves itself; the transport may tell of it a moment later.
    if (this.#phase === 'down') this.updatesLink(now, true, out);
    this.#heardAt = now;
    if (message.type === 'update') {
      this.#count.updates++;
      this.#update(now, message, out);
    } else {
      this.#count.hugz++;
      this.#expectsHugz = true;
      if (message.seq !== 0n) this.#passed(now, message.seq, this.replica.keptAlive(message.seq), out);
      this.#act(now, this.#audit.keptAlive(now), out);
    }
    if (this.#phase === 'joining') this.#fetch(now, out);
  }

  /** An answer of the snapshot port that is none to a conditional update. */
  replied(
    now: Millis,
    reply: Exclude<SnapshotReply, { type: 'setif' | 'malformed' }>,
    out: KvClientEffects,
  ): void {
    if (reply.type === 'count') {
      const { subtree, from, to, count } = reply;
      if (!sameFrame(subtree, this.#options.subtree) || this.#audit.question !== from) {
        this.#count.unexpectedReplies++;
      } else this.#act(now, this.#audit.answer(now, from, to, count, this.replica.high), out);
      return;
    }
    if (this.#phase !== 'fetching') {
      this.#count.unexpectedReplies++;
      return;
    }
    this.#deadline = now + this.#options.snapshotTimeoutMs;
    if (reply.type === 'state') this.#state = reply;
    else if (reply.type === 'end') this.#end(now, reply.seq, out);
    else if (!hasPrefix(reply.key, this.#options.subtree)) this.#count.outside++;
    else if (reply.body.length === 0) this.#count.unexpectedReplies++;
    else this.replica.item(reply.key, reply.seq, reply.body);
  }

  #update(now: Millis, { key, seq, body }: KvUpdateMessage, out: KvClientEffects): void {
    if (!hasPrefix(key, this.#options.subtree)) {
      this.#count.outside++;
      this.#passed(now, seq, this.replica.passBy(seq), out);
      return;
    }
    const seen = this.replica.update(key, seq, body);
    if (seen.type === 'change') out.push({ type: 'event', event: { type: 'change', change: seen.change } });
    else if (seen.type === 'late') this.#count.late++;
    else if (seen.type === 'backwards') this.#audit.reset();
    const finding = this.#audit.note(now, seq);
    if (seen.type !== 'gap' && seen.type !== 'backwards') this.#act(now, finding, out);
    this.#seen(now, seq, seen, out);
  }

  /** A sequence came without an update of the subtree. */
  #passed(now: Millis, seq: bigint, seen: Seen, out: KvClientEffects): void {
    if (seen.type === 'backwards') this.#audit.reset();
    this.#seen(now, seq, seen, out);
  }

  /** Acts upon what a sequence on the stream means, in whatever phase. */
  #seen(now: Millis, seq: bigint, seen: Seen, out: KvClientEffects): void {
    if (seen.type === 'gap') this.#resync(now, 'gaps', out);
    else if (seen.type === 'backwards') this.#resync(now, 'backwards', out);
    else this.#act(now, this.#audit.reached(now, seq), out);
  }

  #act(now: Millis, finding: Finding | undefined, out: KvClientEffects): void {
    switch (finding) {
      case undefined:
        break;
      case 'right':
        this.#count.countsRight++;
        break;
      case 'ask':
        if (this.#dealer.up) this.#ask(out);
        else this.#dealer.need(now, out);
        break;
      case 'ask-afresh':
        this.#dealer.open(now, out);
        break;
      case 'loss':
        this.#resync(now, 'countMismatches', out);
        break;
      case 'too-far-back':
        this.#resync(now, 'tooFarBack', out);
        break;
      case 'unanswered':
        this.#resync(now, 'countsUnanswered', out);
    }
  }

  #ask(out: KvClientEffects): void {
    const from = this.#audit.question;
    if (from === undefined) return;
    out.push({ type: 'send', port: 'snapshot', frames: encodeCountRequest(this.#options.subtree, from) });
  }

  #fetch(now: Millis, out: KvClientEffects): void {
    this.#phase = 'fetching';
    this.#deadline = now + this.#options.snapshotTimeoutMs;
    this.#state = undefined;
    this.replica.beginSnapshot();
    if (!this.#dealer.openSince(this.#distrustedAt)) this.#dealer.open(now, out);
    else if (this.#dealer.up) this.dealerUp(now, out);
  }

  #end(now: Millis, seq: bigint, out: KvClientEffects): void {
    const first = !this.replica.exists;
    const changes = this.replica.endSnapshot(seq, this.#state?.seq ?? 0n);
    if (changes === undefined) {
      this.#resync(now, 'gaps', out);
      return;
    }
    this.#count.snapshots++;
    this.#phase = 'synced';
    this.#deadline = Infinity;
    this.#syncedAt = now;
    this.#reopening.worked();
    this.#meet(out);
    out.push({ type: 'event', event: { type: 'picture', first, changes } });
    if (this.#state !== undefined) {
      // A server that says so much sends keep-alives too, from now on if it was busy until now.
      if (!this.#expectsHugz) this.#heardAt = now;
      this.#expectsHugz = true;
      this.#act(now, this.#audit.begin(now, seq, this.#requestedAt), out);
      this.#act(now, this.#audit.tick(now), out);
    }
    this.#tell(out);
  }

  #meet(out: KvClientEffects): void {
    const epoch = this.#state?.epoch;
    if (epoch === undefined) return;
    if (this.#epoch !== undefined && !sameFrame(epoch, this.#epoch)) {
      this.#count.restarts++;
      out.push({ type: 'event', event: { type: 'restarted', epoch } });
    }
    this.#epoch = epoch;
  }

  /** The connection for updates is gone, or as good as gone. What its socket still holds is from before: it is replaced. */
  #giveUpStream(now: Millis, cause: 'linksLost' | 'silences', out: KvClientEffects): void {
    this.#count[cause]++;
    this.#phase = 'down';
    this.#deadline = Infinity;
    this.#expectsHugz = false;
    this.#attempts = 0;
    this.#distrustedAt = now;
    this.replica.newStream();
    this.#audit.reset();
    out.push({ type: 'close', port: 'updates' });
    this.#reopening.closed(now);
    if (this.#reopening.due(now)) out.push({ type: 'open', port: 'updates' });
    this.#tell(out);
  }

  /** The picture cannot be trusted, or the attempt to get one failed: another snapshot. */
  #resync(now: Millis, cause: Cause, out: KvClientEffects): void {
    this.#count[cause]++;
    this.replica.suspend();
    this.#audit.pause();
    if (this.#phase === 'joining' || this.#phase === 'pausing') return;
    // Otherwise the snapshot can come over the connection that stands, and what is under way on it is not lost.
    if (this.#phase === 'fetching' || cause === 'countsUnanswered') this.#distrustedAt = now;
    if (this.#phase === 'synced' && now - this.#syncedAt >= HELD_MS) this.#attempts = 0;
    this.#retry(now, out);
    this.#tell(out);
  }

  #retry(now: Millis, out: KvClientEffects): void {
    const attempt = this.#attempts++;
    if (attempt === 0) {
      this.#fetch(now, out);
      return;
    }
    const pause = Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LAST_RETRY_MS);
    this.#phase = 'pausing';
    this.#deadline = now + pause * (0.5 + this.#options.random() / 2);
  }

  #tell(out: KvClientEffects): void {
    const status = this.#phase === 'synced' ? 'synced' : this.replica.exists ? 'stale' : 'syncing';
    if (status === this.#status) return;
    this.#status = status;
    out.push({ type: 'event', event: { type: 'status', status } });
  }
}
