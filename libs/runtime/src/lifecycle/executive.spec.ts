import { VirtualClock } from '@raspy/clock';
import { silentLogger } from '../log/logger.js';
import { Executive, type Part } from './executive.js';

function play(...names: (string | Partial<Part>)[]) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const parts = names.map((given): Part => {
    const { name = '?', ...rest } = typeof given === 'string' ? { name: given } : given;
    return {
      name,
      start: () => Promise.resolve(void told.push(`start ${name}`)),
      stop: (deadlineMs) => Promise.resolve(void told.push(`stop ${name} ${deadlineMs}`)),
      ...rest,
    };
  });
  const logger = {
    ...silentLogger,
    warn: (message: string) => void told.push(message),
    error: (message: string) => void told.push(message),
  };
  return { clock, told, executive: new Executive({ parts, clock, logger }) };
}
const never = new AbortController().signal;

it('starts its parts in order and stops them in reverse, within one deadline', async () => {
  const { told, executive } = play('a', 'b', 'c');
  await executive.start(never);
  await executive.stop(1_000);
  expect(told).toEqual(['start a', 'start b', 'start c', 'stop c 600', 'stop b 800', 'stop a 1000']);
});

it('stops what has started, and nothing else, when a part fails to start', async () => {
  const failing = { name: 'b', start: () => Promise.reject(new Error('no')) };
  const { told, executive } = play('a', failing, 'c');
  await expect(executive.start(never)).rejects.toThrow('no');
  expect(told).toEqual(['start a', 'stop a 5000']);
});

it('starts nothing more when it is asked to end meanwhile', async () => {
  const ending = new AbortController();
  const aborting = {
    name: 'a',
    start: () => {
      ending.abort(new Error('enough'));
      return Promise.resolve();
    },
  };
  const { told, executive } = play(aborting, 'b');
  await expect(executive.start(ending.signal)).rejects.toThrow('enough');
  expect(told).toEqual(['stop a 5000']);
});

it('leaves a part behind that does not stop in time, and gives the others theirs', async () => {
  const hanging = {
    name: 'b',
    start: () => Promise.resolve(),
    stop: () => new Promise<void>(() => undefined),
  };
  const { clock, told, executive } = play('a', hanging, 'c');
  await executive.start(never);
  const stopped = executive.stop(1_000);
  await clock.advanceByAsync(799);
  expect(told.slice(2)).toEqual(['stop c 600']);
  await clock.advanceByAsync(1);
  await stopped;
  expect(told.slice(3)).toEqual(['b did not stop within 800 ms and is left behind', 'stop a 200']);
});

it('goes on when a part fails to stop', async () => {
  const failing = { name: 'b', start: () => Promise.resolve(), stop: () => Promise.reject(new Error('no')) };
  const { told, executive } = play('a', failing);
  await executive.start(never);
  await executive.stop();
  expect(told.slice(1)).toEqual(['b failed to stop', 'stop a 5000']);
});

it('stops once', async () => {
  const { told, executive } = play('a');
  await executive.start(never);
  await Promise.all([executive.stop(), executive.stop()]);
  expect(told.filter((line) => line.startsWith('stop'))).toHaveLength(1);
});
