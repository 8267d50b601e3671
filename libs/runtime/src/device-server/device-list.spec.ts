import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MdpWorker } from '@raspy/mdp-protocol';
import { frameText, textFrame } from '@raspy/wire';
import { DeviceBench, relay } from '../../test/device-bench.js';
import { silentLogger } from '../log/logger.js';

const bench = new DeviceBench();
beforeEach(() => bench.open());
afterEach(async () => {
  await bench.close();
  bench.relays.done.length = 0;
});

const containing = (text: string): string => expect.stringContaining(text) as string;
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

describe('devices of a running server', () => {
  it('are added, configured and removed, and stay so after a restart', async () => {
    await bench.start([relay('a'), relay('b')]);
    expect(await bench.ask('add', JSON.stringify(relay('c', { config: { pin: 3 } })))).toEqual(['200']);
    await bench.devices.config('a', { config: { pin: 7 }, pollSeconds: 5 });
    await bench.devices.remove('b');
    expect(await bench.ask('list_keys')).toEqual(['a|c', '200']);
    expect(await bench.devices.config('a')).toEqual(relay('a', { config: { pin: 7 }, pollSeconds: 5 }));
    await bench.stop();

    await bench.start([relay('a'), relay('b')]);
    expect(await bench.ask('list_keys')).toEqual(['a|c', '200']);
    expect(await bench.devices.info('a')).toMatchObject({ config: { pin: 7 }, pollSeconds: 5 });
  });

  it('are as the settings say where those were edited after, and it is said', async () => {
    await bench.start([relay('a')]);
    await bench.devices.config('a', { config: { pin: 7 } });
    await bench.stop();
    const warnings: unknown[] = [];
    await bench.start([relay('a', { config: { pin: 8 } })], {
      ...silentLogger,
      warn: (message, fields) => warnings.push(message, fields),
    });
    expect(await bench.devices.info('a')).toMatchObject({ config: { pin: 8 } });
    expect(warnings).toContainEqual({ devices: ['a'] });
    await bench.stop();
    // Edited back, it is still the file that was last.
    await bench.start([relay('a')]);
    expect(await bench.devices.info('a')).toMatchObject({ config: {} });
  });

  it('that were added and cannot be opened any more are left out, and it is said', async () => {
    await bench.start([]);
    await bench.devices.add(relay('a'));
    await bench.stop();
    const errors: unknown[] = [];
    await bench.start([], { ...silentLogger, error: (_, fields) => errors.push(fields) }, []);
    expect(await bench.ask('list_keys')).toEqual(['', '200']);
    expect(errors).toEqual([
      { device: 'a', reason: expect.stringContaining('no driver for "test.relay"') as string },
    ]);
    await bench.stop();
    await bench.start([]);
    expect(await bench.ask('list_keys')).toEqual(['a', '200']);
  });

  it.each([
    [['add', '{"name":"a","oid":"test.relay"}'], 'there is a device "a" already', '400'],
    [['add', '{"name":"x","oid":"test.none","pollSeconds":-7}'], 'no driver for "test.none"', '400'],
    [['add', '7'], 'the configuration of device "?" is wrong', '400'],
    [['config', 'a', '{"config":{"pin":"four"}}'], 'config.pin', '400'],
    [['config', 'a', '{"oid":"test.other"}'], 'oid cannot be changed', '400'],
    [['config', 'a', '7'], 'cannot be changed', '400'],
    [['config', 'nobody', '{"config":{}}'], 'there is no device "nobody"', '404'],
    [['remove', 'nobody'], 'there is no device "nobody"', '404'],
    [['renew', 'no-lease', '1000'], 'there is no such lease', '404'],
    [['renew', 'no-lease', '"soon"'], 'leaseMs must be a positive number', '400'],
    [['release', 'no-lease'], 'there is no such lease', '404'],
    [['poll', 'a', '-5'], 'seconds', '400'],
    [['log', 'a', '"yes"'], 'enabled', '400'],
    [['exec', 'a', 'set', '{"level":4}'], 'level: is not known', '400'],
    [['exec', 'a', 'set', '{}'], 'give at least one of on', '400'],
  ])('%j is refused with a reason, and changes nothing', async (body, reason, status) => {
    await bench.start([relay('a')]);
    const reply = await bench.ask(...body);
    expect(reply).toHaveLength(2);
    expect(reply[0]).toContain(reason);
    expect(reply[1]).toBe(status);
    expect(await bench.ask('list_keys')).toEqual(['a', '200']);
    expect(await bench.devices.config('a')).toEqual(relay('a'));
  });

  it('obey poll, log and reset by name, and tell their types', async () => {
    await bench.start([relay('a')]);
    expect(await bench.devices.poll('a', 30)).toMatchObject({ seconds: 30 });
    expect(await bench.devices.log('a', true)).toEqual({ enabled: true });
    expect(await bench.devices.log('a')).toEqual({ enabled: true });
    expect(await bench.devices.reset('a')).toEqual({ state: 'open' });
    expect(bench.relays.done).toContain('a closed');
    expect(await bench.devices.types()).toMatchObject([{ oid: 'test.relay', commands: { dose: {} } }]);
  });

  it('bring bytes back', async () => {
    await bench.start([relay('a')]);
    const reply = await bench.client.request('pi.tank.devices', ['exec', 'a', 'photo']);
    expect(reply.map((frame) => Buffer.from(frame).toString('latin1'))).toEqual([
      '{"format":"none"}',
      '\u0001\u0002\u0003',
      '200',
    ]);
  });

  it('act on a keyed command once, across a restart too', async () => {
    await bench.start([relay('a')]);
    const dose = ['exec', 'a', 'dose', '{"ml":5}', 'RSPY1{"key":"feed-1"}'];
    expect(await bench.ask(...dose)).toEqual(['{"ml":5}', '200']);
    expect(await bench.ask(...dose)).toEqual(['{"ml":5}', '200']);
    await bench.stop();
    await bench.start([relay('a')]);
    expect(await bench.ask(...dose)).toEqual(['{"ml":5}', '200']);
    expect(bench.relays.done.filter((done) => done.includes('dosed'))).toEqual(['a dosed 5']);
  });
});

