import { medians, pause, round } from './figures.mjs';
import { startBrowser, startHome } from './home.mjs';

/** A phone of the middle class on a poor line. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 200_000 };
const SLOWER = 4;
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
/** So long nothing may have moved for the page to be at rest. */
const REST_MS = 3_000;

/** Notes when things have come, and when something in sight moved for the last time. */
const WATCH = `
  window.seen = { moved: 0 };
  const look = () => {
    for (const [name, selector] of [['heading', 'h1'], ['card', '[data-device] .value']]) {
      if (seen[name] === undefined && document.querySelector(selector)) {
        seen[name] = 0;
        requestAnimationFrame(() => setTimeout(() => (seen[name] = performance.now())));
      }
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true });
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) seen.moved = Math.max(seen.moved, shift.startTime);
  }).observe({ type: 'layout-shift', buffered: true });
`;

/** The first load of the dashboard, and the next one, in a browser that is throttled to a phone. */
export async function measureLoad({ reps, progress }) {
  const home = await startHome();
  const browser = await startBrowser();
  try {
    await home.claim();
    const rounds = { cold: [], cached: [] };
    for (let rep = 0; rep < reps; rep++) {
      const context = await browser.context(home, PHONE);
      for (const name of ['cold', 'cached']) {
        const figures = await load(context, home.url);
        progress(`load ${rep + 1}/${reps}, ${name}: ${JSON.stringify(figures)}`);
        rounds[name].push(figures);
      }
      await context.close();
    }
    return { cold: medians(rounds.cold), cached: medians(rounds.cached) };
  } finally {
    await browser.end();
    await home.end();
  }
}

async function load(context, url) {
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  const bytes = { page: 0, api: 0, events: 0 };
  const kinds = new Map();
  cdp.on('Network.responseReceived', ({ requestId, response: { url: of } }) => {
    kinds.set(requestId, of.endsWith('/events') ? 'events' : of.includes('/api/') ? 'api' : 'page');
  });
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    bytes[kinds.get(requestId)] += encodedDataLength;
  });
  // The stream of events never ends: it is counted as it comes.
  cdp.on('Network.dataReceived', ({ requestId, dataLength, encodedDataLength }) => {
    if (kinds.get(requestId) === 'events') bytes.events += encodedDataLength || dataLength;
  });
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', NETWORK);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  await page.addInitScript(WATCH);
  await page.goto(url);
  const { heading, card, moved } = await atRest(page);
  await page.close();
  await pause(200);
  return {
    pageKb: round(bytes.page / 1_000),
    apiKb: round(bytes.api / 1_000),
    eventsKb: round(bytes.events / 1_000),
    headingMs: Math.round(heading),
    cardMs: Math.round(card),
    restMs: Math.round(Math.max(card, moved)),
  };
}

/** What was seen, as soon as nothing in sight has moved for a while. The page's policy forbids to wait by an expression. */
async function atRest(page) {
  for (;;) {
    const { now, ...seen } = await page.evaluate('({ ...seen, now: performance.now() })');
    if (seen.heading > 0 && seen.card > 0 && now - Math.max(seen.card, seen.moved) > REST_MS) return seen;
    await pause(200);
  }
}
