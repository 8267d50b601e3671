import { VirtualClock } from '@raspy/clock';
import {
  MdpClosedError,
  MdpConnectionLostError,
  MdpNoWorkerError,
  MdpTimeoutError,
} from '@raspy/mdp-protocol';
import { silentLogger } from '../log/logger.js';
import { NameClaim } from './name-claim.js';

const NAME = 'pi.tank';
const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as string;
const free = (): never => {
  throw new MdpNoWorkerError('pi.tank.mmi');
};
const noBroker = (): never => {
  throw new MdpTimeoutError('pi.tank.mmi', 500, 0);
};
const silent = (): never => {
  throw new MdpTimeoutError('pi.tank.mmi', 500, 1);
};
const alive = (id: string) => (): string[] => [id, '200'];

/** A claim on a bus that answers as scripted, the last answer for ever; a timeout takes its 500 ms. */
function play(answers: readonly (() => string[])[], counts: readonly (number | Error)[] = [1]) {
  const clock = new VirtualClock();
  const told: string[] = [];
  let asked = 0;
  let counted = 0;
  const claim = new NameClaim({
    name: NAME,
    instanceId: 'b',
    expiryMs: 17_500,
    clock,
    logger: { ...silentLogger, info: (line) => void told.push(line), warn: (line) => void told.push(line) },
    bus: {
      request: async (service, body, { signal, timeoutMs }) => {
        expect([service, ...body]).toEqual(['pi.tank.mmi', 'instance']);
        const answer = answers[Math.min(asked++, answers.length - 1)]!;
        if (answer === silent || answer === noBroker) {
          await new Promise<void>((resolve) => {
            const end = (): void => {
              signal.removeEventListener('abort', end);
              resolve();
            };
            clock.schedule(clock.now() + timeoutMs, end);
            signal.addEventListener('abort', end);
          });
        }
        return answer().map((text) => Buffer.from(text));
      },
      workerCount: () => {
        const count = counts[Math.min(counted++, counts.length - 1)]!;
        return count instanceof Error ? Promise.reject(count) : Promise.resolve(count);
      },
    },
  });
  const ending = new AbortController();
  return { clock, claim, told, ending, asked: () => asked };
}

describe('a name, before READY', () => {
  it('is free when no worker holds it', async () => {
    const { claim, ending } = play([free]);
    await expect(claim.acquire(ending.signal)).resolves.toBeUndefined();
  });

  it('is taken when another instance answers', async () => {
    const { claim, ending } = play([alive('a')]);
    await expect(claim.acquire(ending.signal)).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: matching(
        /alive under the name pi\.tank \(instance a\): stop it, or .*--hostname or --service/,
      ),
    });
  });

  it('is taken when a server answers that knows no instances', async () => {
    const { claim, ending } = play([() => ['501']]);
    await expect(claim.acquire(ending.signal)).rejects.toThrow('instance unknown');
  });

  it('is claimed as soon as there is a broker, however long that takes, and says once that it waits', async () => {
    const { clock, claim, told, ending } = play([...Array<typeof noBroker>(200).fill(noBroker), free]);
    const claimed = claim.acquire(ending.signal);
    await clock.advanceByAsync(100_000);
    await claimed;
    expect(told).toEqual(['waiting for the broker']);
  });

  it('is claimed at once when its dead holder is found out', async () => {
    const { clock, claim, ending } = play([silent, free]);
    const claimed = claim.acquire(ending.signal);
    await clock.advanceByAsync(600);
    await claimed;
  });

  it('is taken over from a holder that stays silent until it would be expired, and not before', async () => {
    const { clock, claim, told, ending } = play([silent]);
    let done = false;
    const claimed = claim.acquire(ending.signal).then(() => (done = true));
    await clock.advanceByAsync(17_500);
    expect(done).toBe(false);
    await clock.advanceByAsync(1_200);
    await claimed;
    expect(told).toEqual([expect.stringContaining('does not answer any more; starting in its place')]);
  });

  it('is asked for again when the connection is lost', async () => {
    const lost = (): never => {
      throw new MdpConnectionLostError('pi.tank.mmi');
    };
    const { clock, claim, ending, asked } = play([lost, free]);
    const claimed = claim.acquire(ending.signal);
    await clock.advanceByAsync(100);
    await claimed;
    expect(asked()).toBe(2);
  });

  it('is no longer wanted when the program is to end', async () => {
    for (const answer of [noBroker, silent]) {
      const { clock, claim, ending } = play([answer]);
      const claimed = claim.acquire(ending.signal);
      const refused = expect(claimed).rejects.toThrow('enough');
      await clock.advanceByAsync(550);
      ending.abort(new Error('enough'));
      await refused;
      expect(clock.nextAt).toBe(answer === noBroker ? 1_000 : Infinity);
    }
  });

  it('is not claimed when asking fails in a way that nobody foresaw', async () => {
    const closed = (): never => {
      throw new MdpClosedError('pi.tank.mmi');
    };
    const { claim, ending } = play([closed]);
    await expect(claim.acquire(ending.signal)).rejects.toThrow(MdpClosedError);
  });
});

describe('a name, after READY', () => {
  it('is confirmed when its one worker is ours', async () => {
    const { claim, ending, asked } = play([alive('a')], [1]);
    await claim.confirm(ending.signal);
    expect(asked()).toBe(0);
  });

  it('is confirmed when the other worker turns out to be dead', async () => {
    const { clock, claim, ending } = play([alive('b'), silent], [2]);
    const confirmed = claim.confirm(ending.signal);
    await clock.advanceByAsync(500);
    await confirmed;
  });

  it('is given up at once to an instance that started earlier', async () => {
    const { claim, ending } = play([alive('a'), alive('b')], [2]);
    await expect(claim.confirm(ending.signal)).rejects.toThrow('instance a');
  });

  it('is confirmed when a later instance gives way', async () => {
    const { clock, claim, ending } = play([alive('b'), alive('c')], [2, 2, 1]);
    const confirmed = claim.confirm(ending.signal);
    await clock.advanceByAsync(200);
    await confirmed;
  });

  it('is asked for again when this instance alone answered for two workers', async () => {
    const { clock, claim, ending } = play([alive('b'), alive('b'), alive('a')], [2]);
    const refused = expect(claim.confirm(ending.signal)).rejects.toThrow('instance a');
    await clock.advanceByAsync(200);
    await refused;
  });

  it('is confirmed in the end when nobody but this instance ever answers', async () => {
    const { clock, claim, ending } = play([alive('b')], [2]);
    let done = false;
    const confirmed = claim.confirm(ending.signal).then(() => (done = true));
    await clock.advanceByAsync(1_900);
    expect(done).toBe(false);
    await clock.advanceByAsync(200);
    await confirmed;
  });

  it('is given up to a later instance that stays', async () => {
    const { clock, claim, ending } = play([alive('c')], [2]);
    const refused = expect(claim.confirm(ending.signal)).rejects.toThrow('instance c');
    await clock.advanceByAsync(2_100);
    await refused;
  });

  it('is asked for again while the broker does not answer', async () => {
    const { clock, claim, ending } = play([free], [new MdpTimeoutError('mmi.workers', 500, 1), 1]);
    const confirmed = claim.confirm(ending.signal);
    await clock.advanceByAsync(100);
    await confirmed;
    const broken = play([free], [new MdpClosedError('mmi.workers')]);
    await expect(broken.claim.confirm(ending.signal)).rejects.toThrow(MdpClosedError);
  });
});
