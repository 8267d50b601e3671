import { VirtualClock } from '@raspy/clock';
import { ProcessStatistics } from './process-statistics.js';

const clock = new VirtualClock();
let statistics: ProcessStatistics;
beforeEach(() => void (statistics = new ProcessStatistics(clock)));
afterEach(() => statistics.close());

const worst = () => Number(statistics.read()['process.loopDelay.max']);

/** Keeps the loop from going on until that has been noticed: it is sampled from some turn on. */
async function block(ms: number): Promise<void> {
  const before = worst();
  while (worst() === before) {
    const end = performance.now() + ms;
    while (performance.now() < end);
    await new Promise(setImmediate);
  }
}

it('tells how late the loop was in this minute and the one before, whoever asks how often', async () => {
  expect(worst()).toBe(0);
  await block(200);
  const late = worst();
  expect(late).toBeGreaterThan(0.1);
  expect(worst()).toBe(late);
  await clock.advanceByAsync(60_000);
  expect([worst(), worst()]).toEqual([late, late]);
  await clock.advanceByAsync(59_000);
  expect(worst()).toBe(late);
  await clock.advanceByAsync(1_000);
  worst();
  expect(worst()).toBeLessThan(late);
});

it('tells what the process takes', () => {
  expect(statistics.read()).toMatchObject({
    'process.residentBytes': expect.any(Number) as number,
    'process.cpu': expect.any(Number) as number,
    'process.uptime': expect.any(Number) as number,
  });
});
