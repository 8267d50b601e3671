import fc from 'fast-check';
import { WorkerRig } from '../../test/support/worker-rig.js';

const happening = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('request'), address: fc.constantFrom('a', 'b', 'c') }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('reply'), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('partial'), pick: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('up', 'down', 'heartbeat', 'heartbeat', 'disconnect') }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance'), ms: fc.nat(8_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('garbage'),
      frames: fc.array(fc.uint8Array({ maxLength: 6 }), { maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('refuse', 'take', 'refuse-none') }) },
);

describe('whatever happens to a worker', () => {
  it('each job is told once and at most one is at work; a reply is sent once, on its own session, to its own address', () => {
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 150 }),
        fc.constantFrom<1 | 2>(1, 2),
        (history, version) => {
          const rig = new WorkerRig({ version });
          /** Jobs whose handler runs, and the session and address they came with. */
          const atWork = new Map<number, { session: number; address: string; lost: boolean }>();
          const seen = new Set<number>();
          let session = 0;
          let registered = false;
          let lastAddress = '';
          const observe = (): void => {
            for (const event of rig.takeEvents()) {
              if (event.type === 'job') {
                expect(seen.has(event.job)).toBe(false);
                seen.add(event.job);
                expect(atWork.size).toBe(0);
                atWork.set(event.job, { session, address: lastAddress, lost: false });
              } else if (event.type === 'job-lost') atWork.get(event.job)!.lost = true;
            }
          };
          const wire = (): void => {
            for (const line of rig.wire()) {
              const command = line.split('|').find((part) => part.startsWith('\\x'))!;
              if (command === '\\x01') {
                session++;
                registered = true;
                // READY offers a free worker.
                expect(atWork.size).toBe(0);
              } else expect(registered).toBe(true);
            }
          };
          for (const what of history) {
            const state = rig.open.get('broker');
            if (what.do === 'up' && state === 'down') rig.up('broker');
            else if (what.do === 'down' && state === 'up') rig.down('broker');
            else if (what.do === 'advance' && 'ms' in what) rig.advance(what.ms);
            else if (what.do === 'refuse') rig.refuse = () => true;
            else if (what.do === 'take') rig.refuse = () => false;
            else if ((what.do === 'reply' || what.do === 'partial') && 'pick' in what) {
              wire();
              const job = [...atWork.keys()][0] ?? what.pick % 5;
              const origin = atWork.get(job);
              const before = rig.worker.counters.discardedReplies;
              rig[what.do](job, 'x');
              const sent = rig.takeSent();
              if (origin === undefined || origin.lost) {
                expect(rig.worker.counters.discardedReplies).toBe(before + 1);
                expect(
                  sent.every(({ frames: message }) => Buffer.from(message.at(-1)!).toString() === 'echo'),
                ).toBe(true);
                if (sent.length > 0) {
                  session++;
                  registered = true;
                }
              } else if (sent.length > 0) {
                expect(origin.session).toBe(session);
                const address = sent[0]!.frames[version === 1 ? 3 : 2]!;
                expect(Buffer.from(address).toString()).toBe(origin.address);
              }
              if (what.do === 'reply') atWork.delete(job);
            } else if (state === 'up') {
              if (what.do === 'request' && 'address' in what) {
                lastAddress = what.address;
                rig.request(what.address, 'x');
              } else if (what.do === 'heartbeat' || what.do === 'disconnect') rig.signal(what.do);
              else if ('frames' in what) rig.receive('broker', what.frames);
            }
            wire();
            if (rig.open.get('broker') !== 'up') registered = false;
            observe();
            expect([...atWork.values()].length).toBeLessThanOrEqual(1);
            expect(rig.worker.busy).toBe(atWork.size === 1);
          }
          // It comes back by itself once the broker behaves.
          rig.refuse = () => false;
          for (const job of atWork.keys()) rig.reply(job, 'x');
          atWork.clear();
          rig.advance(60_000);
          if (rig.open.get('broker') === 'down') rig.up('broker');
          rig.signal('heartbeat');
          observe();
          rig.takeSent();
          rig.request('z', 'x');
          observe();
          expect(rig.worker.busy).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
