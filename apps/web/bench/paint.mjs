import { machineNow, pause, percentiles, quietDevices, round } from './figures.mjs';
import { HOST, startBrowser, startHome } from './home.mjs';

const DEVICES = 200;
/** Between two changes, so that each is alone and none keeps step with the frames. */
const PAUSE_MS = 30;
const WARM_UP = 20;
/** Above what the devices themselves tell, and of few enough digits to be shown without a gap. */
const FIRST_VALUE = 1_000;

/** Tells `painted` the time when a frame with a card's new value has been made. */
const WATCH = `
  const channel = new MessageChannel();
  const waiting = [];
  channel.port1.onmessage = () => {
    const at = performance.timeOrigin + performance.now();
    for (const told of waiting.splice(0)) painted(told, at);
  };
  new MutationObserver((changes) => {
    const cards = new Set(changes.map(({ target }) => (target.closest ? target : target.parentElement)?.closest('[data-device]')));
    for (const card of cards) {
      const value = card?.querySelector('.value')?.textContent;
      if (value === undefined) continue;
      requestAnimationFrame(() => {
        waiting.push(card.dataset.device + ' ' + value);
        channel.port2.postMessage(0);
      });
    }
  }).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true });
`;

/** From a value in the tree to its paint, with many devices on the dashboard. */
export async function measurePaint({ changes, progress }) {
  const home = await startHome({ devices: quietDevices(DEVICES) });
  const browser = await startBrowser();
  try {
    await home.claim();
    const context = await browser.context(home, { viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    const expected = new Map();
    await page.exposeFunction('painted', (told, at) => expected.get(told)?.(at));
    await page.goto(home.url);
    await page
      .locator(`[data-device^="${HOST}.fake/"]`)
      .nth(DEVICES - 1)
      .waitFor({ state: 'attached' });
    await page.evaluate(WATCH);
    const skew = await clockSkew(page);
    progress(`paint: ${DEVICES} devices are shown; the browser's clock is ${round(skew, 2)} ms ahead`);
    const change = async (index) => {
      const device = `d${(index * 37) % DEVICES}`;
      const value = FIRST_VALUE + index;
      const painted = new Promise((resolve) => expected.set(`${HOST}.fake/${device} ${value}`, resolve));
      const reading = { value, at: Date.now(), quality: 'good' };
      const began = machineNow();
      home.tree.set(`/device/${HOST}.fake/${device}/value`, JSON.stringify(reading));
      const took = (await painted) - skew - began;
      await pause(PAUSE_MS * (0.5 + Math.random()));
      return took;
    };
    for (let index = 0; index < WARM_UP; index++) await change(index);
    const times = [];
    for (let index = 0; index < changes; index++) times.push(await change(WARM_UP + index));
    const result = { devices: DEVICES, changes, ms: percentiles(times) };
    progress(`paint: ${JSON.stringify(result.ms)} ms`);
    return result;
  } finally {
    await browser.end();
    await home.end();
  }
}

/** How far the clock of the page is ahead: of many questions the one that was answered soonest. */
async function clockSkew(page) {
  let best = { took: Infinity, skew: 0 };
  for (let n = 0; n < 50; n++) {
    const asked = machineNow();
    const there = await page.evaluate('performance.timeOrigin + performance.now()');
    const took = machineNow() - asked;
    if (took < best.took) best = { took, skew: there - asked - took / 2 };
  }
  return best.skew;
}
