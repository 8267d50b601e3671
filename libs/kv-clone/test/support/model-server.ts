import { EMPTY_FRAME, frameKey, textFrame, type Frame, type Frames } from '@raspy/wire';
import {
  decodeSnapshotRequest,
  encodeCountReply,
  encodeHugz,
  encodeSetIfReply,
  encodeSnapshotEnd,
  encodeStateReply,
  encodeUpdate,
  sequenceFrame,
  type KvWire,
} from '../../src/codec.js';
import { hasPrefix } from '../../src/subtree.js';

/** What a server holds of a key. */
export interface ModelEntry {
  readonly key: Frame;
  readonly body: Frame;
  readonly seq: number;
}

/** A server as simple as can be: a map, a sequence, and the frames that follow from them. */
export class ModelServer {
  readonly entries = new Map<string, ModelEntry>();
  /** Sequence and key of each update. */
  readonly log: { readonly seq: number; readonly key: Frame }[] = [];
  /** How many updates back it can count. */
  ring = 65_536;
  /** Whether it knows RasPy's additions. */
  knowsAdditions = true;

  constructor(
    readonly wire: KvWire,
    public seq = 0,
    readonly epoch: Frame = Buffer.alloc(16, 1),
    readonly restoredSeq = seq,
  ) {}

  /** Makes an update. @returns what is published */
  set(key: string, value: string): Frames {
    const keyFrame = textFrame(key);
    const seq = ++this.seq;
    this.log.push({ seq, key: keyFrame });
    const body = textFrame(value);
    if (value === '') this.entries.delete(frameKey(keyFrame));
    else this.entries.set(frameKey(keyFrame), { key: keyFrame, body, seq });
    return this.update(key, seq, value);
  }

  /** An update on the wire, whatever the server holds. */
  update(key: string, seq: number, value: string): Frames {
    return encodeUpdate(this.wire, textFrame(key), sequenceFrame(seq), textFrame(value));
  }

  hugz(seq = this.seq): Frames {
    return encodeHugz(this.wire, seq);
  }

  state(): Frames {
    return encodeStateReply(this.epoch, this.restoredSeq);
  }

  /** Items of a snapshot, and its end. */
  snapshot(subtree: Frame): Frames[] {
    const items = [...this.entries.values()].filter(({ key }) => hasPrefix(key, subtree));
    return [
      ...items.map(({ key, seq, body }) => encodeUpdate(this.wire, key, sequenceFrame(seq), body)),
      encodeSnapshotEnd(this.wire, this.seq, subtree),
    ];
  }

  count(subtree: Frame, from: bigint): Frames {
    const known = this.seq - Number(from) <= this.ring && from <= BigInt(this.seq);
    const count = this.log.filter(({ seq, key }) => BigInt(seq) > from && hasPrefix(key, subtree)).length;
    return encodeCountReply(subtree, from, this.seq, known ? count : undefined);
  }

  /** Answers what came to its snapshot socket. @param publish - given the update of a SETIF? that was made */
  answer(request: Frames, publish: (frames: Frames) => void = () => undefined): Frames[] {
    const asked = decodeSnapshotRequest(request);
    if (asked.type === 'icanhaz') return this.snapshot(asked.subtree);
    if (!this.knowsAdditions) return [];
    if (asked.type === 'state') return [this.state()];
    if (asked.type === 'count') return [this.count(asked.subtree, asked.from)];
    if (asked.type !== 'setif') return [];
    const actual = this.entries.get(frameKey(asked.key))?.seq ?? 0;
    if (BigInt(actual) !== asked.expected) return [encodeSetIfReply(asked.request, '409', actual)];
    publish(this.set(Buffer.from(asked.key).toString(), Buffer.from(asked.body).toString()));
    return [encodeSetIfReply(asked.request, '200', this.seq)];
  }

  /** Another run of it: what was written since `keep` updates ago is lost, and the sequence goes on at `seq`. */
  restarted(seq: number, keep: (entry: ModelEntry) => boolean = () => true): ModelServer {
    const next = new ModelServer(this.wire, seq, Buffer.alloc(16, (this.epoch[0] ?? 0) + 1));
    for (const [id, entry] of this.entries) if (keep(entry)) next.entries.set(id, entry);
    next.knowsAdditions = this.knowsAdditions;
    next.ring = this.ring;
    return next;
  }
}

/** An item without a body, as only others than RasPy's server would send. */
export function emptyItem(wire: KvWire, key: string): Frames {
  return encodeUpdate(wire, textFrame(key), sequenceFrame(1), EMPTY_FRAME);
}