describe('a server whose disk cannot be used', () => {
  it('guards its outputs all the same, says so, and refuses what has to be on record', async () => {
    await writeFile(join(bench.dataDir, 'devices'), 'in the way');
    const errors: string[] = [];
    await bench.start([relay('a')], { ...silentLogger, error: (message) => errors.push(message) });
    expect(errors).toContainEqual(containing('guarded without a record'));
    expect(bench.relays.done).toEqual(['a opened 0', 'a off']);
    expect(await bench.ask('exec', 'a', 'dose', '{"ml":1}')).toEqual([containing('put on record'), '500']);
    expect((await bench.ask('exec', 'a', 'dose', '{"ml":1}', 'RSPY1{"key":"k"}')).at(-1)).toBe('500');
    expect(bench.relays.done.join()).not.toContain('dosed');
    const lease = await bench.ask('exec', 'a', 'set', '{"on":true}', 'RSPY1{"leaseMs":50}');
    expect(lease[1]).toBe('200');
    await until(() => bench.relays.done.at(-1) === 'a off');
  });
});

describe('the copy of changes in the settings store', () => {
  /** A store that has one value. */
  function store(): { readonly worker: MdpWorker; readonly asked: string[][]; value: string | undefined } {
    const asked: string[][] = [];
    const kept: { value: string | undefined } = { value: undefined };
    const worker = new MdpWorker({
      endpoint: 'tcp://127.0.0.1:5514',
      transport: bench.network,
      service: 'titanic.store',
      handle: (body) => {
        const [action, ...rest] = body.map(frameText);
        asked.push([action!, ...rest.slice(0, 3)]);
        if (action === 'set') kept.value = rest[3];
        const names = rest.slice(0, 3).map(textFrame);
        if (action === 'set') return Promise.resolve([...names, textFrame('200')]);
        return Promise.resolve(
          kept.value === undefined
            ? [...names, textFrame('404')]
            : [...names, textFrame(kept.value), textFrame('200')],
        );
      },
    });
    return Object.assign(kept, { worker, asked });
  }
  it('is taken over by a board that has no memory of its own, and by no other', async () => {
    const settings = store();
    await until(() => bench.broker.services().some(({ name }) => name === 'titanic.store'));
    await bench.start([relay('a')]);
    expect(settings.asked).toEqual([['get', 'pi.tank', 'devices', 'changes']]);
    await bench.devices.add(relay('b'));
    await until(() => settings.value !== undefined);
    expect(settings.asked[1]).toEqual(['set', 'pi.tank', 'devices', 'changes']);
    await bench.stop();

    await rm(join(bench.dataDir, 'devices'), { recursive: true });
    await bench.start([relay('a')]);
    expect(await bench.ask('list_keys')).toEqual(['a|b', '200']);
    await bench.stop();

    settings.value = '{"changed":{},"removed":{}}';
    const { length } = settings.asked;
    await bench.start([relay('a')]);
    expect(await bench.ask('list_keys')).toEqual(['a|b', '200']);
    await until(() => settings.asked.length > length);
    expect(settings.asked.slice(length)).toEqual([['set', 'pi.tank', 'devices', 'changes']]);
    await settings.worker.close();
  });

  it('that is none is passed over', async () => {
    const settings = store();
    settings.value = '[]';
    await until(() => bench.broker.services().some(({ name }) => name === 'titanic.store'));
    await bench.start([relay('a')]);
    expect(await bench.ask('list_keys')).toEqual(['a', '200']);
    await settings.worker.close();
  });
});

describe('another list of devices', () => {
  it('touches only what differs', async () => {
    const server = await bench.start([relay('same'), relay('gone'), relay('other')]);
    await bench.devices.add(relay('added'));
    bench.relays.done.length = 0;
    expect(
      await server.applyDevices([relay('same'), relay('other', { config: { pin: 9 } }), relay('new')]),
    ).toEqual({ added: ['new'], removed: ['gone'], changed: ['other'], failed: {} });
    expect(await bench.ask('list_keys')).toEqual(['added|new|other|same', '200']);
    expect(bench.relays.done.filter((done) => done.startsWith('same') || done.startsWith('added'))).toEqual(
      [],
    );
    expect(bench.relays.done).toContain('other opened 9');
  });

  it('may have devices that are wrong, which harm no other', async () => {
    const server = await bench.start([relay('a'), relay('b')]);
    bench.relays.done.length = 0;
    expect(
      await server.applyDevices([
        relay('a', { config: { pin: 'x' } }),
        relay('b', { config: { pin: 2 } }),
        { name: 'c', oid: 'test.none' },
      ]),
    ).toEqual({
      added: [],
      removed: [],
      changed: ['b'],
      failed: {
        a: expect.stringContaining('config.pin') as string,
        c: expect.stringContaining('no driver for "test.none"') as string,
      },
    });
    expect(await bench.ask('list_keys')).toEqual(['a|b', '200']);
    expect(bench.relays.done).toEqual(['b off', 'b closed', 'b opened 2', 'b off']);
  });
});
