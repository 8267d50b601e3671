import { EventEmitter } from 'node:events';
import { main, nodeHost, outputOf, parentOf, shortName } from './node-host.js';

// A host listens as long as its process lives, and here there are several.
const before = process.stdout.listeners('error');
afterEach(() => {
  for (const listener of process.stdout.listeners('error'))
    if (!before.includes(listener)) process.stdout.off('error', listener as () => void);
});

it.each([
  ['pi', 'pi'],
  ['pi.garden.example', 'pi'],
  ['my pi!', 'my-pi-'],
  ['', 'localhost'],
  ['.example', 'localhost'],
])('makes a name for the bus of host %j: %j', (name, short) => {
  expect(shortName(name)).toBe(short);
});

it('hands the process over as parameters', () => {
  const host = nodeHost();
  expect(host.argv).toEqual(process.argv.slice(2));
  expect(host.pid).toBe(process.pid);
  expect(typeof host.stdout.isTTY).toBe('boolean');
  expect(typeof host.stdout.columns).toBe('number');
  expect(typeof host.stderr.rows).toBe('number');
});

it('talks with the process that started it, and notices when that is gone', async () => {
  const sent: unknown[] = [];
  const child = Object.assign(new EventEmitter(), {
    connected: true,
    send: (message: unknown, _handle: unknown, _options: unknown, done: () => void): boolean => {
      sent.push(message);
      done();
      return true;
    },
  });
  const parent = parentOf(child as unknown as NodeJS.Process);
  await parent.send({ type: 'hello' });
  expect(sent).toEqual([{ type: 'hello' }]);
  const got: unknown[] = [];
  parent.onMessage((message) => got.push(message));
  child.emit('message', { type: 'ping' });
  expect(got).toEqual([{ type: 'ping' }]);
  child.connected = false;
  child.emit('disconnect');
  await parent.gone;
  await parent.send({ type: 'pong' });
  expect(sent).toHaveLength(1);
  await parentOf(child as unknown as NodeJS.Process).gone;
});

it('is told of signals, and of a reader that went away, until it listens no longer', () => {
  const names: string[] = [];
  const stop = nodeHost().onSignal((name) => void names.push(name));
  process.emit('SIGHUP', 'SIGHUP');
  process.stdout.emit('error', Object.assign(new Error('gone'), { code: 'EPIPE' }));
  stop();
  expect(names).toEqual(['SIGHUP', 'EPIPE']);
  expect(process.listenerCount('SIGHUP')).toBe(0);
});

it.each([
  ['xterm', true, true],
  ['dumb', true, false],
  ['', true, false],
  [undefined, true, false],
  ['xterm', false, false],
])('with TERM=%s and a terminal %s, a person sees lines change: %s', (TERM, isTTY, expected) => {
  expect(outputOf({ write: () => true, isTTY }, { TERM }).isTTY).toBe(expected);
});

describe('main', () => {
  afterEach(() => jest.restoreAllMocks());

  function exitCode(): Promise<unknown> {
    return new Promise((resolve) => {
      jest.spyOn(process, 'exit').mockImplementation((code) => {
        resolve(code);
        return undefined as never;
      });
    });
  }

  it('ends the process with the exit code of its program', async () => {
    const code = exitCode();
    jest.spyOn(process.stdout, 'write').mockImplementation((...args: unknown[]) => {
      (args.at(-1) as () => void)();
      return true;
    });
    main(() => Promise.resolve(3));
    expect(await code).toBe(3);
  });

  it('ends it with 1 and the trace when the program rejects', async () => {
    const code = exitCode();
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    main(() => Promise.reject(new Error('broken')));
    expect(await code).toBe(1);
    expect(String(written.mock.calls[0]![0])).toMatch(/^Error: broken\n/);
  });
});
