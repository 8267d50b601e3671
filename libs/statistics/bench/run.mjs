// What statistics cost: an update beside prom-client's in the same run, a scrape of 10,000 series beside prom-client's, and
// Debian's snmpwalk and snmpbulkwalk of 1,000 objects beside net-snmp's own agent. Systems are measured in turn, so that slow
// spells of the machine hit all alike; medians. Prints one line of JSON, ratios above 1 mean that ours is faster.
//   nx run statistics:bench [--quick] [--reps=7]
import { execFile } from 'node:child_process';
import { setImmediate } from 'node:timers';
import { parseArgs, promisify } from 'node:util';
import snmp from 'net-snmp';
import prom from 'prom-client';
import {
  Histogram,
  PrometheusExposition,
  SnmpCounter,
  SnmpInteger,
  StatisticsManager,
} from '@raspy/statistics';
import { startMetricsServer } from '@raspy/statistics/http';
import { DEFAULT_BASE, startSnmpAgent } from '@raspy/statistics/snmp';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, reps: { type: 'string', default: '7' } },
});
const reps = values.quick ? 3 : Number(values.reps);
const count = values.quick ? 300_000 : 3_000_000;
const run = promisify(execFile);
const doc = 'For a measurement.';

const results = { node: process.version, ...updates(), ...(await scrapes()), ...(await walks()) };
process.stdout.write(`${JSON.stringify(results)}\n`);

/** Nanoseconds of one update. */
function updates() {
  const manager = new StatisticsManager();
  const counter = manager.add(new SnmpCounter({ oid: 'plain', doc }));
  const integer = manager.add(new SnmpInteger({ oid: 'gauge', doc }));
  const labelled = manager.add(new SnmpCounter({ oid: 'labelled', doc, labels: ['service', 'code'] }));
  const kept = labelled.labels('pi.fake.devices', '200');
  const histogram = manager.add(new Histogram({ oid: 'histogram', doc })).only;
  const registers = [new prom.Registry()];
  const theirs = new prom.Counter({ name: 'plain_total', help: doc, registers });
  const theirGauge = new prom.Gauge({ name: 'gauge', help: doc, registers });
  const theirLabelled = new prom.Counter({
    name: 'l_total',
    help: doc,
    labelNames: ['service', 'code'],
    registers,
  });
  const theirKept = theirLabelled.labels('pi.fake.devices', '200');
  const theirHistogram = new prom.Histogram({
    name: 'h',
    help: doc,
    registers,
    buckets: [...histogram.buckets],
  });
  const heard = new StatisticsManager();
  const watched = heard.add(new SnmpCounter({ oid: 'plain', doc }));
  heard.changes$.subscribe(() => undefined);
  return {
    counterNs: compare(
      () => counter.add(),
      () => theirs.inc(),
    ),
    counterHeardNs: compare(
      () => watched.add(),
      () => theirs.inc(),
    ),
    integerNs: compare(
      (index) => integer.set(index),
      (index) => theirGauge.set(index),
    ),
    labelledKeptNs: compare(
      () => kept.add(),
      () => theirKept.inc(),
    ),
    labelledLookedUpNs: compare(
      () => labelled.labels('pi.fake.devices', '200').add(),
      () => theirLabelled.labels('pi.fake.devices', '200').inc(),
    ),
    histogramNs: compare(
      (index) => histogram.observe((index & 1_023) / 1_000),
      (index) => theirHistogram.observe((index & 1_023) / 1_000),
    ),
  };
}

function compare(ours, theirs) {
  const taken = { ours: [], theirs: [] };
  for (let turn = -2; turn < reps; turn += 1) {
    for (const [name, update] of Object.entries({ ours, theirs })) {
      const begun = process.hrtime.bigint();
      for (let index = 0; index < count; index += 1) update(index);
      const ns = Number(process.hrtime.bigint() - begun) / count;
      if (turn >= 0) taken[name].push(ns);
    }
  }
  return versus(taken, 'promClient');
}

