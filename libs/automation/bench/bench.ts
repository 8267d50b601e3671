import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { WorkerEngine, workerThreads, type RunningProgram, type SandboxEnd } from '../src/sandbox/index.js';
import { systemClock } from '@raspy/clock';

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '1,100,1000' },
    rounds: { type: 'string', default: '2000' },
  },
});
const loads = values.programs.split(',').map(Number);
const rounds = Number(values.rounds);
const hold = setInterval(() => undefined, 1_000);

/** From the folder that this is bundled into. */
const spawn = workerThreads(new URL('../dist/sandbox/worker-main.js', import.meta.url));
const PRELUDE = 'return { call: house.call, on: house.on };';
/** A thermostat in small: it answers every reading with an order. */
const CODE = `
let heating = false;
on('reading', (water: number) => {
  if (water < 24) heating = true;
  if (water > 25) heating = false;
  call('heater', heating);
});
call('ready');
await new Promise(() => {});`;

interface Loaded {
  readonly running: RunningProgram;
  readonly ready: Promise<void>;
  /** Milliseconds from an event to the call that answers it. */
  readonly react: () => Promise<number>;
}

function load(engine: WorkerEngine, code = CODE): Loaded {
  let answered: () => void = () => undefined;
  let isReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (isReady = resolve));
  const running = engine.start(
    { name: 'thermostat', code, prelude: PRELUDE },
    {
      call: (method) => {
        if (method === 'ready') isReady();
        else answered();
        return null;
      },
      ended: (end) => {
        if (end.kind === 'failed') throw new Error(`${end.reason}: ${end.message}`);
      },
    },
  );
  const react = async (): Promise<number> => {
    const began = systemClock.now();
    const done = new Promise<void>((resolve) => (answered = resolve));
    running.deliver('reading', 20 + 10 * Math.random());
    await done;
    return systemClock.now() - began;
  };
  return { running, ready, react };
}

const round = (n: number): number => Math.round(n * 1_000) / 1_000;
function spread(samples: number[]) {
  samples.sort((a, b) => a - b);
  const at = (share: number) => round(samples[Math.floor((samples.length - 1) * share)]!);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** A message to a thread that does nothing but send it back. */
async function floor() {
  const echo = new Worker(
    "const { parentPort: p } = require('worker_threads'); p.on('message', (m) => p.postMessage(m))",
    {
      eval: true,
    },
  );
  const samples: number[] = [];
  for (let n = 0; n < rounds + 200; n++) {
    const began = systemClock.now();
    await new Promise((resolve) => {
      echo.once('message', resolve);
      echo.postMessage({ type: 'event', program: 1, event: 'reading', json: '24.5' });
    });
    if (n >= 200) samples.push(systemClock.now() - began);
  }
  await echo.terminate();
  return spread(samples);
}

async function loaded(count: number) {
  const engine = new WorkerEngine({ spawn });
  const began = systemClock.now();
  const first = load(engine);
  await first.ready;
  const firstStartMs = systemClock.now() - began;
  const rssBefore = process.memoryUsage.rss();
  const beganRest = systemClock.now();
  const programs = [first];
  for (let n = 1; n < count; n++) {
    const program = load(engine);
    await program.ready;
    programs.push(program);
  }
  const restMs = systemClock.now() - beganRest;
  const kbPerProgram = (process.memoryUsage.rss() - rssBefore) / 1_000 / (count - 1);
  for (let n = 0; n < 500; n++) await programs[n % count]!.react();
  const samples: number[] = [];
  for (let n = 0; n < rounds; n++) samples.push(await programs[n % count]!.react());
  const result = {
    programs: count,
    firstStartMs: round(firstStartMs),
    ...(count > 1 && { startMs: round(restMs / (count - 1)), rssKbPerIdleProgram: round(kbPerProgram) }),
    eventToCallMs: spread(samples),
  };
  return { engine, programs, result };
}

/** One spins, is cut, and is started again at once, while the others go on. */
async function whileSpinning(engine: WorkerEngine, programs: readonly Loaded[]) {
  const state = { spinning: true };
  const cuts: number[] = [];
  const spins = (async () => {
    while (state.spinning) {
      const end = await new Promise<SandboxEnd>((resolve) => {
        let began = 0;
        engine.start(
          { name: 'spin', code: "await call('begin'); for (;;);", prelude: PRELUDE },
          {
            call: () => {
              began = systemClock.now();
              return null;
            },
            ended: (how) => {
              cuts.push(systemClock.now() - began);
              resolve(how);
            },
          },
        );
      });
      if (end.kind !== 'failed' || end.reason !== 'budget')
        throw new Error(`not cut: ${JSON.stringify(end)}`);
    }
  })();
  const samples: number[] = [];
  const until = systemClock.now() + 5_000;
  for (let n = 0; systemClock.now() < until; n++) samples.push(await programs[n % programs.length]!.react());
  state.spinning = false;
  await spins;
  const after: number[] = [];
  for (let n = 0; n < rounds; n++) after.push(await programs[n % programs.length]!.react());
  return { cutAfterMs: spread(cuts), othersMs: spread(samples), othersAfterMs: spread(after) };
}

const floorMs = await floor();
const eventToCall: object[] = [];
let spin: object = {};
for (const count of loads) {
  const { engine, programs, result } = await loaded(count);
  eventToCall.push({ ...result, ratioToFloor: round(result.eventToCallMs.p50 / floorMs.p50) });
  if (count === 100) spin = await whileSpinning(engine, programs);
  await engine.close();
}
process.stdout.write(
  `${JSON.stringify({ node: process.version, floorMs, eventToCall, spinningBeside100: spin })}\n`,
);
clearInterval(hold);
