import { MdpOptionError, MmiClient } from '@raspy/mdp-protocol';
import { startTestBus, type TestBus } from '@raspy/mdp-protocol/testing';
import { frameText, textFrame, type Frames } from '@raspy/wire';
import { SettingsClient } from '../client/settings-client.js';
import { TitanicClient } from '../client/titanic-client.js';
import { TitanicOptionError } from '../option-error.js';
import { memoryTitanicStorage } from '../storage/memory-storage.js';
import { clientBus } from './client-bus.js';
import { Titanic } from './titanic.js';
import { startTitanicWorkers, type RunningTitanicWorkers } from './worker-face.js';

let bus: TestBus;
let titanic: Titanic;
let workers: RunningTitanicWorkers;
let client: TitanicClient;
const texts = (frames: Frames): string[] => frames.map((frame) => frameText(frame));
const echo = (): void => void bus.worker({ service: 'echo', handle: (body) => Promise.resolve(body) });

beforeEach(async () => {
  bus = await startTestBus();
  const { clock, endpoint, network: transport } = bus;
  titanic = await Titanic.open({ storage: memoryTitanicStorage(), clock });
  workers = startTitanicWorkers({ endpoint, transport, clock, services: titanic.services });
  titanic.connect(clientBus(bus.client(), { clock }));
  client = new TitanicClient(bus.client(), { clock });
  await bus.advance(0);
});

afterEach(async () => {
  await bus.until(Promise.all([titanic.close(), workers.close()]));
  await bus.close();
});

describe('a Titanic beside its broker', () => {
  it('runs requests by workers that come later', async () => {
    const id = await bus.until(client.submit('echo', ['hello']));
    expect(await bus.until(client.status(id))).toEqual({ state: 'pending' });
    echo();
    expect(texts(await bus.until(client.reply(id)))).toEqual(['hello']);
    await bus.until(client.close(id));
    expect(await bus.until(client.status(id))).toEqual({ state: 'unknown' });
  });

  it('answers a quick service quickly', async () => {
    echo();
    await bus.advance(10);
    const before = bus.clock.now();
    expect(texts(await bus.until(client.run('echo', ['a', 'b'])))).toEqual(['a', 'b']);
    expect(bus.clock.now() - before).toBeLessThan(100);
    expect(titanic.statistics().kept).toBe(0);
  });

  it('takes a key twice for one request', async () => {
    const submit = (): Promise<string> => client.submit('echo', ['x'], { idempotencyKey: 'k' });
    const ids = await bus.until(Promise.all([submit(), submit()]));
    expect(new Set(ids).size).toBe(1);
  });

  it('refuses what makes no sense, and lets expire what is late', async () => {
    const own = client.submit('titanic.request', ['x']);
    await expect(bus.until(own)).rejects.toMatchObject({ code: 'REFUSED', reason: '' });
    const late = client.submit('echo', ['x'], { expiresAt: bus.clock.wallNow() - 1 });
    await expect(bus.until(late)).rejects.toMatchObject({ code: 'REFUSED', reason: 'expired' });
    const expiresAt = new Date(bus.clock.wallNow() + 1_000);
    const run = client.run('echo', ['x'], { expiresAt, onExpire: 'drop' });
    await expect(bus.until(run)).rejects.toMatchObject({ code: 'EXPIRED' });
  });

  it('is waited for while its broker is away', async () => {
    const id = await bus.until(client.submit('echo', ['x']));
    const states: string[] = [];
    client.reply$(id).subscribe(({ state }) => states.push(state));
    await bus.advance(1_000);
    await bus.restartBroker();
    echo();
    await bus.advance(60_000);
    expect(states).toEqual(['pending', 'done']);
  });

  it('notices that the workers of a service have gone, and sends when one is back', async () => {
    const first = bus.worker({ service: 'echo', handle: (body) => Promise.resolve(body) });
    await bus.until(client.run('echo', ['x']));
    await bus.until(first.close());
    const id = await bus.until(client.submit('echo', ['later']));
    await bus.advance(60_000);
    expect(await bus.until(client.status(id))).toEqual({ state: 'pending' });
    echo();
    expect(texts(await bus.until(client.reply(id)))).toEqual(['later']);
  });

  it('serves settings', async () => {
    const settings = new SettingsClient(bus.client());
    await bus.until(settings.set('a', 'b', 'c', textFrame('v')));
    expect(await bus.until(settings.list('a', 'b'))).toEqual(['c']);
  });
});

describe('the workers of a Titanic', () => {
  it('are as many for each name as requests are to share a flush', async () => {
    await bus.advance(1_000);
    expect(workers.ready).toBe(true);
    const { services } = await bus.until(new MmiClient(bus.client()).workers());
    expect(Object.fromEntries(services.map(({ name, idle }) => [name, idle]))).toEqual({
      'titanic.request': 64,
      'titanic.submit': 64,
      'titanic.reply': 16,
      'titanic.close': 16,
      'titanic.store': 16,
      'titanic.admin': 2,
    });
  });

  it('leave the bus when they are closed', async () => {
    await bus.until(workers.close());
    expect(workers.ready).toBe(false);
    expect(await bus.until(new MmiClient(bus.client()).discover('titanic'))).toEqual([]);
  });

  it('are not started where their options have no meaning', async () => {
    await bus.until(workers.close());
    const { clock, endpoint, network: transport } = bus;
    const start = (wrong: object) => () =>
      startTitanicWorkers({ endpoint, transport, clock, services: titanic.services, ...wrong });
    expect(start({ concurrency: { 'titanic.admin': 0 } })).toThrow(TitanicOptionError);
    expect(start({ heartbeatIntervalMs: 0 })).toThrow(MdpOptionError);
    await bus.advance(1_000);
    expect(await bus.until(new MmiClient(bus.client()).discover('titanic'))).toEqual([]);
  });
});
