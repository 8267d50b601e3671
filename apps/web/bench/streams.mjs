import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { processorTicks, residentKb, startChild } from '@raspy/loadgen/children';
import { machineNow, medians, pause, quietDevices, round } from './figures.mjs';
import { HOST, startHome } from './home.mjs';

const READERS = 100;
const PER_SECOND = 200;
const DEVICES = 20;
const TICK_MS = 10;
/** So long the last event may take. */
const GRACE_MS = 5_000;

/** Many readers of events, of web and of a bare server that makes the same events by itself, in turn. */
export async function measureStreams({ reps, seconds, progress }) {
  const home = await startHome({ devices: quietDevices(DEVICES) });
  const floor = startChild(fileURLToPath(new URL('./bare-events.mjs', import.meta.url)), [`${PER_SECOND}`]);
  try {
    await home.claim();
    const [, floorUrl] = await floor.until(/ready on (\S+)/);
    const systems = {
      web: {
        pid: home.pid,
        url: `${home.url}/api/v1/events`,
        headers: { cookie: home.cookie },
        begin: () => publish(home.tree),
      },
      floor: {
        pid: floor.pid,
        url: `${floorUrl}/events`,
        headers: {},
        begin: async () => {
          await ask(`${floorUrl}/begin`);
          return async () => Number(await ask(`${floorUrl}/end`));
        },
      },
    };
    const rounds = { web: [], floor: [] };
    for (let rep = 0; rep < reps; rep++) {
      for (const [name, system] of Object.entries(systems)) {
        const figures = await measure(system, seconds);
        progress(`streams ${rep + 1}/${reps}, ${name}: ${JSON.stringify(figures)}`);
        rounds[name].push(figures);
      }
    }
    return {
      readers: READERS,
      changesPerSecond: PER_SECOND,
      seconds,
      web: medians(rounds.web),
      floor: medians(rounds.floor),
    };
  } finally {
    await floor.end();
    await home.end();
  }
}

async function measure({ pid, url, headers, begin }, seconds) {
  let delivered = 0;
  let longest = 0;
  let sum = 0;
  const readers = await Promise.all(
    Array.from({ length: READERS }, () =>
      read(url, headers, (sentAt) => {
        const lag = machineNow() - sentAt;
        delivered += 1;
        sum += lag;
        longest = Math.max(longest, lag);
      }),
    ),
  );
  await pause(2_000);
  const ticks = processorTicks(pid);
  const since = performance.now();
  const end = await begin();
  await pause(seconds * 1_000);
  const elapsed = performance.now() - since;
  const share = ((processorTicks(pid) - ticks) * TICK_MS) / elapsed;
  const expected = (await end()) * READERS;
  const residentMb = round(residentKb(pid) / 1_024);
  for (const late = performance.now() + GRACE_MS; delivered < expected && performance.now() < late;)
    await pause(20);
  for (const reader of readers) reader.destroy();
  return {
    processorShare: round(share, 3),
    residentMb,
    expected,
    delivered,
    meanLagMs: round(sum / delivered),
    longestLagMs: round(longest),
  };
}

/** A reader that takes out of each event when it was sent. Resolves when it is connected. */
function read(url, headers, onEvent) {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false }, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        const events = (rest + chunk).split('\n\n');
        rest = events.pop();
        for (const event of events) {
          const sentAt = /"sentAt":([\d.]+)/.exec(event);
          if (sentAt !== null && event.startsWith('event: set')) onEvent(Number(sentAt[1]));
        }
      });
      response.on('error', () => undefined);
      resolve(request);
    });
    request.on('error', reject);
  });
}

/** Changes values at a steady rate. @returns what ends it and tells how many there were */
async function publish(tree) {
  const since = performance.now();
  let count = 0;
  const timer = setInterval(() => {
    for (const due = ((performance.now() - since) * PER_SECOND) / 1_000; count < due; count++) {
      const reading = { value: count, at: Date.now(), quality: 'good', sentAt: machineNow() };
      tree.set(`/device/${HOST}.fake/d${count % DEVICES}/value`, JSON.stringify(reading));
    }
  }, 1);
  return async () => {
    clearInterval(timer);
    return count;
  };
}

function ask(url) {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(text);
    }).on('error', reject);
  });
}
