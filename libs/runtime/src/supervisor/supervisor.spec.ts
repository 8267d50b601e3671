import { VirtualClock } from '@raspy/clock';
import type { Part } from '../lifecycle/executive.js';
import { silentLogger } from '../log/logger.js';
import type { ServerPlan } from './reload-plan.js';
import type { ServerLife, StopOutcome } from './server-life.js';
import { Supervisor, type SupervisorOptions } from './supervisor.js';

const plan = (name: string, more: Partial<ServerPlan> = {}): ServerPlan => ({
  name,
  kind: 'devices',
  isolated: false,
  settings: {},
  ...more,
});
const broker = plan('broker', { kind: 'broker', fixed: true });

/** Servers that a test plays, and what happens to them in its order. */
function play(servers: readonly ServerPlan[], options: Partial<SupervisorOptions> = {}) {
  const clock = new VirtualClock();
  const events: string[] = [];
  const lives = new Map<string, { lose: (reason: Error) => void }>();
  const failing = new Map<string, Error>();
  const slow = new Set<string>();
  const create = ({ name, settings }: ServerPlan): ServerLife => {
    let lose: (reason: Error) => void = () => undefined;
    const lost = new Promise<Error>((resolve) => (lose = resolve));
    lives.set(name, { lose });
    const failure = failing.get(name);
    return {
      pid: undefined,
      lost,
      start: () => {
        events.push(`start ${name}${'n' in settings ? ` ${String(settings['n'])}` : ''}`);
        if (slow.has(name)) return new Promise(() => undefined);
        return failure === undefined ? Promise.resolve() : Promise.reject(failure);
      },
      stop: (deadlineMs) => {
        events.push(`stop ${name} ${deadlineMs}`);
        return Promise.resolve<StopOutcome>('stopped');
      },
      applyDevices: (devices) => {
        events.push(`devices ${name}`);
        if (devices.length > 1) return Promise.reject(new Error('the host did not answer'));
        return Promise.resolve({
          added: devices.map((one) => one.name),
          removed: [],
          changed: [],
          failed: {},
        });
      },
    };
  };
  const door: Part = {
    name: 'door',
    start: () => Promise.resolve(void events.push('open door')),
    stop: () => Promise.resolve(void events.push('shut door')),
  };
  const supervisor = new Supervisor({
    servers,
    maker: { create },
    door,
    clock,
    logger: silentLogger,
    ...options,
  });
  return { clock, events, lives, failing, slow, supervisor };
}
const never = new AbortController().signal;
const statesOf = async (supervisor: Supervisor): Promise<string[]> =>
  (await supervisor.status()).map(({ name, state }) => `${name} ${state}`);

it('starts the broker, then the door, then all others, and stops in reverse within its time', async () => {
  const { events, supervisor } = play([plan('tank'), broker, plan('air')]);
  await supervisor.start(never);
  expect(events).toEqual(['start broker', 'open door', 'start tank', 'start air']);
  expect(await statesOf(supervisor)).toEqual(['broker ready', 'tank ready', 'air ready']);
  events.length = 0;
  await supervisor.stop(1_500);
  expect(events).toEqual(['stop tank 1025', 'stop air 1025', 'stop broker 1400', 'shut door']);
  const stopped = ['tank', 'air', 'broker'].map((server) => ({ server, outcome: 'stopped' }));
  expect(await supervisor.ended).toEqual(stopped);
});

it('gives up when the broker cannot start at first, with its reason', async () => {
  const { events, failing, supervisor } = play([broker, plan('tank')]);
  failing.set('broker', new Error('the port is in use'));
  await expect(supervisor.start(never)).rejects.toThrow('the port is in use');
  expect(events).toEqual(['start broker', 'shut door']);
});

it('goes on when another server cannot start, or takes its time', async () => {
  const { clock, failing, slow, supervisor } = play([broker, plan('tank'), plan('air'), plan('hall')]);
  failing.set('tank', new Error('no bus'));
  slow.add('air');
  const started = supervisor.start(never);
  await clock.advanceByAsync(10_000);
  await started;
  const [, tank, air, hall] = await supervisor.status();
  expect(tank).toMatchObject({ name: 'tank', kind: 'devices', isolated: false, reason: 'no bus' });
  expect(air!.state).toBe('starting');
  expect(hall!.state).toBe('ready');
});

