import { VirtualClock } from '@raspy/clock';
import { SnmpCounter, StatisticsManager } from '@raspy/statistics';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { SettingsError } from '../config/settings-error.js';
import type { LogFields, Logger } from '../log/logger.js';
import { silentLogger } from '../log/logger.js';
import { StatisticsBoard } from './board.js';
import { Exporters, type ExporterValues } from './exporters.js';

const NONE: ExporterValues = { metrics: '', snmp: '', snmpCommunity: '', snmpUsers: [] };
const clock = new VirtualClock();

function setUp(values: Partial<ExporterValues>) {
  const board = new StatisticsBoard();
  const errors: (LogFields | undefined)[] = [];
  const logger: Logger = { ...silentLogger, error: (_, fields) => void errors.push(fields) };
  const exporters = new Exporters({ values: { ...NONE, ...values }, board, clock, logger });
  const manager = new StatisticsManager({ clock, constantLabels: { server: 'pi.tank' } });
  manager.add(new SnmpCounter({ oid: 'a.b', doc: 'B', initial: 3 }));
  return { board, exporters, errors, manager };
}

it('tells of servers that come and go while it runs', async () => {
  const { exporters, board, manager } = setUp({ metrics: '127.0.0.1:0' });
  await exporters.start();
  const read = async (): Promise<string> => (await fetch(exporters.metricsUrl!)).text();
  expect(await read()).toBe('');
  const leave = board.add(manager);
  expect(await read()).toContain('raspy_a_b_total{server="pi.tank"} 3\n');
  leave();
  leave();
  expect(await read()).toBe('');
  await exporters.stop();
  expect(exporters.metricsUrl).toBeUndefined();
});

it('takes an address of IPv6 in brackets', async () => {
  const { exporters } = setUp({ metrics: '[::1]:0' });
  await exporters.start();
  expect(exporters.metricsUrl).toMatch(/^http:\/\/\[::1\]:\d+\//);
  await exporters.stop();
});

it('opens nothing that is not configured', async () => {
  const { exporters } = setUp({});
  await exporters.start();
  expect([exporters.metricsUrl, exporters.snmpAddress]).toEqual([undefined, undefined]);
  await exporters.stop();
});

it('refuses an SNMP agent that nobody could ask', () => {
  expect(() => setUp({ snmp: '127.0.0.1:0' })).toThrow(SettingsError);
  expect(() => setUp({ snmp: '127.0.0.1:0', snmpCommunity: 'reef' })).not.toThrow();
});

it('answers SNMP', async () => {
  const { exporters } = setUp({ snmp: '127.0.0.1:0', snmpCommunity: 'reef' });
  await exporters.start();
  expect(exporters.snmpAddress).toMatchObject({ host: '127.0.0.1' });
  await exporters.stop();
  expect(exporters.snmpAddress).toBeUndefined();
});

it('says that an address is taken, keeps the server running, and takes it when it is free', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const { exporters, errors } = setUp({ metrics: `127.0.0.1:${port}` });
  await exporters.start();
  expect(exporters.metricsUrl).toBeUndefined();
  await clock.advanceByAsync(10_000);
  await clock.advanceByAsync(10_000);
  // Said once, however often it is tried.
  expect(errors).toMatchObject([
    { setting: 'metrics', reason: expect.stringContaining(String(port)) as string },
  ]);
  holder.close();
  await once(holder, 'close');
  await clock.advanceByAsync(10_000);
  while (exporters.metricsUrl === undefined) await new Promise(setImmediate);
  expect((await fetch(exporters.metricsUrl)).status).toBe(200);
  await exporters.stop();
  expect(errors).toHaveLength(1);
});

it('does not come back after its end', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const { exporters, errors } = setUp({ metrics: `127.0.0.1:${port}` });
  await exporters.start();
  await exporters.stop();
  await clock.advanceByAsync(60_000);
  expect(errors).toHaveLength(1);
  holder.close();
});
