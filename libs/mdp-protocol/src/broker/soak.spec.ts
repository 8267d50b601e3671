import { textFrame } from '@raspy/wire';
import { encodeClientRequest, encodeReady, encodeWorkerReply, type MdpVersion } from '../codec.js';
import { pooledEntropy } from './entropy.js';
import { MajordomoBroker } from './majordomo-broker.js';
import type { BrokerEffect } from './outbox.js';

/** K07, by counts of what is kept: as many requests, reconnects and names as fit into a unit test. */
describe('K07: nothing is kept of what has passed', () => {
  const echo = textFrame('echo');
  const body = [textFrame('x')];
  const READY = encodeReady(1, echo);
  const EMPTY = {
    workers: 0,
    services: 0,
    servicesWithoutWorker: 0,
    queued: 0,
    queuedBytes: 0,
    inFlight: 0,
    inFlightBytes: 0,
  };
  let machine: MajordomoBroker;
  let now = 0;

  beforeEach(() => {
    machine = new MajordomoBroker({ entropy: pooledEntropy() });
    machine.tick((now = 0));
  });

  const receive = (id: string, frames: readonly Uint8Array[]): readonly BrokerEffect[] =>
    machine.receive(now, 'frontend', [textFrame(id), ...frames]);

  function requestAddress(effects: readonly BrokerEffect[], version: MdpVersion): Uint8Array {
    const send = effects.find((effect) => effect.type === 'send');
    return send!.frames[version === 1 ? 4 : 3]!;
  }

  it('100,000 requests of 100,000 clients', () => {
    receive('worker', READY);
    for (let i = 0; i < 100_000; i++) {
      const effects = receive(`client ${i}`, encodeClientRequest(1, [], echo, body));
      receive('worker', encodeWorkerReply('final', 1, requestAddress(effects, 1), body));
    }
    expect(machine.statistics()).toMatchObject({ ...EMPTY, workers: 1, services: 1, replies: 100_000 });
  });

  it('20,000 workers that come, and go without a word', () => {
    for (let i = 0; i < 20_000; i++) {
      receive(`worker ${i}`, READY);
      now += 1;
      if (now >= machine.nextDeadline) {
        for (const effect of machine.tick(now)) {
          // A heartbeat to a connection that is no more.
          if (effect.type === 'send') machine.undelivered(now, 'frontend', effect.frames, 'unreachable');
        }
      }
      // One interval's worth of them, no more.
      if (i % 1_000 === 0) expect(machine.statistics().workers).toBeLessThan(4_000);
    }
    expect(machine.statistics().workersRegistered).toBe(20_000);
  });

  it('50,000 names that nobody serves', () => {
    for (let i = 0; i < 50_000; i++)
      receive('flooder', encodeClientRequest(1, [], textFrame(`ghost ${i}`), body));
    expect(machine.statistics()).toMatchObject({
      servicesWithoutWorker: 10_000,
      queued: 10_000,
      refused: 40_000,
    });
    while (machine.nextDeadline !== Infinity) machine.tick((now = machine.nextDeadline));
    expect(machine.statistics()).toMatchObject({ ...EMPTY, expired: 10_000 });
    expect(now).toBeLessThan(32_000);
  });

  it('frames of a worker that are slices of something large do not keep it', () => {
    const large = Buffer.alloc(1_000_000, 'x');
    machine.receive(now, 'frontend', [large.subarray(0, 5), ...encodeReady(1, large.subarray(5, 10))]);
    const [heartbeat] = machine.tick((now = 3_500));
    const answer = receive('client', encodeClientRequest(1, [], textFrame('mmi.discovery'), [textFrame('')]));
    const kept = [heartbeat, ...answer].map((effect) => (effect?.type === 'send' ? effect.frames : []));
    // Copies may share Node's own pool, whose size differs from version to version.
    expect(kept[0]![0]!.buffer).not.toBe(large.buffer);
    expect(kept[1]!.at(-2)!.buffer).not.toBe(large.buffer);
  });
});
