import { VirtualClock } from '@raspy/clock';
import * as fc from 'fast-check';
import { SnmpInteger, StatisticsManager } from '../src/index.js';
import {
  DEFAULT_BASE,
  startSnmpAgent,
  type RunningSnmpAgent,
  type SnmpAgentOptions,
} from '../src/snmp/index.js';
import { discoveryMessage } from '../src/snmp/message-header.js';
import { request, SnmpClient, tlv } from './snmp-client.js';
import { sample } from './sample.js';

const user = { name: 'keeper', authPassword: 'under the stone', privPassword: 'behind the pump' };
const DESCRIPTION = '1.3.6.1.2.1.1.1.0';

describe('an SNMP agent among strangers', () => {
  let agent: RunningSnmpAgent;
  let client: SnmpClient;

  async function start(options: Partial<SnmpAgentOptions> = {}): Promise<void> {
    agent = await startSnmpAgent({
      managers: sample(),
      community: 'secret',
      users: [user],
      maxPerSecond: 1_000_000,
      ...options,
    });
    client = new SnmpClient(agent.port);
  }
  afterEach(async () => {
    client.close();
    await agent.close();
    await agent.close();
  });

  /** Whether it answers a good request still. */
  let marks = 1_000_000;
  async function isAlive(): Promise<boolean> {
    const id = (marks += 1);
    const answer = await client.ask(request('get', [DESCRIPTION], { id }), (got) =>
      got.includes(idBytes(id)),
    );
    return answer.includes('RasPy');
  }

  it('answers on after any bytes', async () => {
    await start();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), async (datagrams) => {
        for (const datagram of datagrams) await client.send(datagram);
        expect(await isAlive()).toBe(true);
      }),
      { numRuns: 100 },
    );
    expect(agent.counts().malformed).toBeGreaterThan(100);
  });

  it('answers on after good messages with bytes changed, cut or put in', async () => {
    await start();
    const good = [
      request('get', [DESCRIPTION, `${DEFAULT_BASE}.1`]),
      request('next', ['1.3.6.1']),
      request('bulk', ['1.3', '1.3.6'], { nonRepeaters: 1, maxRepetitions: 20 }),
      request('set', [DESCRIPTION]),
      request('trap', [DESCRIPTION]),
      discoveryMessage(7),
      v3Message('keeper', [1, 2, 3, 4, 5], 7),
      v3Message('', [], 4),
    ];
    const change = fc.record({ at: fc.nat(120), cut: fc.nat(2), put: fc.uint8Array({ maxLength: 3 }) });
    const changed = fc
      .tuple(fc.constantFrom(...good), fc.array(change, { minLength: 1, maxLength: 3 }))
      .map(([message, changes]) =>
        changes.reduce<Uint8Array>(
          (bytes, { at, cut, put }) =>
            Uint8Array.from([...bytes.slice(0, at), ...put, ...bytes.slice(at + cut)]),
          message,
        ),
      );
    await fc.assert(
      fc.asyncProperty(fc.array(changed, { maxLength: 40 }), async (datagrams) => {
        for (const datagram of datagrams) await client.send(datagram);
        expect(await isAlive()).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it.each([1, 1_000, 2 ** 31 - 1])(
    'answers GETBULK of %i repetitions in one packet',
    async (maxRepetitions) => {
      await start({ managers: many(5_000) });
      const answer = await client.ask(request('bulk', [`${DEFAULT_BASE}.1`], { maxRepetitions }));
      expect(answer.length).toBeLessThan(1_472);
    },
  );

  it('ends GETBULK at the end of its objects', async () => {
    await start({ managers: many(1) });
    const answer = await client.ask(request('bulk', ['1.3', '2.5'], { maxRepetitions: 1_000_000 }));
    expect(answer.length).toBeLessThan(300);
    await client.ask(request('bulk', [], { maxRepetitions: 1_000_000, nonRepeaters: -4 }));
  });

  it('refuses requests for too many objects, and takes none that are larger than any manager sends', async () => {
    await start();
    const tooBig = await client.ask(request('get', Array<string>(65).fill('1.3')));
    expect(tooBig.subarray(-5)).toEqual(Buffer.from([2, 1, 0, 0x30, 0]));
    await client.send(request('get', Array<string>(600).fill(DESCRIPTION)));
    expect(await isAlive()).toBe(true);
    expect(agent.counts().malformed).toBe(1);
  });

  it('makes no key for engines that are made up, but says who it is', async () => {
    await start();
    const answer = await client.ask(v3Message('keeper', [9, 9, 9, 9, 9], 7));
    expect(answer.includes(Buffer.from('2b060106030f01010400', 'hex'))).toBe(true);
    expect(agent.counts()).toMatchObject({ answered: 0, malformed: 0 });
  });

  it('tells nothing to a message of v3 without a user', async () => {
    await start();
    const report = await client.ask(discoveryMessage(7));
    const engine = report.subarray(report.indexOf('8000b98380', 'hex')).subarray(0, 17);
    await client.send(v3Message('', [...engine], 0));
    expect(await isAlive()).toBe(true);
    expect(agent.counts()).toMatchObject({ answered: 1, refused: 1 });
  });

  it('drops unread what is more than it may look at in a second', async () => {
    const clock = new VirtualClock();
    await start({ maxPerSecond: 3, clock });
    for (let turn = 0; turn < 3; turn += 1) expect(await isAlive()).toBe(true);
    await client.send(request('get', [DESCRIPTION]));
    await client.send(request('get', [DESCRIPTION]));
    while (agent.counts().dropped < 2) await new Promise(setImmediate);
    clock.advanceBy(334);
    expect(await isAlive()).toBe(true);
    expect(agent.counts()).toMatchObject({ answered: 4, dropped: 2 });
  });
});

describe('startSnmpAgent', () => {
  it.each([
    {},
    { community: '' },
    { community: 'x', base: '1.2.3' },
    { community: 'x', base: '1.3.6.1.4.1.99999999999' },
    { community: 'x', maxPerSecond: 0 },
    { users: [{ ...user, name: '' }] },
    { users: [{ ...user, authPassword: 'short' }] },
  ])('refuses %j', async (options) => {
    await expect(startSnmpAgent({ managers: sample(), ...options })).rejects.toMatchObject({
      code: 'STATISTICS_OPTION',
    });
  });

  it('says where it cannot listen', async () => {
    const first = await startSnmpAgent({ managers: sample(), community: 'x' });
    await expect(
      startSnmpAgent({ managers: sample(), community: 'x', port: first.port }),
    ).rejects.toMatchObject({
      code: 'STATISTICS_LISTEN',
      port: first.port,
    });
    await first.close();
  });
});

function many(count: number): StatisticsManager {
  const manager = new StatisticsManager();
  for (let index = 0; index < count; index += 1)
    manager.add(new SnmpInteger({ oid: `a${index}`, doc: 'A.', number: index + 1 }));
  return manager;
}

function idBytes(id: number): Buffer {
  const bytes = [id >>> 24, (id >>> 16) & 0xff, (id >>> 8) & 0xff, id & 0xff];
  while (bytes[0] === 0) bytes.shift();
  return Buffer.from(tlv(2, bytes));
}

/** A message of v3 to an engine, not encrypted, whatever its flags say. */
function v3Message(name: string, engine: readonly number[], flags: number): Buffer {
  const secured = (flags & 1) === 1;
  const security = tlv(0x30, [
    ...tlv(4, engine),
    ...[2, 1, 1, 2, 1, 0],
    ...tlv(4, [...Buffer.from(name)]),
    ...tlv(4, Array<number>(secured ? 12 : 0).fill(1)),
    ...tlv(4, Array<number>(secured ? 8 : 0).fill(1)),
  ]);
  const pdu = tlv(0xa0, [2, 1, 5, 2, 1, 0, 2, 1, 0, ...tlv(0x30, tlv(0x30, [6, 1, 43, 5, 0]))]);
  const scoped = [...tlv(4, engine), 4, 0, ...pdu];
  return Buffer.from(
    tlv(0x30, [
      ...[2, 1, 3],
      ...tlv(0x30, [2, 1, 9, 2, 2, 0x7f, 0xff, 4, 1, flags, 2, 1, 3]),
      ...tlv(4, security),
      ...(secured ? tlv(4, Array<number>(16).fill(7)) : tlv(0x30, scoped)),
    ]),
  );
}
