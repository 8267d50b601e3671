import { systemClock } from '@raspy/clock';
import { KvClient } from '@raspy/kv-clone';
import { MdpWorker, serviceClient, startBroker } from '@raspy/mdp-protocol';
import { frameText, textFrame, type Frames } from '@raspy/wire';
import { firstValueFrom, mergeMap } from 'rxjs';
import { CoreBench, type CoreBenchOptions } from '../../test/core-bench.js';
import { kvClientEndpoints } from '../server/endpoint.js';
import type { CoreServer } from './core-server.js';
import { cronService } from './cron-service.js';

const ENDPOINT = 'tcp://127.0.0.1:5514';
const never = new AbortController().signal;

let bench: CoreBench;
beforeEach(async () => {
  bench = new CoreBench();
  await bench.open();
});
afterEach(() => bench.close());

type Values = CoreBenchOptions['values'];
const composed = (values: Values = {}): CoreServer => bench.composed({ values });
const start = (values: Values = {}): Promise<CoreServer> => bench.start({ values });

/** Serves a name; what came in, with `reply` for an answer. */
function serve(service: string, reply: string[]): { got: string[][]; next: Promise<string[]> } {
  const got: string[][] = [];
  let came: (frames: string[]) => void = () => undefined;
  const next = new Promise<string[]>((resolve) => (came = resolve));
  const worker = new MdpWorker({
    endpoint: ENDPOINT,
    transport: bench.network,
    service,
    handle: (body: Frames) => {
      got.push(body.map(frameText));
      came(got.at(-1)!);
      return Promise.resolve(reply.map(textFrame));
    },
  });
  bench.closing(() => worker.close());
  return { got, next };
}

const ask = async (...body: string[]): Promise<string[]> =>
  (await bench.client.request('pi.core.cron', body)).map(frameText);
const cron = () => serviceClient(cronService, bench.client, 'pi.core.cron');
const bell = { name: 'bell', when: { everySeconds: 3_600 } };

it('answers the actions of PROTOCOLS §7, status last', async () => {
  await start();
  expect(await ask('list_keys')).toEqual(['', '200']);
  expect(await ask('add', JSON.stringify(bell))).toEqual(['200']);
  expect(await ask('add', JSON.stringify({ name: 'a', when: { sun: 'sunset' } }))).toEqual(['200']);
  expect(await ask('list_keys')).toEqual(['a|bell', '200']);
  expect(await cron().list()).toMatchObject([{ name: 'a' }, { name: 'bell', running: 0 }]);
  expect(await cron().info('bell')).toMatchObject({ job: { when: { everySeconds: 3_600 }, missed: 'skip' } });
  expect(await ask('update', JSON.stringify({ ...bell, title: 'Bell' }))).toEqual(['200']);
  expect(await ask('enable', 'bell', 'false')).toEqual(['200']);
  expect(await cron().info('bell')).toMatchObject({ job: { title: 'Bell' }, held: 'disabled' });
  expect(await ask('enable', 'bell')).toEqual(['200']);
  expect(await cron().next('bell')).toMatchObject({ runs: { length: 5 } });
  expect(await cron().next('bell', 2)).toMatchObject({ runs: { length: 2 } });
  expect(await cron().run('bell')).toMatchObject({ outcome: 'done', why: 'by hand' });
  expect(await ask('remove', 'bell')).toEqual(['200']);
  expect(await ask('dance')).toEqual(['501']);
  expect((await bench.client.request('pi.core.mmi', ['status'])).map(frameText)).toEqual(['200']);
  const [all] = (await bench.client.request('pi.core.statistics', ['all'])).map(frameText);
  expect(JSON.parse(all!)).toMatchObject({ 'cron.jobs': 1, 'cron.runs.begun': 1 });
});

it.each([
  [['info', 'none'], 'there is no job "none"', '404'],
  [['remove', 'none'], 'there is no job "none"', '404'],
  [['add', '{'], 'argument "job"', '400'],
  [['add', '7'], 'is no JSON object', '400'],
  [['enable', 'none', '1'], 'enabled is true or false', '400'],
  [['next', 'none', '0'], 'count is a whole number from 1 to 1000', '400'],
  [['next', 'none', '"x"'], 'count is a whole number from 1 to 1000', '400'],
  [['preview', '{"cron":"0 7 * * *"}', '0'], 'count is a whole number from 1 to 1000', '400'],
  [['info'], 'argument "job" is missing', '400'],
])('answers %j with a reason and a status', async (body, reason, status) => {
  await start();
  const reply = await ask(...body);
  expect(reply).toHaveLength(2);
  expect(reply[0]).toContain(reason);
  expect(reply[1]).toBe(status);
});

it('tells all mistakes of a job, with the position in an expression', async () => {
  await start();
  const wrong = { name: 'a b', when: { cron: '0 7 32 * *' }, overlap: 'no' };
  const [reason, status] = await ask('add', JSON.stringify(wrong));
  expect(status).toBe('400');
  for (const part of ['name: ', 'overlap: ']) expect(reason).toContain(part);
  const [position] = await ask('add', JSON.stringify({ ...wrong, name: 'a', overlap: 'skip' }));
  expect(position).toContain('when.cron: character 5 of "0 7 32 * *"');
});

