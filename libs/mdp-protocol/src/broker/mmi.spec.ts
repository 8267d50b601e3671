import { frameText } from '@raspy/wire';
import { BrokerRig } from '../../test/support/broker-rig.js';

/** PROTOCOLS §6. */
describe('mmi.service', () => {
  it('V18: 200 for a service with a worker, idle or busy, else 404', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    expect(rig.mmi('mmi.service', 'echo')).toEqual(['200']);
    rig.client('client').request('echo', 'x');
    expect(rig.mmi('mmi.service', 'echo')).toEqual(['200']);
    worker.disconnect();
    expect(rig.mmi('mmi.service', 'echo')).toEqual(['404']);
    expect(rig.mmi('mmi.service', 'mmi.service')).toEqual(['404']);
    expect(rig.mmi('mmi.service', '')).toEqual(['404']);
  });

  it('200 for a service built into the broker', () => {
    const rig = new BrokerRig({ builtinServices: ['titanic.request'] });
    expect(rig.mmi('mmi.service', 'titanic.request')).toEqual(['200']);
  });

  it('of several frames the last is the argument, and gives way to the code', () => {
    const rig = new BrokerRig();
    rig.worker('worker', 'echo');
    expect(rig.mmi('mmi.service', 'a', 'b', 'echo')).toEqual(['a', 'b', '200']);
    expect(rig.mmi('mmi.service', 'echo', 'ghost')).toEqual(['echo', '404']);
  });

  it('asking makes no record', () => {
    const rig = new BrokerRig();
    for (let i = 0; i < 1_000; i++) rig.mmi('mmi.service', `ghost ${i}`);
    expect(rig.machine.statistics()).toMatchObject({
      requests: 1_000,
      mmiRequests: 1_000,
      services: 0,
      servicesWithoutWorker: 0,
      queued: 0,
    });
  });

  it('answers a client of 0.2 in 0.2', () => {
    const rig = new BrokerRig();
    const client = rig.client('client', 2);
    client.request('mmi.service', 'echo');
    expect(client.takeOne()).toMatchObject({
      kind: 'final',
      version: 2,
      service: 'mmi.service',
      body: ['404'],
    });
  });
});

describe('mmi.discovery', () => {
  let rig: BrokerRig;
  const names = ['pi.fake.devices', 'pi.fake.mmi', 'pi.core.cron', 'zoo.devices'];

  beforeEach(() => {
    rig = new BrokerRig();
    for (const name of names) rig.worker(name, name);
    rig.client('client').request('ghost.devices', 'x');
  });

  it('V19 V20: names that match, bytewise sorted, the status last', () => {
    rig = new BrokerRig({ builtinServices: ['titanic.reply', 'titanic.close'] });
    rig.worker('worker', 'my.titanic');
    expect(rig.mmi('mmi.discovery', 'titanic\\..*')).toEqual(['titanic.close', 'titanic.reply', '200']);
  });

  it('finds devices by \\.devices$, unanchored at its head; hidden services never (D2)', () => {
    expect(rig.mmi('mmi.discovery', '\\.devices$')).toEqual(['pi.fake.devices', 'zoo.devices', '200']);
  });

  it('.*\\.devices\\..* as published finds none: a name ends there', () => {
    expect(rig.mmi('mmi.discovery', '.*\\.devices\\..*')).toEqual(['200']);
  });

  it('an empty pattern finds all', () => {
    expect(rig.mmi('mmi.discovery', '')).toEqual([...names].sort().concat('200'));
  });

  it('the last frame is the pattern; frames before it come back', () => {
    expect(rig.mmi('mmi.discovery', 'a', '^zoo')).toEqual(['a', 'zoo.devices', '200']);
  });

  it('sorts by bytes, not by letters of a language', () => {
    for (const name of ['é', 'Z', 'a', 'ÿ']) rig.worker(`w${name}`, `x-${name}`);
    expect(rig.mmi('mmi.discovery', '^x-')).toEqual(['x-Z', 'x-a', 'x-é', 'x-ÿ', '200']);
  });

  it('an answer once given is not kept when services come and go', () => {
    const pattern = 'cron$';
    expect(rig.mmi('mmi.discovery', pattern)).toEqual(['pi.core.cron', '200']);
    expect(rig.mmi('mmi.discovery', pattern)).toEqual(['pi.core.cron', '200']);
    const other = rig.worker('other', 'pi.zoo.cron');
    expect(rig.mmi('mmi.discovery', pattern)).toEqual(['pi.core.cron', 'pi.zoo.cron', '200']);
    other.disconnect();
    expect(rig.mmi('mmi.discovery', pattern)).toEqual(['pi.core.cron', '200']);
  });

  it('many patterns in turn are all answered', () => {
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 40; i++)
        expect(rig.mmi('mmi.discovery', `^zoo{1,${i + 1}}`)).toEqual(['zoo.devices', '200']);
    }
  });

  it.each([
    ['one that does not end', '(a'],
    ['one with a look-ahead, which RE2 has not', '(?=a)'],
    ['one with a back-reference, which RE2 has not', '(a)\\1'],
    ['one of 257 bytes', 'a'.repeat(257)],
    ['one that unfolds to very much', '((a{30}){30}){30}'],
    ['one that unfolds to much, side by side', '(.{999})'.repeat(20)],
    ['one that is not UTF-8', '\ufffd'],
  ])('a pattern that cannot be used is a bad request: %s', (_what, pattern) => {
    expect(rig.mmi('mmi.discovery', pattern)).toEqual(['400']);
  });

  it('a pattern of 256 bytes is one', () => {
    expect(rig.mmi('mmi.discovery', 'a'.repeat(256))).toEqual(['200']);
  });

  it('too much work for all the names is a bad request; a modest pattern is answered', () => {
    for (let i = 0; i < 100; i++) rig.worker(`long${i}`, `${'ab'.repeat(2_000)}${i}`);
    expect(rig.mmi('mmi.discovery', '(.?.?.?.?){16}x$')).toEqual(['400']);
    expect(rig.mmi('mmi.discovery', '^zoo')).toEqual(['zoo.devices', '200']);
  });

  it.each([
    '(a+)+$',
    '(a*)*b',
    '(.*)(.*)(.*)(.*)[^a]$',
    '(a|aa)+$',
    '(\\w\\pL{80})?\\bz',
    '([\\pL\\pN]?){24}y',
  ])('K25: %s against long names is over before a heartbeat is late', (pattern) => {
    for (let i = 0; i < 25; i++) rig.worker(`long${i}`, `${'a'.repeat(4_000)}${i}!`);
    rig.mmi('mmi.discovery', 'warm up');
    const before = performance.now();
    const answer = rig.mmi('mmi.discovery', pattern);
    // A test machine may be busy: the bound of the checklist is 50 ms, that of catastrophe is hours.
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(['200', '400']).toContain(answer.at(-1));
  });
});

