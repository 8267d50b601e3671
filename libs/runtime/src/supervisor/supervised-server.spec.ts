import { VirtualClock } from '@raspy/clock';
import { SettingsError } from '../config/settings-error.js';
import { silentLogger } from '../log/logger.js';
import type { ServerLife, StopOutcome } from './server-life.js';
import { SupervisedServer, type SupervisedServerOptions } from './supervised-server.js';

/** A life that a test plays. */
class PlayedLife implements ServerLife {
  pid: number | undefined = 42;
  readonly lost: Promise<Error>;
  serve: () => void = () => undefined;
  fail: (reason: Error) => void = () => undefined;
  lose: (reason: Error) => void = () => undefined;
  started = false;
  stops = 0;
  outcome: StopOutcome = 'stopped';
  hangs = false;

  constructor() {
    this.lost = new Promise((resolve) => (this.lose = resolve));
  }

  start(): Promise<void> {
    this.started = true;
    return new Promise((resolve, reject) => {
      this.serve = resolve;
      this.fail = reject;
    });
  }

  stop(): Promise<StopOutcome> {
    this.stops++;
    if (this.hangs) return new Promise(() => undefined);
    this.fail(new Error('stopped'));
    return Promise.resolve(this.outcome);
  }
}

function play(options: Partial<SupervisedServerOptions> = {}) {
  const clock = new VirtualClock();
  const lives: PlayedLife[] = [];
  const logged: string[] = [];
  const told = (level: string) => (message: string) => void logged.push(`${level}: ${message}`);
  const server = new SupervisedServer({
    name: 'tank',
    create: () => {
      lives.push(new PlayedLife());
      return lives.at(-1)!;
    },
    clock,
    logger: { ...silentLogger, warn: told('warn'), error: told('error') },
    ...options,
  });
  const settle = (ms = 0): Promise<void> => clock.advanceByAsync(ms);
  /** The life of now dies; the next one comes when it is due. */
  const die = async (): Promise<void> => {
    lives.at(-1)!.serve();
    await settle();
    lives.at(-1)!.lose(new Error('its process ended: SIGKILL'));
    await settle();
  };
  return { clock, lives, logged, server, settle, die };
}

it('serves, and tells since when', async () => {
  const { lives, server, settle } = play();
  const begun = server.begin();
  await settle(1_000);
  expect(server.status()).toMatchObject({ state: 'starting', pid: 42, restarts: 0, reason: undefined });
  lives[0]!.serve();
  await begun;
  expect(server.status()).toMatchObject({
    state: 'ready',
    since: Date.UTC(2026, 0, 1, 0, 0, 1),
    restarts: 0,
  });
});

it('comes back at once when it is lost, and frees what it had before', async () => {
  const { lives, logged, server, settle, die } = play();
  void server.begin();
  await settle();
  await die();
  expect(lives).toHaveLength(2);
  expect(lives[0]!.stops).toBe(1);
  expect(server.status()).toMatchObject({
    state: 'starting',
    restarts: 1,
    reason: 'its process ended: SIGKILL',
  });
  expect(logged).toEqual(['warn: tank has ended, and is started again now: its process ended: SIGKILL']);
});

it('tells whoever waits that its first life could not start, and goes on trying', async () => {
  const { lives, server, settle } = play();
  const begun = server.begin();
  await settle();
  lives[0]!.fail(new Error('the name is taken'));
  await expect(begun).rejects.toThrow('the name is taken');
  await settle();
  lives[1]!.fail(new Error('still'));
  await settle();
  expect(server.status()).toMatchObject({ state: 'waiting', restartInMs: 1_000, reason: 'still' });
  await settle(1_000);
  expect(lives).toHaveLength(3);
});

it('takes a life that cannot be made for one that died', async () => {
  const { server, settle } = play({ create: () => Promise.reject(new Error('no module')) });
  await expect(server.begin()).rejects.toThrow('no module');
  await settle();
  expect(server.status()).toMatchObject({ state: 'waiting', reason: 'no module' });
  await server.stop(100);
});

it('is quarantined when it keeps dying, is tried again after ten minutes, and comes back when it is pardoned', async () => {
  const { lives, logged, server, settle, die } = play();
  void server.begin();
  await settle();
  for (const delay of [0, 1_000, 2_000, 4_000, 0]) {
    await die();
    await settle(delay);
  }
  expect(lives).toHaveLength(5);
  expect(server.status()).toMatchObject({ state: 'quarantined', restartInMs: 600_000 });
  expect(logged.at(-1)).toMatch(/^error: tank keeps dying and is quarantined: the next try is in 600 s/);
  await settle(600_000);
  expect(lives).toHaveLength(6);
  await die();
  expect(server.status()).toMatchObject({ state: 'quarantined', restarts: 5 });
  server.pardon();
  await settle();
  expect(lives).toHaveLength(7);
  expect(server.status().restartInMs).toBeUndefined();
  await die();
  expect(lives).toHaveLength(8);
});

