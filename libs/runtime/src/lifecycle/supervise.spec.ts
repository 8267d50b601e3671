import { VirtualClock } from '@raspy/clock';
import { silentLogger } from '../log/logger.js';
import { TestHost } from '../testing/test-host.js';
import type { Part } from './executive.js';
import { ExitCode } from './exit-code.js';
import { supervise } from './supervise.js';

function part(overrides: Partial<Part> = {}): Part {
  return { name: 'part', start: () => Promise.resolve(), stop: () => Promise.resolve(), ...overrides };
}
function play(parts: readonly Part[]) {
  const clock = new VirtualClock();
  const host = new TestHost({ clock });
  let onReady: (() => void) | undefined;
  const ready = new Promise<void>((resolve) => {
    onReady = resolve;
  });
  const ended = supervise({ parts, host, clock, logger: silentLogger, ...(onReady && { onReady }) });
  return { clock, host, ready, ended };
}

it('runs until it is asked to end, and then ends well', async () => {
  let stopped = false;
  const { host, ready, ended } = play([part({ stop: () => Promise.resolve(void (stopped = true)) })]);
  await ready;
  expect(stopped).toBe(false);
  host.signal('SIGTERM');
  expect(await ended).toBe(ExitCode.OK);
  expect(stopped).toBe(true);
});

it('ends well when it is asked to while a part still starts', async () => {
  const waiting = part({
    start: (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  });
  const { host, ended } = play([waiting]);
  host.signal('SIGINT');
  expect(await ended).toBe(ExitCode.OK);
});

it('passes on what a part failed to start with', async () => {
  const { ended } = play([part({ start: () => Promise.reject(new Error('taken')) })]);
  await expect(ended).rejects.toThrow('taken');
});

it('takes a signal that comes twice at once, from terminal and parent, for one', async () => {
  let finish: (() => void) | undefined;
  const slow = part({
    stop: () =>
      new Promise((resolve) => {
        finish = resolve;
      }),
  });
  const { clock, host, ready, ended } = play([slow]);
  await ready;
  host.signal('SIGINT');
  clock.advanceBy(100);
  host.signal('SIGINT');
  await clock.advanceByAsync(0);
  finish?.();
  expect(await ended).toBe(ExitCode.OK);
});

it('loses its patience at a second request', async () => {
  const hanging = part({ stop: () => new Promise(() => undefined) });
  const { clock, host, ready, ended } = play([hanging]);
  await ready;
  host.signal('SIGINT');
  await clock.advanceByAsync(400);
  host.signal('SIGINT');
  expect(await ended).toBe(ExitCode.FAILED);
});

it('asks for its deadline when it stops', async () => {
  let given: number | undefined;
  let deadlineMs = 1;
  const slow = part({ stop: (ms) => Promise.resolve(void (given = ms)) });
  const clock = new VirtualClock();
  const host = new TestHost({ clock });
  const ended = supervise({
    parts: [slow],
    host,
    clock,
    logger: silentLogger,
    stopDeadlineMs: () => deadlineMs,
    onReady: () => {
      deadlineMs = 777;
      host.signal('SIGTERM');
    },
  });
  expect(await ended).toBe(ExitCode.OK);
  expect(given).toBe(777);
});

it('ends when a part is lost: stops the others and passes the reason on', async () => {
  let lose: ((reason: Error) => void) | undefined;
  const stopped: string[] = [];
  const stop = (name: string) => () => Promise.resolve(void stopped.push(name));
  const { ready, ended } = play([
    part({ stop: stop('first') }),
    part({ stop: stop('second'), lost: new Promise((resolve) => (lose = resolve)) }),
  ]);
  await ready;
  lose?.(new Error('the name is taken'));
  await expect(ended).rejects.toThrow('the name is taken');
  expect(stopped).toEqual(['second', 'first']);
});

it('logs by what it was asked to end', async () => {
  const logged: unknown[] = [];
  const host = new TestHost();
  const logger = {
    ...silentLogger,
    info: (message: string, fields?: unknown) => void logged.push([message, fields]),
  };
  const ended = supervise({
    parts: [part()],
    host,
    clock: new VirtualClock(),
    logger,
    onReady: () => host.signal('SIGTERM'),
  });
  expect(await ended).toBe(ExitCode.OK);
  expect(logged).toEqual([['stopping', { reason: 'SIGTERM' }]]);
});