/** Milliseconds of all 10,000 series, and the longest time in one piece. */
async function scrapes() {
  const manager = new StatisticsManager();
  const register = new prom.Registry();
  const labelNames = ['service', 'code'];
  for (let item = 0; item < 100; item += 1) {
    const ours = manager.add(new SnmpCounter({ oid: `item${item}`, doc, labels: labelNames }));
    const theirs = new prom.Counter({
      name: `item${item}_total`,
      help: doc,
      labelNames,
      registers: [register],
    });
    for (let series = 0; series < 100; series += 1) {
      ours.labels(`pi.server${series}.devices`, '200').add(item * series);
      theirs.labels(`pi.server${series}.devices`, '200').inc(item * series);
    }
  }
  const exposition = new PrometheusExposition(manager);
  const taken = { ours: [], theirs: [] };
  const longest = [];
  let bytes = 0;
  for (let turn = -2; turn < reps; turn += 1) {
    let begun = performance.now();
    let piece = 0;
    const pieces = exposition.chunks();
    for (let before = performance.now(); ; before = performance.now()) {
      const { done, value } = pieces.next();
      piece = Math.max(piece, performance.now() - before);
      if (done) break;
      bytes += value.length;
    }
    const ours = performance.now() - begun;
    begun = performance.now();
    await register.metrics();
    const theirs = performance.now() - begun;
    if (turn < 0) continue;
    taken.ours.push(ours);
    taken.theirs.push(theirs);
    longest.push(piece);
  }
  const server = await startMetricsServer({ managers: manager });
  const http = [];
  const blocked = [];
  for (let turn = -1; turn < reps; turn += 1) {
    const watch = watchLoop();
    const begun = performance.now();
    await (await globalThis.fetch(server.url, { headers: { 'accept-encoding': 'identity' } })).text();
    const ms = performance.now() - begun;
    const gap = watch();
    if (turn < 0) continue;
    http.push(ms);
    blocked.push(gap);
  }
  await server.close();
  return {
    series: 10_000,
    expositionMs: versus(taken, 'promClient'),
    longestPieceMs: round(median(longest)),
    expositionBytes: Math.round(bytes / (reps + 2)),
    httpMs: round(median(http)),
    // The client is in the same process, so this is more than the server's share.
    httpLongestTurnMs: round(median(blocked)),
  };
}

/** The longest turn of the event loop until it is asked. */
function watchLoop() {
  let last = performance.now();
  let longest = 0;
  let watching = true;
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (watching) setImmediate(look);
  };
  setImmediate(look);
  return () => {
    watching = false;
    return longest;
  };
}

/** Milliseconds of a walk over 1,000 objects, the start of the program included. */
async function walks() {
  const manager = new StatisticsManager();
  for (let index = 0; index < 1_000; index += 1)
    manager.add(new SnmpInteger({ oid: `item${index}`, doc, number: index + 1, initial: index }));
  const ours = await startSnmpAgent({ managers: manager, community: 'bench' });
  const theirs = await net();
  const found = {};
  for (const program of ['snmpwalk', 'snmpbulkwalk']) {
    const taken = { ours: [], theirs: [] };
    for (let turn = -1; turn < reps; turn += 1) {
      for (const [name, port] of [
        ['ours', ours.port],
        ['theirs', theirs.port],
      ]) {
        const begun = performance.now();
        const args = ['-v2c', '-cbench', '-On', '-m', '', `127.0.0.1:${port}`, `${DEFAULT_BASE}.1`];
        const { stdout } = await run(program, args, { maxBuffer: 64 << 20 });
        const lines = stdout.split('\n').filter((line) => line.includes('INTEGER')).length;
        if (lines !== 1_000) throw new Error(`${program} of ${name}: ${lines} objects`);
        if (turn >= 0) taken[name].push(performance.now() - begun);
      }
    }
    found[`${program}Ms`] = versus(taken, 'netSnmpAgent');
  }
  await ours.close();
  theirs.close();
  return { objects: 1_000, ...found };
}

/** The agent of the library as its manual has it, with the same objects. */
async function net() {
  const { createSocket } = await import('node:dgram');
  const probe = createSocket('udp4');
  const port = await new Promise((resolve) =>
    probe.bind(0, '127.0.0.1', () => resolve(probe.address().port)),
  );
  await new Promise((resolve) => probe.close(resolve));
  const agent = snmp.createAgent({ port, address: '127.0.0.1', accessControlModelType: 0 }, () => undefined);
  agent.getAuthorizer().addCommunity('bench');
  for (let index = 0; index < 1_000; index += 1) {
    const name = `item${index}`;
    agent.getMib().registerProvider({
      name,
      type: snmp.MibProviderType.Scalar,
      oid: `${DEFAULT_BASE}.1.${index + 1}.1`,
      scalarType: snmp.ObjectType.Integer,
      maxAccess: snmp.MaxAccess['read-only'],
    });
    agent.getMib().setScalarValue(name, index);
  }
  return { port, close: () => agent.close() };
}

function versus({ ours, theirs }, other) {
  const [us, them] = [median(ours), median(theirs)];
  return { ours: round(us), [other]: round(them), ratio: round(them / us) };
}

function median(list) {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}

function round(value) {
  return Number(value.toPrecision(4));
}
