import { VirtualClock } from '@raspy/clock';
import { MdpWorker, startBroker } from '@raspy/mdp-protocol';
import { silentLogger, StatisticsBoard, type Logger } from '@raspy/runtime';
import type { ServerStatus } from '@raspy/runtime/supervisor';
import { answerStatistics, PrometheusExposition, SnmpInteger, StatisticsManager } from '@raspy/statistics';
import { MemoryNetwork } from '@raspy/wire/testing';
import { HomeStatistics } from './home-statistics.js';

const endpoint = 'memory://broker';
const status = (name: string, more: Partial<ServerStatus> = {}): ServerStatus =>
  ({ name, kind: 'devices', isolated: true, state: 'ready', restarts: 0, ...more }) as ServerStatus;

async function setUp(servers: () => Promise<readonly ServerStatus[]>) {
  const clock = new VirtualClock();
  const transport = new MemoryNetwork({ clock });
  const broker = await startBroker({ endpoint, transport, clock });
  const there = new StatisticsManager({ clock });
  there.add(new SnmpInteger({ oid: 'devices.count', doc: 'Devices', initial: 3 }));
  const worker = new MdpWorker({
    service: 'pi.tank.statistics',
    handle: (body) => Promise.resolve([...answerStatistics(body, there)]),
    endpoint,
    transport,
    clock,
  });
  const board = new StatisticsBoard();
  const errors: string[] = [];
  const logger: Logger = { ...silentLogger, error: (message) => void errors.push(message) };
  const home = new HomeStatistics({
    hostname: 'pi',
    endpoint: () => endpoint,
    servers,
    board,
    clock,
    logger,
    transport,
  });
  await home.start();
  return {
    clock,
    errors,
    /** What is told after the next look. */
    told: async () => {
      await clock.advanceByAsync(5_100);
      return new PrometheusExposition(board.managers).text().split('\n');
    },
    close: async () => {
      await home.stop();
      board.close();
      await worker.close();
      await broker.close();
      return board.managers.length;
    },
  };
}

it('tells how each server is, and what those of other processes count, while they run', async () => {
  let servers = [status('tank', { residentBytes: 5 }), status('core', { isolated: false, restarts: 2 })];
  const bench = await setUp(() => Promise.resolve(servers));
  let told = await bench.told();
  expect(told).toContain('raspy_devices{server="pi.tank"} 3');
  expect(told).toContain('raspy_servers_up{server="pi.home",service="tank",kind="devices"} 1');
  expect(told).toContain('raspy_servers_resident_bytes{server="pi.home",service="tank",kind="devices"} 5');
  expect(told).toContain('raspy_servers_restarts{server="pi.home",service="core",kind="devices"} 2');
  servers = [status('tank', { state: 'waiting' })];
  told = await bench.told();
  expect(told).toContain('raspy_servers_up{server="pi.home",service="tank",kind="devices"} 0');
  expect(told.join('\n')).not.toMatch(/pi\.tank|core/);
  servers = [];
  expect((await bench.told()).join('\n')).not.toContain('tank');
  expect(await bench.close()).toBe(0);
});

it('says that it cannot look, and looks again', async () => {
  let fails = true;
  const bench = await setUp(() =>
    fails ? Promise.reject(new Error('no /proc')) : Promise.resolve([status('tank')]),
  );
  await bench.told();
  expect(bench.errors.length).toBeGreaterThan(0);
  fails = false;
  expect(await bench.told()).toContain('raspy_devices{server="pi.tank"} 3');
  await bench.close();
});
