// What scrapes of /metrics cost a broker under full load: rounds without and with a scrape each second, in turn, on one
// broker. Prints JSON; ratios are of rounds with scrapes to those without.
//   nx run broker:bench-scrape [--reps=7] [--count=60000]
import { createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load, median } from '@raspy/loadgen';
import { startChild } from '@raspy/loadgen/children';

const { values } = parseArgs({
  options: { reps: { type: 'string', default: '7' }, count: { type: 'string', default: '60000' } },
});
/** Fifteen times as often as Prometheus does. */
const SCRAPE_EVERY_MS = 1_000;
const WORKLOAD = { workers: 4, window: 100, bytes: 100, count: Number(values.count) };

const folder = mkdtempSync(join(tmpdir(), 'raspy-bench-'));
const metricsPort = await freePort();
const broker = startChild(fileURLToPath(new URL('../bin/raspy-broker.mjs', import.meta.url)), [
  '--broker-port=0',
  `--data-dir=${folder}`,
  `--metrics=127.0.0.1:${metricsPort}`,
  '--log-level=error',
]);
try {
  const [, endpoint] = await broker.until(/ready on (tcp:\S+) /);
  const system = { pid: broker.pid, mode: 'mdp', endpoint, workerEndpoint: endpoint };
  await load(system, WORKLOAD);
  const rounds = { without: [], with: [] };
  const scrapes = [];
  for (let rep = 0; rep < Number(values.reps); rep++) {
    rounds.without.push(await load(system, WORKLOAD));
    const scraping = setInterval(() => void scrape().then((ms) => scrapes.push(ms)), SCRAPE_EVERY_MS);
    rounds.with.push(await load(system, WORKLOAD));
    clearInterval(scraping);
  }
  const result = { scrapes: scrapes.length, scrapeMs: Math.round(median(scrapes) * 10) / 10 };
  for (const figure of ['perSecond', 'p50', 'p99', 'cpu']) {
    const [without, scraped] = ['without', 'with'].map((kind) =>
      median(rounds[kind].map((one) => one[figure])),
    );
    result[figure] = { without, with: scraped, ratio: Math.round((scraped / without) * 100) / 100 };
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  await broker.end();
  rmSync(folder, { recursive: true, force: true });
}

async function scrape() {
  const began = performance.now();
  await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return performance.now() - began;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
