import { VirtualClock } from '@raspy/clock';
import fc from 'fast-check';
import { ChildLife } from './child-life.js';
import type { ChildPort } from './child-port.js';
import { readFromHost, type ToHost } from './host-protocol.js';

/** A process that a test plays. */
class PlayedChild implements ChildPort {
  pid: number | undefined = 4712;
  readonly got: ToHost[] = [];
  readonly signals: string[] = [];
  say: (message: unknown) => void = () => undefined;
  end: (how: string) => void = () => undefined;
  endsBy: 'stop' | 'SIGTERM' | 'SIGKILL' = 'stop';

  send(message: ToHost): void {
    this.got.push(message);
    if (message.type === 'stop' && this.endsBy === 'stop') this.end('exit code 0');
  }
  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.signals.push(signal);
    if (signal === this.endsBy || signal === 'SIGKILL') this.end(signal);
  }
  onMessage(handler: (message: unknown) => void): void {
    this.say = handler;
  }
  onEnd(handler: (how: string) => void): void {
    this.end = handler;
  }
}

function play(mode?: 'serve' | 'safe') {
  const clock = new VirtualClock();
  const child = new PlayedChild();
  const settings = { name: 'tank' };
  const life = new ChildLife({
    spawn: () => child,
    settings,
    clock,
    ...(mode !== undefined && { mode }),
  });
  return { clock, child, life, settings };
}
async function serving() {
  const played = play();
  const started = played.life.start();
  played.child.say({ type: 'hello' });
  played.child.say({ type: 'ready' });
  await started;
  return played;
}

it('tells the host what to serve when it says hello, and serves when that says so', async () => {
  const { child, life, settings } = play();
  expect(life.pid).toBeUndefined();
  const started = life.start();
  expect(life.pid).toBe(4712);
  expect(child.got).toEqual([]);
  child.say({ type: 'hello' });
  expect(child.got).toEqual([{ type: 'begin', settings, mode: 'serve' }]);
  child.say({ type: 'ready' });
  await started;
});

it('is lost when the process ends, with how', async () => {
  const { child, life } = await serving();
  child.end('SIGKILL');
  expect(await life.lost).toMatchObject({ code: 'HOST_ENDED', message: 'its process ended: SIGKILL' });
  expect(life.pid).toBeUndefined();
  expect(await life.stop(1_000)).toBe('stopped');
});

it('cannot start when the process ends before, and says why if the process did', async () => {
  const silent = play();
  const started = silent.life.start();
  silent.child.end('exit code 1');
  await expect(started).rejects.toThrow('its process ended: exit code 1');

  const talking = play('safe');
  const failed = talking.life.start();
  talking.child.say({ type: 'hello' });
  talking.child.say({ type: 'failed', failure: { code: 'ENVIRONMENT', message: 'the name is taken' } });
  talking.child.end('exit code 3');
  await expect(failed).rejects.toMatchObject({ code: 'ENVIRONMENT', message: 'the name is taken' });

  const mistaken = play();
  const refused = mistaken.life.start();
  const problems = [{ where: 'plugins', problem: 'none' }];
  mistaken.child.say({ type: 'failed', failure: { code: 'SETTINGS', message: '', problems } });
  mistaken.child.end('exit code 2');
  await expect(refused).rejects.toMatchObject({ code: 'SETTINGS', problems });
});

it('does not mind what a plugin says by the same channel', async () => {
  const { child, life } = await serving();
  for (const message of [
    null,
    7,
    'x',
    {},
    { type: 'failed' },
    { type: 'failed', failure: {} },
    { type: 'devices' },
  ]) {
    child.say(message);
  }
  child.say({ type: 'devices', id: 1, changes: { added: 1 } });
  child.end('exit code 1');
  expect((await life.lost).message).toBe('its process ended: exit code 1');
  fc.assert(fc.property(fc.anything(), (message) => void readFromHost(message)));
});

describe('a process that hangs', () => {
  it('is killed when it gives no sign of life for half a minute', async () => {
    const { clock, child, life } = await serving();
    for (let beats = 0; beats < 10; beats++) {
      clock.advanceBy(10_000);
      child.say({ type: 'pong' });
    }
    expect(child.got.filter(({ type }) => type === 'ping')).toHaveLength(10);
    expect(child.signals).toEqual([]);
    clock.advanceBy(29_999);
    expect(child.signals).toEqual([]);
    clock.advanceBy(1);
    expect(child.signals).toEqual(['SIGKILL']);
    expect(await life.lost).toMatchObject({
      message: 'its process gave no sign of life for 30 s, and was killed',
    });
    expect(clock.nextAt).toBe(Infinity);
  });

  it('is killed when it never says hello', async () => {
    const { clock, child, life } = play();
    const started = life.start();
    clock.advanceBy(60_000);
    await expect(started).rejects.toThrow('its process gave no sign of life for 60 s, and was killed');
    expect(child.signals).toEqual(['SIGKILL']);
  });
});

describe('when it is stopped', () => {
  it('is asked, and told its time', async () => {
    const { child, life } = await serving();
    expect(await life.stop(1_000)).toBe('stopped');
    expect(child.got.at(-1)).toEqual({ type: 'stop', deadlineMs: 700 });
    expect(child.signals).toEqual([]);
  });
  it('gets SIGTERM when it does not obey', async () => {
    const { clock, child, life } = await serving();
    child.endsBy = 'SIGTERM';
    const stopped = life.stop(1_000);
    clock.advanceBy(700);
    expect(await stopped).toBe('terminated');
    expect(clock.nextAt).toBe(Infinity);
  });
  it('is killed before its deadline when it obeys nobody', async () => {
    const { clock, child, life } = await serving();
    child.endsBy = 'SIGKILL';
    const stopped = life.stop(1_000);
    clock.advanceBy(899);
    expect(child.signals).toEqual(['SIGTERM']);
    clock.advanceBy(1);
    expect(await stopped).toBe('killed');
    expect(child.signals).toEqual(['SIGTERM', 'SIGKILL']);
  });
  it('does so while it starts, and the start ends', async () => {
    const { life } = play();
    const started = life.start();
    const settled = expect(started).rejects.toThrow('its process ended: exit code 0');
    expect(await life.stop(1_000)).toBe('stopped');
    await settled;
  });
  it('has nothing to do before', async () => {
    expect(await play().life.stop(1_000)).toBe('stopped');
  });
});

describe('a new list of devices', () => {
  const changes = { added: [], removed: ['lamp'], changed: [], failed: {} };
  it('goes to the host, and its answer comes back', async () => {
    const { child, life } = await serving();
    const applied = life.applyDevices([]);
    expect(child.got.at(-1)).toEqual({ type: 'devices', id: 1, devices: [] });
    child.say({ type: 'devices', id: 7, changes });
    child.say({ type: 'devices', id: 1, changes });
    expect(await applied).toEqual(changes);
  });
  it('is not waited for when the host ends, or does not answer', async () => {
    const { clock, child, life } = await serving();
    const silent = life.applyDevices([]);
    for (let beats = 0; beats < 3; beats++) {
      child.say({ type: 'pong' });
      clock.advanceBy(10_000);
    }
    await expect(silent).rejects.toMatchObject({ code: 'HOST_SILENT' });
    const applied = life.applyDevices([]);
    child.end('SIGSEGV');
    await expect(applied).rejects.toThrow('its process ended: SIGSEGV');
  });
});
