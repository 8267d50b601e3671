import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { DeviceHost, DeviceRegistry } from '@raspy/devices';
import { checkDriver } from '@raspy/devices/testing';
import { clockDevice, plugin } from './index.js';

const [driver, plain] = plugin.drivers;
let folder: string;
let host: DeviceHost;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspy-clock-'));
  host = new DeviceHost({ registry: new DeviceRegistry(plugin.drivers) });
  synced('no');
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

const file = (name: string): string => join(folder, name);
/** A tool that notes its arguments. */
const noting = (...args: string[]): string[] => {
  const code = 'require("node:fs").appendFileSync(process.argv[1], process.argv.slice(2).join(" ") + "\\n")';
  return [execPath, '-e', code, file('done'), ...args];
};
const failing = [execPath, '-e', 'console.error("sudo: a password is required"); process.exit(1)'];
function done(): string[] {
  try {
    return readFileSync(file('done'), 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}
function synced(answer: string): void {
  writeFileSync(file('status'), `Timezone=Etc/UTC\nNTPSynchronized=${answer}\n`);
}
/** What the battery-backed clock shows, seconds from now. */
function rtc(ahead: number): void {
  mkdirSync(file('rtc0'), { recursive: true });
  writeFileSync(file('rtc0/since_epoch'), `${Math.round(Date.now() / 1_000) + ahead}\n`);
}
function configuration(more: object = {}): Record<string, unknown> {
  return {
    rtcFolder: file('rtc0'),
    syncFile: file('synchronized'),
    statusCommand: [
      execPath,
      '-e',
      'process.stdout.write(require("node:fs").readFileSync(process.argv[1]))',
      file('status'),
    ],
    ntpToRtcCommand: noting('systohc'),
    rtcToSystemCommand: noting('hctosys'),
    ...more,
  };
}
async function open(more: object = {}): Promise<void> {
  host.add({ name: 'clock', oid: 'clock.rtc', config: configuration(more) });
  await host.opened('clock');
  await host.execute('clock', 'poll');
}
const reading = (name: string) => host.get('clock', name);
const refusal = (command: string) =>
  host.execute('clock', command).then(
    () => 'done',
    (error: unknown) => (error as Error).message,
  );

it('shows how far the time can be trusted, and the battery-backed clock', async () => {
  rtc(0);
  await open();
  expect(reading('quality')).toMatchObject({ value: 'rtc', quality: 'good' });
  expect(Math.abs(reading('offset').value as number)).toBeLessThan(3);
  expect(reading('lostPower')).toMatchObject({ value: false });
  expect(reading('lastSync')).toMatchObject({ quality: 'bad', reason: 'it is not known' });
  synced('yes');
  await host.execute('clock', 'poll');
  expect(reading('quality')).toMatchObject({ value: 'ntp' });
  expect(done()).toEqual([]);
});

it('of a board without one shows how far the time can be trusted, and nothing else', async () => {
  expect(clockDevice('clock', configuration())).toMatchObject({ name: 'clock', oid: 'clock.plain' });
  host.add(clockDevice('clock', configuration()));
  await host.opened('clock');
  await host.execute('clock', 'poll');
  expect(reading('quality')).toMatchObject({ value: 'unsynced', quality: 'good' });
  synced('yes');
  await host.execute('clock', 'poll');
  expect(reading('quality')).toMatchObject({ value: 'ntp' });
  expect(reading('lastSync')).toMatchObject({ quality: 'good' });
  expect(Object.keys(host.get('clock'))).toEqual(['quality', 'lastSync']);
  rtc(0);
  expect(clockDevice('clock', configuration())).toMatchObject({ oid: 'clock.rtc' });
});

it('knows from the file of the time client when a server told the time, also when none is heard any more', async () => {
  writeFileSync(file('synchronized'), '');
  utimesSync(file('synchronized'), 1_795_000_000, 1_795_000_000);
  await open();
  expect(reading('quality')).toMatchObject({ value: 'ntp' });
  expect(reading('lastSync')).toMatchObject({ value: 1_795_000_000_000 });
  expect(reading('time')).toMatchObject({ quality: 'bad', reason: 'there is no battery-backed clock' });
});

it('says that nobody knows where that is so', async () => {
  await open({ statusCommand: ['/no/such/tool'] });
  expect(reading('quality')).toMatchObject({
    quality: 'bad',
    reason: expect.stringContaining('nobody tells') as string,
  });
  await host.remove('clock');
  await open({ statusCommand: [execPath, '-e', 'console.log("perhaps")'] });
  expect(reading('quality')).toMatchObject({ quality: 'bad' });
});

it('is not sure of a clock that shows what is no time', async () => {
  rtc(0);
  writeFileSync(file('rtc0/since_epoch'), 'soon');
  await open();
  expect(reading('quality')).toMatchObject({ value: 'unsynced' });
  expect(reading('time')).toMatchObject({ quality: 'bad', reason: 'it shows "soon"' });
});

it('sets the battery-backed clock when it is told to, if a time server has told the time', async () => {
  expect(await refusal('ntpToRtc').catch(() => 'none')).toContain('clock');
  await open();
  expect(await refusal('ntpToRtc')).toContain('there is no battery-backed clock');
  rtc(7_200);
  expect(await refusal('ntpToRtc')).toContain('no time server has told the time');
  expect(done()).toEqual([]);
  synced('yes');
  await host.execute('clock', 'ntpToRtc');
  expect(done()).toEqual(['systohc']);
});

it('sets the time of the system when it is told to, unless something better told it', async () => {
  await open();
  expect(await refusal('rtcToSystem')).toContain('there is no battery-backed clock');
  rtc(-1_000_000_000);
  expect(await refusal('rtcToSystem')).toContain('was without power');
  rtc(7_200);
  await host.execute('clock', 'rtcToSystem');
  expect(done()).toEqual(['hctosys']);
  synced('yes');
  expect(await refusal('rtcToSystem')).toContain('which is better');
  expect(done()).toHaveLength(1);
});

it('does both by itself where it is configured so, and says why when it cannot', async () => {
  rtc(7_200);
  await open({ rtcToSystemAtStart: true, ntpToRtcHours: 24 });
  expect(done()).toEqual(['hctosys']);
  await host.remove('clock');
  synced('yes');
  await open({ ntpToRtcHours: 24 });
  await host.execute('clock', 'poll');
  expect(done()).toEqual(['hctosys', 'systohc']);
});

it('sets a time given by hand with a command for it alone', async () => {
  rtc(0);
  await open();
  await expect(host.execute('clock', 'set', { time: 1_795_000_000_000 })).rejects.toThrow(
    'configure setTimeCommand',
  );
  await host.configure({
    name: 'clock',
    oid: 'clock.rtc',
    config: configuration({ setTimeCommand: noting('set', '@{seconds}') }),
  });
  await host.opened('clock');
  await host.execute('clock', 'set', { time: 1_795_000_000_000 });
  expect(done()).toEqual(['set @1795000000']);
});

it('says what a tool complains about', async () => {
  rtc(0);
  synced('yes');
  await open({ ntpToRtcCommand: failing });
  expect(await refusal('ntpToRtc')).toContain('it ended with 1: sudo: a password is required');
});

it('keeps the contract', async () => {
  rtc(0);
  writeFileSync(file('synchronized'), '');
  expect(await checkDriver(driver!, { config: configuration({ setTimeCommand: noting('set') }) })).toEqual(
    [],
  );
});

it('of a board without one keeps the contract', async () => {
  writeFileSync(file('synchronized'), '');
  expect(await checkDriver(plain!, { config: configuration() })).toEqual([]);
});
