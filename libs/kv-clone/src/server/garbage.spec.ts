import { textFrame, type Frame, type Frames } from '@raspy/wire';
import { ServerRig } from '../../test/support/server-rig.js';
import { encodeCollected, encodeCountRequest, encodeSetIfRequest, encodeSnapshotRequest } from '../codec.js';
import type { KvServerPort } from './clone-server.js';

const PORTS: readonly KvServerPort[] = [
  'chp-snapshot',
  'chp-publisher',
  'chp-collector',
  'kvmsg-snapshot',
  'kvmsg-publisher',
  'kvmsg-collector',
];

/** Numbers that look random and are the same in each run. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(n: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * n);
  }

  bytes(most: number): Frame {
    return Buffer.from(Array.from({ length: this.below(most + 1) }, () => this.below(256)));
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

const KEYS = ['/a', '/b/c', 'KTHXBAI', 'HUGZ', ''].map(textFrame);
const WORDS = ['ICANHAZ?', 'STATE?', 'COUNT?', 'SETIF?', 'KTHXBAI', 'HUGZ', 'MDPC01', ''].map(textFrame);
const PEERS = ['p', 'q'].map(textFrame);

function valid(dice: Dice): Frame[] {
  const key = dice.of(KEYS);
  const body = dice.bytes(64);
  const asked = (frames: Frames): Frame[] => [dice.of(PEERS), ...frames];
  switch (dice.below(6)) {
    case 0:
      return [...encodeCollected('chp', key, body, Buffer.alloc(16), textFrame(`ttl=${dice.below(4)}\n`))];
    case 1:
      return [...encodeCollected('kvmsg', key, body)];
    case 2:
      return asked(encodeSnapshotRequest(key));
    case 3:
      return asked(encodeCountRequest(key, dice.below(100)));
    case 4:
      return asked(encodeSetIfRequest(Buffer.alloc(8), key, dice.below(3), body));
    default:
      return [Buffer.concat([Buffer.of(dice.below(3)), dice.of(WORDS)])];
  }
}

function mutated(dice: Dice): Frames {
  const frames = valid(dice);
  const at = dice.below(frames.length);
  switch (dice.below(5)) {
    case 0:
      frames.splice(at, 1);
      break;
    case 1:
      frames.splice(at, 0, dice.bytes(20));
      break;
    case 2:
      frames[at] = dice.of([...WORDS, dice.bytes(64)]);
      break;
    case 3: {
      const frame = Buffer.from(frames[at]!);
      if (frame.length > 0) frame[dice.below(frame.length)] = dice.below(256);
      frames[at] = frame;
      break;
    }
    default:
  }
  return frames;
}

describe('K40: whatever comes', () => {
  it('100,000 random and mutated messages on all six ports leave a server that serves', () => {
    const rig = new ServerRig({ reservedSeq: 10_000 });
    const dice = new Dice(40);
    for (let i = 0; i < 100_000; i++) {
      const isRandom = dice.below(2) === 0;
      const frames = isRandom ? Array.from({ length: dice.below(9) }, () => dice.bytes(64)) : mutated(dice);
      rig.receive(dice.of(PORTS), frames);
      if (i % 100 === 0) rig.advance(dice.below(400));
      if (i % 30 === 0) rig.deliver(dice.of(['chp', 'kvmsg']), dice.of(['p', 'q']));
      if (i % 500 === 0) rig.unreachable(dice.of(['chp', 'kvmsg']), dice.of(['p', 'q']));
    }
    const dropped = rig.dropped();
    for (const cause of [
      'frame-count',
      'sequence',
      'uuid',
      'verb',
      'field',
      'bad-key',
      'reserved-key',
      'ttl',
    ]) {
      expect(dropped[cause]).toBeGreaterThan(0);
    }
    // At most one report of a cause in a second.
    const seconds = rig.now / 1_000;
    expect(rig.eventsOf('dropped').length).toBeLessThan((seconds + 1) * Object.keys(dropped).length);

    rig.subscribe('kvmsg', '/valid');
    rig.heard('kvmsg');
    rig.set('/valid', 'v');
    expect(rig.heard('kvmsg')).toEqual([`/valid=v@${rig.seq}`]);
    const { seq, entries } = rig.snapshot('kvmsg', '/valid');
    expect([seq, [...entries]]).toEqual([rig.seq, [['/valid', 'v']]]);
  });
});
