// From a value in the tree to the command that a scenario sends, in a home of real processes, with few and with many scenarios
// loaded, and while one spins; beside a program that does the same without a scenario, in the same run. And what an idle
// scenario costs core. Prints one line of JSON.
//   nx run core:bench [--counts=1,100,999] [--events=300]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KvClient } from '@raspy/kv-clone';
import { residentKb, startChild } from '@raspy/loadgen/children';
import { MdpClient, MdpWorker } from '@raspy/mdp-protocol';

const { values: flags } = parseArgs({
  options: { counts: { type: 'string', default: '1,100,999' }, events: { type: 'string', default: '300' } },
});
const counts = flags.counts.split(',').map(Number);
const events = Number(flags.events);
const bin = (app, name) => fileURLToPath(new URL(`../../${app}/bin/${name}.mjs`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'raspy-bench-'));
const children = [];
const OK = [Buffer.from('null'), Buffer.from('200')];
/** Between two events, so that each is alone. */
const PAUSE_MS = 20;

/** Answers each reading of `level` with a command. */
const ANSWERS = `let seen = entries.level.value;
for (;;) {
  await until(() => entries.level.value !== seen);
  seen = entries.level.value;
  await entries.pump.command('set', { seen });
}`;
const ENTRIES = {
  level: { kind: 'value', key: '/device/bench.x/tank/level', type: 'number' },
  pump: { kind: 'device', service: 'bench.x.devices', device: 'pump' },
};
const idle = (index) => ({
  name: `idle-${index}`,
  mode: 'background',
  entries: { other: { ...ENTRIES.level, key: '/device/bench.x/tank/other' } },
  code: 'await until(() => entries.other.value > 1e9);',
});

try {
  const broker = start(bin('broker', 'raspy-broker'), [
    '--broker-port=0',
    `--data-dir=${join(folder, 'broker')}`,
  ]);
  const [, port] = await broker.until(/ready on tcp:\/\/[^:]+:(\d+)/);
  const core = start(bin('core', 'raspy-core'), [
    `--broker-port=${port}`,
    '--hostname=bench',
    '--clock-trust=always',
    `--data-dir=${join(folder, 'core')}`,
  ]);
  await core.until(/ready/);
  const endpoint = `tcp://127.0.0.1:${port}`;
  const base = Number(port) + 6;
  const at = (offset) => `tcp://127.0.0.1:${base + offset}`;
  const tree = new KvClient({ endpoints: { snapshot: at(0), publisher: at(1), collector: at(2) } });
  const client = new MdpClient({ endpoint, timeoutMs: 30_000 });
  let commanded = () => undefined;
  const pump = new MdpWorker({
    endpoint,
    service: 'bench.x.devices',
    concurrency: 4,
    handle: async ([, , , args]) => {
      commanded(JSON.parse(args).seen);
      return OK;
    },
  });
  tree.set('/device/bench.x', '{"instance":"bench","since":0}', { ttlMs: 10_000, keepAlive: true });
  const ask = async (...body) => {
    const reply = (await client.request('bench.core.scenarios', body)).map(String);
    if (reply.at(-1) !== '200') throw new Error(reply.join(' '));
  };
  const status = async (name) =>
    JSON.parse(await client.request('bench.core.scenario', ['status', name]).then((r) => String(r[0])));
  let value = 0;
  const tell = () => {
    value += 1;
    const reading = { value, at: Date.now(), quality: 'good' };
    tree.set('/device/bench.x/tank/level', JSON.stringify(reading));
    return value;
  };
  /** Milliseconds from a value to the command that answers it. */
  const latencies = async (count) => {
    const times = [];
    for (let n = 0; n < count; n++) {
      const answered = new Promise((resolve) => (commanded = resolve));
      const began = performance.now();
      tell();
      await answered;
      times.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return times.sort((a, b) => a - b);
  };
  const percentiles = (times) => {
    const of = (p) => Math.round(times[Math.floor((times.length - 1) * p)] * 100) / 100;
    return { p50: of(0.5), p99: of(0.99), max: of(1) };
  };

  const result = { events, floor: await floor(), byScenarios: {} };
  tell();
  await ask('add', JSON.stringify({ name: 'answers', mode: 'background', entries: ENTRIES, code: ANSWERS }));
  await latencies(20);
  let loaded = 1;
  let before;
  for (const count of counts) {
    for (; loaded < count; loaded++) await ask('add', JSON.stringify(idle(loaded)));
    await latencies(20);
    const resident = residentKb(core.pid);
    before ??= { count, resident };
    result.byScenarios[count] = {
      eventToCommandMs: percentiles(await latencies(events)),
      coreResidentMb: Math.round(resident / 102.4) / 10,
      ...(count > before.count && {
        kbPerIdleScenario: Math.round((resident - before.resident) / (count - before.count)),
      }),
    };
  }
  await ask('add', JSON.stringify({ name: 'spins', mode: 'background', code: 'for (;;) {}' }));
  const during = [];
  while ((await status('spins')).state !== 'quarantined') during.push(...(await latencies(5)));
  result.whileOneSpins = {
    events: during.length,
    eventToCommandMs: percentiles(during.sort((a, b) => a - b)),
  };
  result.after = { eventToCommandMs: percentiles(await latencies(events)) };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  await pump.close({ deadlineMs: 500 });
  await client.close();
  await tree.close();

  /** A program that waits for the value and sends the command itself. */
  async function floor() {
    const own = new KvClient({ endpoints: { snapshot: at(0), publisher: at(1), collector: at(2) } });
    const sender = new MdpClient({ endpoint });
    const watching = own.watch('/device/bench.x/tank').subscribe((change) => {
      if (change.type !== 'set') return;
      const { value: seen } = JSON.parse(Buffer.from(change.entry.body).toString());
      // The last reply may come when this is over.
      const command = ['exec', 'pump', 'set', JSON.stringify({ seen })];
      sender.request('bench.x.devices', command).catch(() => undefined);
    });
    tell();
    await own.get('/device/bench.x/tank/level');
    await latencies(20);
    const measured = percentiles(await latencies(events));
    watching.unsubscribe();
    await sender.close();
    await own.close();
    return { eventToCommandMs: measured };
  }
} finally {
  for (const child of children.reverse()) await child.end();
  rmSync(folder, { recursive: true, force: true });
}

function start(file, args) {
  const child = startChild(file, [...args, '--log-level=silent']);
  children.push(child);
  return child;
}
