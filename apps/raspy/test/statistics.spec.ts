import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@raspy/clock';
import { runTool } from '@raspy/runtime/cli';
import { TestHost } from '@raspy/runtime/testing';
import { MemoryNetwork } from '@raspy/wire/testing';
import { raspyTool } from '../src/tool.js';

let folder: string;
let network: MemoryNetwork;
let home: TestHost | undefined;
let ended: Promise<number> | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-statistics-'));
  network = new MemoryNetwork({ clock: systemClock });
  home = undefined;
});
afterEach(async () => {
  home?.signal('SIGTERM');
  await ended;
  await rm(folder, { recursive: true });
});

async function start(...argv: string[]): Promise<TestHost> {
  home = new TestHost({
    argv: ['start', `--data-dir=${folder}`, '--hostname=pi', '--json', '--isolate=false', ...argv],
  });
  ended = runTool(raspyTool({ transport: network }), home);
  await home.stdout.until(/"ready"/);
  return home;
}

async function raspy(...argv: string[]) {
  const host = new TestHost({ argv });
  const code = await runTool(raspyTool({ transport: network }), host);
  return { code, out: host.stdout.lines, err: host.stderr.text };
}

/** Where Prometheus would look, as the log says. */
function metricsUrl(host: TestHost): string {
  const line = host.stderr.lines.find((one) => one.includes('metrics are told'));
  return (JSON.parse(line!) as { url: string }).url;
}

describe('raspy start --metrics', () => {
  it('tells of all servers of the home, and how each is', async () => {
    const host = await start('--metrics=127.0.0.1:0', '--log-level=info');
    const text = await (await fetch(metricsUrl(host))).text();
    for (const line of [
      'raspy_servers_up{server="pi.home",service="broker",kind="broker"} 1',
      'raspy_servers_up{server="pi.home",service="fake",kind="fake"} 1',
      'raspy_servers_restarts{server="pi.home",service="core",kind="core"} 0',
      'raspy_devices_up{server="pi.fake",device="heater"} 1',
      'raspy_devices_tripped{server="pi.fake"} 0',
      'raspy_scenarios_running{server="pi.core"} 0',
      'raspy_web_sessions{server="pi.web"} 0',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toMatch(/^raspy_broker_requests_total\{server="pi.broker"\} [1-9]/m);
    expect(text).toMatch(/^raspy_requests_duration_seconds_count\{server="pi.fake",service="devices"\} /m);
  });

  it('opens nothing without being told to', async () => {
    const host = await start('--log-level=info');
    expect(host.stderr.text).not.toContain('are told');
  });

  it('refuses, before anything starts, an address that is none and an agent that nobody could ask', async () => {
    expect((await raspy('start', '--metrics=9464')).err).toContain('HOST:PORT');
    const { code, err } = await raspy('start', `--data-dir=${folder}`, '--snmp=127.0.0.1:0');
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('snmp-users') as string });
  });
});

describe('raspy top', () => {
  it('shows once, where there is no terminal, what all servers tell', async () => {
    await start();
    const { code, out } = await raspy('top', '--every-ms=100');
    expect(code).toBe(0);
    expect(out[0]).toMatch(/^STATISTIC +SERVER +VALUE +PER SECOND$/);
    expect(out.find((line) => line.startsWith('broker.requests '))).toMatch(/ pi\.broker +\d+ +\d/);
    expect(out.some((line) => line.startsWith('devices.up{device="heater"}'))).toBe(true);
    expect(out.some((line) => line.startsWith('broker.expired'))).toBe(false);
  });

  it('tells programs of the servers that they name, with the zeros where they are wanted', async () => {
    await start();
    const { out } = await raspy('top', 'pi.core', '--json', '--all', '--every-ms=100');
    const rows = out.map((line) => JSON.parse(line) as { server: string; statistic: string; value: unknown });
    expect(new Set(rows.map(({ server }) => server))).toEqual(new Set(['pi.core']));
    expect(rows).toContainEqual({ server: 'pi.core', statistic: 'scenarios.quarantined', value: 0 });
  });

  it('goes on in place on a terminal until it is told to end', async () => {
    await start();
    const host = new TestHost({ argv: ['top', '--every-ms=100'], isTTY: true });
    const end = runTool(raspyTool({ transport: network }), host);
    await host.stdout.until(/STATISTIC[\s\S]*STATISTIC/);
    host.signal('SIGINT');
    expect(await end).toBe(0);
  });

  it('names the servers that there are when it is asked for another', async () => {
    await start();
    const { code, err } = await raspy('top', 'pi.tank');
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringContaining('pi.broker, pi.core, pi.fake') as string,
    });
  });
});

describe('raspy mib', () => {
  it('prints what the servers that run tell by SNMP', async () => {
    await start();
    const { code, out } = await raspy('mib');
    expect(code).toBe(0);
    expect(out[0]).toBe('RASPY-MIB DEFINITIONS ::= BEGIN');
    const text = out.join('\n');
    for (const object of [
      'raspyBrokerRequestsValue',
      'raspyDevicesUpValue',
      'raspyRequestsDurationValueCount',
      'raspyServersUpValue',
    ])
      expect(text).toContain(`${object} OBJECT-TYPE`);
    expect(out.at(-1)).toBe('END');
  });
});
