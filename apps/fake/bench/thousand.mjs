// A thousand devices at one value a second in one host: what the host and the broker cost, and how long a value takes from
// its driver to a watcher of the tree in another process; beside an idle host of the same devices. Prints JSON.
// nx run fake:bench [--devices=1000] [--seconds=20]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KvClient } from '@raspy/kv-clone';
import { processorTicks, residentKb, startChild } from '@raspy/loadgen/children';

const { values } = parseArgs({
  options: { devices: { type: 'string', default: '1000' }, seconds: { type: 'string', default: '20' } },
});
const [count, seconds] = [Number(values.devices), Number(values.seconds)];
const bin = (app, name) => fileURLToPath(new URL(`../../${app}/bin/${name}.mjs`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'raspy-bench-'));
const children = [];
/** Ticks of a processor's time, of which there are 100 a second on Linux. */
const TICK_MS = 10;

try {
  const broker = start(bin('broker', 'raspy-broker'), [
    '--broker-port=0',
    `--data-dir=${join(folder, 'broker')}`,
  ]);
  const [, port] = await broker.until(/ready on tcp:\/\/[^:]+:(\d+)/);
  const result = {
    devices: count,
    seconds,
    'one value a second': await measure(port, 'busy', 1_000),
    'no values': await measure(port, 'idle', 60_000),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);

  async function measure(brokerPort, service, intervalMs) {
    const config = join(folder, `${service}.yaml`);
    const devices = Array.from({ length: count }, (_, index) => ({
      name: `d${index}`,
      oid: 'fake.linear',
      config: { slopePerSecond: 1, intervalMs },
    }));
    writeFileSync(config, JSON.stringify({ devices }));
    const host = start(bin('fake', 'raspy-fake'), [
      `--config=${config}`,
      `--broker-port=${brokerPort}`,
      `--service=${service}`,
      '--hostname=bench',
      `--data-dir=${join(folder, service)}`,
    ]);
    await host.until(/ready/);
    const base = Number(brokerPort) + 6;
    const endpoint = (offset) => `tcp://127.0.0.1:${base + offset}`;
    const tree = new KvClient({
      endpoints: { snapshot: endpoint(0), publisher: endpoint(1), collector: endpoint(2) },
      subtree: `device/bench.${service}`,
    });
    const latencies = [];
    let isMeasured = false;
    const watching = tree.watch().subscribe((change) => {
      if (!isMeasured || change.type !== 'set') return;
      const { at } = JSON.parse(Buffer.from(change.entry.body).toString());
      if (at !== undefined) latencies.push(performance.timeOrigin + performance.now() - at);
    });
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const before = [host, broker].map(usage);
    const since = performance.now();
    isMeasured = true;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    isMeasured = false;
    const elapsed = performance.now() - since;
    const after = [host, broker].map(usage);
    watching.unsubscribe();
    await tree.close();
    const share = (index) => round(((after[index].ticks - before[index].ticks) * TICK_MS) / elapsed);
    latencies.sort((a, b) => a - b);
    const percentile = (p) => round(latencies[Math.floor((latencies.length - 1) * p)] ?? Number.NaN);
    await host.end();
    return {
      valuesPerSecond: Math.round((latencies.length * 1_000) / elapsed),
      hostProcessorShare: share(0),
      hostResidentMB: after[0].residentMB,
      brokerProcessorShare: share(1),
      brokerResidentMB: after[1].residentMB,
      driverToWatcherMs: { p50: percentile(0.5), p99: percentile(0.99), max: percentile(1) },
    };
  }
} finally {
  for (const child of children) await child.end();
  rmSync(folder, { recursive: true, force: true });
}

function start(file, args) {
  const child = startChild(file, args);
  children.push(child);
  return child;
}

function usage({ pid }) {
  return { ticks: processorTicks(pid), residentMB: Math.round(residentKb(pid) / 102.4) / 10 };
}

function round(number) {
  return Math.round(number * 1_000) / 1_000;
}
