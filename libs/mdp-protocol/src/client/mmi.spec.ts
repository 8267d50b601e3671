import { textFrame, type Frames } from '@raspy/wire';
import { startTestBus, type TestBus } from '../testing/index.js';
import { MmiClient, readKeys, type MmiRequester } from './mmi.js';
import { okResult } from './reply-status.js';

const frames = (...texts: string[]): Frames => texts.map(textFrame);

/** A client whose broker gives one answer to everything. */
function answering(...reply: string[]): MmiRequester & { asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    request: (service, body) => {
      asked.push([service, ...body]);
      return Promise.resolve(frames(...reply));
    },
    call: (service, body) => {
      asked.push([service, ...body]);
      return Promise.resolve().then(() => okResult(service, frames(...reply)));
    },
  };
}

describe('MmiClient', () => {
  it.each([
    [['200'], true],
    [['404'], false],
    [['200 yes'], true],
  ])('hasService reads %j as %s', async (reply, expected) => {
    const client = answering(...reply);
    await expect(new MmiClient(client).hasService('echo')).resolves.toBe(expected);
    expect(client.asked).toEqual([['mmi.service', 'echo']]);
  });

  it('hasService does not take another status for an answer', async () => {
    await expect(new MmiClient(answering('501')).hasService('echo')).rejects.toMatchObject({
      code: 'SERVICE_STATUS',
      status: '501',
    });
    await expect(new MmiClient(answering('yes')).hasService('echo')).rejects.toMatchObject({
      code: 'INVALID_REPLY',
    });
  });

  it('discover gives the names', async () => {
    const client = answering('a.devices', 'b.devices', '200');
    await expect(new MmiClient(client).discover('\\.devices$')).resolves.toEqual(['a.devices', 'b.devices']);
    expect(client.asked).toEqual([['mmi.discovery', '\\.devices$']]);
    await expect(new MmiClient(answering('200')).discover('x')).resolves.toEqual([]);
    await expect(new MmiClient(answering('400')).discover('(')).rejects.toMatchObject({ status: '400' });
  });

  it('features are none where the question is not known', async () => {
    await expect(new MmiClient(answering('501')).features()).resolves.toEqual([]);
    await expect(new MmiClient(answering('envelope', 'x', '200')).features()).resolves.toEqual([
      'envelope',
      'x',
    ]);
    await expect(new MmiClient(answering('500')).features()).rejects.toMatchObject({ status: '500' });
  });

  it('workers is the report of the broker, checked', async () => {
    const report = { intervalMs: 3500, liveness: 5, services: [{ name: 'a', idle: 1, busy: 0, queued: 0 }] };
    const client = answering(JSON.stringify(report), '200');
    await expect(new MmiClient(client).workers()).resolves.toEqual(report);
    await expect(new MmiClient(client).workers('a')).resolves.toEqual(report);
    expect(client.asked).toEqual([
      ['mmi.workers', ''],
      ['mmi.workers', 'a'],
    ]);
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', undefined],
    ['null', 'null'],
    ['no numbers', '{"services":[]}'],
    ['no services', '{"intervalMs":1,"liveness":1}'],
    ['a service that is none', '{"intervalMs":1,"liveness":1,"services":[1]}'],
    ['a service without name', '{"intervalMs":1,"liveness":1,"services":[{"idle":0,"busy":0,"queued":0}]}'],
    ['a service without numbers', '{"intervalMs":1,"liveness":1,"services":[{"name":"a"}]}'],
  ])('a report with %s is refused', async (_, json) => {
    const client = json === undefined ? answering('200') : answering(json, '200');
    await expect(new MmiClient(client).workers()).rejects.toMatchObject({ code: 'INVALID_REPLY' });
  });
});

describe('MmiClient at a broker', () => {
  let bus: TestBus;
  beforeEach(async () => {
    bus = await startTestBus();
    bus.worker({ service: 'pi.fake.devices', handle: (body) => Promise.resolve(body) });
    bus.worker({ service: 'pi.fake.mmi', handle: (body) => Promise.resolve(body), concurrency: 2 });
    await bus.advance(10);
  });
  afterEach(() => bus.close());

  it('understands every answer', async () => {
    const mmi = new MmiClient(bus.client());
    await expect(bus.until(mmi.hasService('pi.fake.devices'))).resolves.toBe(true);
    await expect(bus.until(mmi.hasService('pi.fake.device'))).resolves.toBe(false);
    await expect(bus.until(mmi.discover('\\.devices$'))).resolves.toEqual(['pi.fake.devices']);
    await expect(bus.until(mmi.features())).resolves.toContain('envelope');
    const report = await bus.until(mmi.workers());
    expect(report).toMatchObject({ intervalMs: 3_500, liveness: 5 });
    expect(report.services).toContainEqual({ name: 'pi.fake.mmi', idle: 2, busy: 0, queued: 0 });
  });
});

describe('readKeys', () => {
  it.each<[string, string[], string[]]>([
    ['a frame a key', ['a', 'b'], ['a', 'b']],
    ['one joined frame', ['a|b'], ['a', 'b']],
    ['the leading bar of the original', ['|a|b'], ['a', 'b']],
    ['an empty list', [''], []],
    ['nothing', [], []],
    ['both at once', ['a|b', 'c'], ['a', 'b', 'c']],
  ])('D15, D16: reads %s', (_, result, keys) => {
    expect(readKeys(frames(...result))).toEqual(keys);
  });
});
