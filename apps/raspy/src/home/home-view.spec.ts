import { VirtualClock } from '@raspy/clock';
import { startBroker } from '@raspy/mdp-protocol';
import { TestHost } from '@raspy/runtime/testing';
import { LiveRegion } from '@raspy/runtime/cli';
import { MemoryNetwork } from '@raspy/wire/testing';
import { HomeView, type HomePresenter } from './home-view.js';
import { jsonPresenter, livePresenter, plainPresenter } from './presenters.js';

it('goes on looking when the bus does not answer for a while', async () => {
  const clock = new VirtualClock();
  const transport = new MemoryNetwork({ clock });
  const endpoint = 'memory://broker';
  const told: string[] = [];
  const presenter: HomePresenter = {
    ready: (where) => void told.push(`ready ${where}`),
    show: ({ services }) => void told.push(`services ${services.length}`),
    trouble: (reason) => void told.push(`trouble ${reason.slice(0, 9)}`),
  };
  const view = new HomeView({ endpoint: () => endpoint, presenter, clock, everyMs: 1_000, transport });
  await view.start();
  await clock.advanceByAsync(3_000);
  const broker = await startBroker({ endpoint, transport, clock });
  await clock.advanceByAsync(3_000);
  expect(told.slice(0, 2)).toEqual([`ready ${endpoint}`, 'trouble the reque']);
  expect(told.at(-1)).toBe('services 0');
  await view.stop();
  await broker.close();
});

it('tells of trouble in the manner of each presenter', () => {
  const host = new TestHost({ isTTY: true });
  livePresenter(new LiveRegion(host.stdout), () => 'ready').trouble('no\nbroker');
  expect(host.stdout.text).toContain('The bus does not answer: no\\u000abroker');
  const plain = new TestHost();
  plainPresenter(plain.stdout, () => 'ready').trouble('none');
  expect(plain.stdout.lines).toEqual(['the bus does not answer: none']);
  const json = new TestHost();
  jsonPresenter(json.stdout, 1).trouble('none');
  expect(json.stdout.lines).toEqual(['{"event":"trouble","reason":"none"}']);
});

it('shows on a terminal a line a server, and what has room of the devices, with the hint below', () => {
  const host = new TestHost({ isTTY: true });
  const presenter = livePresenter(new LiveRegion(host.stdout), () => 'ready');
  const services = ['pi.core.cron', 'pi.core.mmi', 'pi.fake.devices'].map((name) => ({
    name,
    idle: 1,
    busy: 1,
    queued: 0,
  }));
  const devices = Array.from({ length: 40 }, (_, n) => ({
    service: 'pi.fake.devices',
    device: { name: `d${n}`, oid: 'x.y', title: '', state: 'open' as const, values: {} },
  }));
  const webUrl = 'http://127.0.0.1:8080';
  presenter.show({ services: [...services, { name: 'odd.one' }], devices, webUrl });
  const { lines } = host.stdout;
  expect(lines.find((line) => line.startsWith('pi.core'))).toMatch(/^pi\.core +cron mmi +2 +0/);
  expect(lines.find((line) => line.startsWith('odd'))).toMatch(/^odd +one +\? +\?/);
  expect(lines.some((line) => line.startsWith('… and 23 more: raspy device ls'))).toBe(true);
  expect(host.stdout.text).toContain('In a browser: http://127.0.0.1:8080');
  expect(host.stdout.text).toContain('Ctrl-C ends the home');
});
