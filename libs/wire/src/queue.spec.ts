import fc from 'fast-check';
import { MessageQueue } from './queue.js';

describe('MessageQueue', () => {
  it('gives back in order exactly what it took, and counts messages and bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(50)), { maxLength: 5_000, size: 'max' }), (steps) => {
        const queue = new MessageQueue();
        const model: Buffer[] = [];
        for (const step of steps) {
          if (step === null) expect(queue.shift()?.[0]).toBe(model.shift());
          else {
            const frame = Buffer.alloc(step);
            queue.push([frame]);
            model.push(frame);
          }
          expect(queue.peek()?.[0]).toBe(model[0]);
        }
        expect(queue.length).toBe(model.length);
        expect(queue.bytes).toBe(model.reduce((sum, frame) => sum + frame.length, 0));
      }),
      { numRuns: 20 },
    );
  });

  it('stays in order through thousands of messages with a few waiting', () => {
    const queue = new MessageQueue();
    for (let i = 0; i < 2_000; i++) queue.push([Buffer.from(String(i))]);
    for (let i = 0; i < 10_000; i++) {
      expect(String(queue.shift()?.[0])).toBe(String(i));
      queue.push([Buffer.from(String(i + 2_000))]);
    }
    expect(queue.length).toBe(2_000);
  });

  it('refuses at its bounds', () => {
    const queue = new MessageQueue();
    expect(queue.offer([Buffer.alloc(10)], 2, 100)).toBe(true);
    expect(queue.offer([Buffer.alloc(90)], 2, 100)).toBe(true);
    expect(queue.offer([Buffer.alloc(1)], 2, 1_000)).toBe(false);
    expect(queue.offer([Buffer.alloc(1)], 3, 100)).toBe(false);
    expect(queue.length).toBe(2);
  });
});