describe('mmi.features', () => {
  it.each([[['']], [['x']]])('tells that envelopes are echoed, whatever is asked: %j', (body) => {
    expect(new BrokerRig().mmi('mmi.features', ...body)).toEqual(['envelope', '200']);
  });
});

describe('mmi.workers', () => {
  function report(rig: BrokerRig, ...body: string[]): unknown {
    const [json, status] = rig.mmi('mmi.workers', ...body);
    expect(status).toBe('200');
    return JSON.parse(json!);
  }

  it('tells the settings, and how many workers each service has', () => {
    const rig = new BrokerRig({ heartbeatIntervalMs: 1_000, heartbeatLiveness: 4 });
    rig.worker('b1', 'b');
    rig.worker('a1', 'a');
    rig.worker('a2', 'a');
    const client = rig.client('client');
    for (const job of ['1', '2', '3']) client.request('a', job);
    client.request('ghost', 'x');
    const a = { name: 'a', idle: 0, busy: 2, queued: 1 };
    const b = { name: 'b', idle: 1, busy: 0, queued: 0 };
    expect(report(rig, '')).toEqual({ intervalMs: 1_000, liveness: 4, services: [a, b] });
    expect(report(rig, 'a')).toEqual({ intervalMs: 1_000, liveness: 4, services: [a] });
    expect(report(rig, 'ghost')).toMatchObject({ services: [] });
    expect(report(rig, 'nobody')).toMatchObject({ services: [] });
    expect(rig.machine.services()).toEqual([a, b]);
  });
});

describe('other names', () => {
  it.each(['mmi.echo', 'mmi.filter', 'mmi.dns', 'mmi.', 'mmi.Service', 'mmi.service2'])(
    'V21: %s is 501',
    (name) => {
      const rig = new BrokerRig();
      expect(rig.mmi(name, 'x')).toEqual(['501']);
      expect(rig.mmi(name, 'a', 'x')).toEqual(['a', '501']);
      expect(rig.machine.statistics()).toMatchObject({ queued: 0, servicesWithoutWorker: 0 });
    },
  );

  it.each(['mmi', 'xmmi.service', 'MMI.service'])('%s is an ordinary service', (name) => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', name);
    const client = rig.client('client');
    client.request(name, 'x');
    worker.reply('y');
    expect(client.bodies()).toEqual([['y']]);
  });

  it('a request without body is malformed here too', () => {
    const rig = new BrokerRig();
    rig.client('client').send('', 'MDPC01', 'mmi.service');
    expect(rig.sent.map((frames) => frames.map(frameText))).toEqual([]);
    expect(rig.machine.statistics().dropped).toEqual({ 'no-body': 1 });
  });
});
