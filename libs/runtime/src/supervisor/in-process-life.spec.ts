import { VirtualClock } from '@raspy/clock';
import { silentLogger } from '../log/logger.js';
import { InProcessLife } from './in-process-life.js';

const well = { name: 'part', start: () => Promise.resolve(), stop: () => Promise.resolve() };

function lifeOf(...parts: ConstructorParameters<typeof InProcessLife>[0]['parts']) {
  const clock = new VirtualClock();
  return { clock, life: new InProcessLife({ parts, clock, logger: silentLogger }) };
}

it('starts its parts, is lost with any of them, and stops them', async () => {
  const stopped: string[] = [];
  const { life } = lifeOf(
    { ...well, stop: () => Promise.resolve(void stopped.push('first')) },
    { ...well, lost: Promise.resolve(new Error('taken')) },
  );
  await life.start();
  expect((await life.lost).message).toBe('taken');
  expect(await life.stop(100)).toBe('stopped');
  expect(stopped).toEqual(['first']);
});

it('is stopped while it starts', async () => {
  const { life } = lifeOf({
    ...well,
    start: (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  });
  const started = life.start();
  const settled = expect(started).rejects.toThrow('the server is stopped');
  expect(await life.stop(100)).toBe('stopped');
  await settled;
});

it('leaves behind what does not stop, or does not notice that it should not start', async () => {
  const hanging = lifeOf({ ...well, stop: () => new Promise(() => undefined) });
  await hanging.life.start();
  const stopped = hanging.life.stop(100);
  await hanging.clock.advanceByAsync(100);
  expect(await stopped).toBe('left behind');
  const deaf = lifeOf({ ...well, start: () => new Promise(() => undefined) });
  void deaf.life.start();
  const given = deaf.life.stop(100);
  await deaf.clock.advanceByAsync(100);
  expect(await given).toBe('left behind');
});