it('previews what is no job yet, by its own time zone and place', async () => {
  await start();
  const preview = (when: object, count?: number) =>
    count === undefined ? cron().preview(when) : cron().preview(when, count);
  expect(await preview({ cron: '0 7 * * *' })).toMatchObject({
    runs: Array.from({ length: 5 }, () => ({
      local: expect.stringMatching(/T07:00:00\+0[12]:00$/) as string,
    })),
  });
  expect(await preview({ sun: 'sunset' }, 2)).toMatchObject({ runs: { length: 2 } });
  const [reason, status] = await ask('preview', '{"cron":"0 7 32 * *"}');
  expect([reason, status]).toEqual([expect.stringContaining('character 5 of "0 7 32 * *"'), '400']);
  expect(await ask('list_keys')).toEqual(['', '200']);
});

it('tells the tree of a run, and sends a device command once, with its lease', async () => {
  await start();
  const tank = serve('pi.tank.devices', ['{"lease":"l","leaseMs":5000}', '200']);
  const tree = new KvClient({
    endpoints: kvClientEndpoints(ENDPOINT, 0),
    subtree: 'event',
    transport: bench.network,
  });
  bench.closing(() => tree.close());
  // It may be there before the picture is, or after.
  const event = firstValueFrom(
    tree
      .watch('/event/cron/')
      .pipe(
        mergeMap((change) =>
          change.type === 'snapshot' ? change.entries : change.type === 'set' ? [change.entry] : [],
        ),
      ),
  );
  const command = {
    service: 'pi.tank.devices',
    device: 'heater',
    name: 'set',
    args: { on: true },
    leaseMs: 5_000,
  };
  await cron().add({ ...bell, does: { command } });
  const run = (await cron().run('bell')) as Record<string, unknown>;
  expect(run).toMatchObject({ outcome: 'done', result: { lease: 'l' } });
  expect(tank.got).toEqual([['exec', 'heater', 'set', '{"on":true}', 'RSPY1{"leaseMs":5000}']]);
  const { due, at, why } = run;
  const { key, body } = await event;
  expect(key).toBe('/event/cron/bell');
  expect(JSON.parse(frameText(body))).toEqual({ due, at, why, run: run['run'] });
});

it('waits for a device server that is not there yet, and gives up in time', async () => {
  await start();
  const command = { service: 'pi.tank.devices', device: 'heater', name: 'set' };
  await cron().add({ ...bell, does: { command: { ...command, timeoutMs: 300 } } });
  expect(await cron().run('bell')).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('the request was not sent') as string,
  });
  await cron().update({ ...bell, does: { command } });
  const run = cron().run('bell');
  const tank = serve('pi.tank.devices', ['null', '200']);
  expect(await run).toMatchObject({ outcome: 'done' });
  expect(tank.got).toHaveLength(1);
});

it('tells why a device refused', async () => {
  await start();
  serve('pi.tank.devices', ['"heater" is guarded', '500']);
  const command = { service: 'pi.tank.devices', device: 'heater', name: 'set' };
  await cron().add({ ...bell, does: { command } });
  expect(await cron().run('bell')).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('"heater" is guarded') as string,
  });
});

it('gives Titanic a durable request', async () => {
  await start();
  const printer = serve('pi.report.print', ['200']);
  const request = { service: 'pi.report.print', body: ['daily'], expiresAfterMs: 60_000 };
  await cron().add({ ...bell, does: { request } });
  const run = (await cron().run('bell')) as { result: { request: string } };
  expect(run.result.request).toMatch(/^[0-9a-f]{32}$/);
  expect((await printer.next)[0]).toBe('daily');
});

it('does not run jobs beside another core server of the home', async () => {
  await start();
  await cron().add(bell);
  await start({ hostname: 'pi2' });
  const reply = (await bench.client.request('pi2.core.cron', ['list_keys'])).map(frameText);
  expect(reply[0]).toContain('decides for this home already');
  expect(reply[1]).toBe('500');
  expect((await bench.client.request('pi2.core.mmi', ['status'])).map(frameText)).toEqual(['500']);
});

it('refuses to start beside a server of its name, and leaves nothing behind', async () => {
  await start();
  const second = composed();
  await expect(second.start(never)).rejects.toMatchObject({ code: 'ENVIRONMENT' });
  await second.stop(0);
});

it('needs both coordinates of a place, or none', async () => {
  expect(() => composed({ longitude: undefined })).toThrow('longitude: is needed with latitude');
  expect(() => composed({ latitude: undefined })).toThrow('latitude: is needed with longitude');
  await start({ latitude: undefined, longitude: undefined });
  const [reason] = await ask('add', JSON.stringify({ name: 'a', when: { sun: 'sunset' } }));
  expect(reason).toContain('when.place: is needed');
});

it('ends in time with a run under way and a broker that is gone', async () => {
  const server = composed();
  await server.start(never);
  let came = (): void => undefined;
  const first = new Promise<void>((resolve) => (came = resolve));
  const pump = new MdpWorker({
    endpoint: ENDPOINT,
    transport: bench.network,
    service: 'pi.tank.devices',
    handle: () => {
      came();
      return new Promise(() => undefined);
    },
  });
  bench.closing(() => pump.close({ deadlineMs: 0 }));
  const command = { service: 'pi.tank.devices', device: 'pump', name: 'dose' };
  await cron().add({ ...bell, does: { command } });
  const run = cron()
    .run('bell')
    .catch(() => undefined);
  await first;
  await bench.broker.close();
  const begun = systemClock.now();
  await server.stop(100);
  expect(systemClock.now() - begun).toBeLessThan(2_000);
  bench.broker = await startBroker({ endpoint: ENDPOINT, transport: bench.network });
  await run;
});