it('restarts a server that is lost, the broker too, and no other', async () => {
  const { clock, events, lives, supervisor } = play([broker, plan('tank')]);
  await supervisor.start(never);
  events.length = 0;
  lives.get('broker')!.lose(new Error('taken'));
  await clock.advanceByAsync(0);
  expect(events).toEqual(['stop broker 5000', 'start broker']);
  expect(await supervisor.status()).toMatchObject([{ restarts: 1, reason: 'taken' }, { restarts: 0 }]);
});

it('stops what it has started when it is asked to end meanwhile', async () => {
  const { clock, events, slow, supervisor } = play([broker, plan('tank')]);
  slow.add('tank');
  const asking = new AbortController();
  const started = supervisor.start(asking.signal);
  const settled = expect(started).rejects.toThrow('enough');
  while (!events.includes('start tank')) await Promise.resolve();
  asking.abort(new Error('enough'));
  // Its server does not notice, and is not waited for too long.
  await clock.advanceByAsync(1_500);
  await settled;
  expect(events.slice(-2)).toEqual(['stop broker 375', 'shut door']);
});

describe('a reload', () => {
  it('does what differs, once each, and tells what it did', async () => {
    const { events, supervisor } = play([broker, plan('tank'), plan('air'), plan('hall', { devices: [] })]);
    await supervisor.start(never);
    events.length = 0;
    const report = await supervisor.reload([
      broker,
      plan('air', { settings: { n: 2 } }),
      plan('hall', { devices: [{ name: 'lamp', oid: 'x.y' }] }),
      plan('new'),
    ]);
    expect(report).toEqual({
      actions: [
        { type: 'stop', server: 'tank' },
        { type: 'restart', server: 'air' },
        {
          type: 'devices',
          server: 'hall',
          devices: { added: ['lamp'], removed: [], changed: [], failed: {} },
        },
        { type: 'start', server: 'new' },
      ],
      needsRestart: [],
    });
    expect(new Set(events)).toEqual(
      new Set(['stop tank 5000', 'stop air 5000', 'start air 2', 'devices hall', 'start new']),
    );
    expect(await statesOf(supervisor)).toEqual(['broker ready', 'air ready', 'hall ready', 'new ready']);
  });

  it('gives servers that died another chance, and makes their next life by the new plan', async () => {
    const { clock, events, failing, supervisor } = play([broker, plan('tank'), plan('air', { devices: [] })]);
    failing.set('tank', new Error('dead'));
    failing.set('air', new Error('dead'));
    await supervisor.start(never);
    await clock.advanceByAsync(20_000);
    expect(await statesOf(supervisor)).toEqual(['broker ready', 'tank quarantined', 'air quarantined']);
    failing.clear();
    events.length = 0;
    const report = await supervisor.reload([
      broker,
      plan('tank'),
      plan('air', { devices: [{ name: 'a', oid: 'x.y' }] }),
    ]);
    expect(report.actions).toEqual([{ type: 'devices', server: 'air' }]);
    await clock.advanceByAsync(0);
    expect(await statesOf(supervisor)).toEqual(['broker ready', 'tank ready', 'air ready']);
    expect(events).toEqual(['start tank', 'start air']);
  });

  it('tells what did not work', async () => {
    const { failing, supervisor } = play([broker, plan('air', { devices: [] })]);
    await supervisor.start(never);
    failing.set('new', new Error('no probe'));
    const devices = [
      { name: 'a', oid: 'x.y' },
      { name: 'b', oid: 'x.y' },
    ];
    const { actions } = await supervisor.reload([broker, plan('air', { devices }), plan('new')]);
    expect(actions).toEqual([
      { type: 'devices', server: 'air', problem: 'the host did not answer' },
      { type: 'start', server: 'new', problem: 'no probe' },
    ]);
  });

  it('is one at a time, and none while the home ends', async () => {
    const { clock, slow, supervisor } = play([broker]);
    await supervisor.start(never);
    slow.add('new');
    const first = supervisor.reload([broker, plan('new')]);
    await expect(supervisor.reload([broker])).rejects.toMatchObject({
      code: 'BUSY',
      message: 'another reload is under way: nothing was changed',
    });
    await clock.advanceByAsync(10_000);
    await first;
    const stopped = supervisor.stop(100);
    await expect(supervisor.reload([broker])).rejects.toThrow('the home is about to stop');
    await clock.advanceByAsync(100);
    await stopped;
  });
});