it('makes safe what it drives when it comes into quarantine, by a life that serves nobody', async () => {
  const safe: PlayedLife[] = [];
  const { lives, logged, server, settle, die } = play({
    createSafe: () => {
      safe.push(new PlayedLife());
      return safe.at(-1)!;
    },
  });
  void server.begin();
  await settle();
  for (const delay of [0, 1_000, 2_000, 4_000, 0]) {
    await die();
    await settle(delay);
  }
  expect(safe).toHaveLength(1);
  expect(server.status()).toMatchObject({ state: 'quarantined', pid: 42 });
  safe[0]!.serve();
  await settle();
  expect(safe[0]!.stops).toBe(1);
  expect(server.status().pid).toBeUndefined();
  expect(logged.at(-1)).toBe('warn: the outputs of tank are in their safe state');
  // The next one cannot be made safe either; it is given up, and the server is tried again all the same.
  await settle(600_000);
  await die();
  expect(safe).toHaveLength(2);
  await settle(30_000);
  expect(safe[1]!.stops).toBe(1);
  expect(logged.at(-1)).toBe('error: the outputs of tank could not be made safe: it takes too long');
  server.pardon();
  await settle();
  expect(lives).toHaveLength(7);
});

it('is pardoned also while it is made safe', async () => {
  const safe = new PlayedLife();
  const { lives, server, settle, die } = play({ createSafe: () => safe });
  void server.begin();
  await settle();
  for (const delay of [0, 1_000, 2_000, 4_000, 0]) {
    await die();
    await settle(delay);
  }
  server.pardon();
  safe.serve();
  await settle();
  expect(lives).toHaveLength(6);
});

it('is not tried again when its settings are wrong, until it is pardoned', async () => {
  const { lives, logged, server, settle } = play();
  void server.begin().catch(() => undefined);
  await settle();
  lives[0]!.fail(new SettingsError([{ where: 'plugins of tank', problem: 'not installed' }]));
  await settle(10_000_000);
  expect(lives).toHaveLength(1);
  expect(server.status()).toMatchObject({
    state: 'failed',
    restartInMs: undefined,
    reason: 'plugins of tank: not installed',
  });
  expect(logged.at(-1)).toMatch(/^error: tank cannot start, and is not tried again before raspy reload/);
  server.pardon();
  await settle();
  expect(lives).toHaveLength(2);
});

it('passes devices on to the life that serves, and to no other', async () => {
  const changes = { added: ['lamp'], removed: [], changed: [], failed: {} };
  const { lives, server, settle } = play();
  void server.begin();
  await settle();
  expect(await server.applyDevices([])).toBeUndefined();
  Object.assign(lives[0]!, { applyDevices: () => Promise.resolve(changes) });
  lives[0]!.serve();
  await settle();
  expect(await server.applyDevices([])).toBe(changes);
});

describe('when it is stopped', () => {
  it('ends its life, whatever state it is in, and tells how', async () => {
    const serving = play();
    void serving.server.begin();
    await serving.settle();
    serving.lives[0]!.serve();
    await serving.settle();
    serving.lives[0]!.outcome = 'killed';
    expect(await serving.server.stop(1_000)).toBe('killed');
    expect(serving.server.status()).toMatchObject({ state: 'stopped', pid: undefined });

    const starting = play();
    const begun = starting.server.begin();
    await starting.settle();
    expect(await starting.server.stop(1_000)).toBe('stopped');
    await expect(begun).rejects.toThrow('tank was stopped before it served');

    const waiting = play();
    void waiting.server.begin();
    await waiting.settle();
    for (let deaths = 0; deaths < 2; deaths++) await waiting.die();
    expect(waiting.server.status().state).toBe('waiting');
    expect(await waiting.server.stop(1_000)).toBe('stopped');
    await waiting.settle(1_000_000);
    expect(waiting.lives).toHaveLength(2);
  });

  it('ends what makes it safe', async () => {
    const safe = new PlayedLife();
    const { server, settle, die } = play({ createSafe: () => safe });
    void server.begin();
    await settle();
    for (const delay of [0, 1_000, 2_000, 4_000, 0]) {
      await die();
      await settle(delay);
    }
    expect(safe.started).toBe(true);
    await server.stop(1_000);
    expect(safe.stops).toBe(1);
  });

  it('does not wait for longer than it may', async () => {
    const { server, settle } = play({ create: () => new Promise(() => undefined) });
    void server.begin().catch(() => undefined);
    await settle();
    const stopped = server.stop(1_000);
    await settle(1_000);
    expect(await stopped).toBe('stopped');
  });

  it('starts no life that was being made', async () => {
    let made: ((life: ServerLife) => void) | undefined;
    const life = new PlayedLife();
    const { server, settle } = play({ create: () => new Promise((resolve) => (made = resolve)) });
    void server.begin().catch(() => undefined);
    await settle();
    const stopped = server.stop(1_000);
    made?.(life);
    await stopped;
    expect(life.started).toBe(false);
  });
});
