import { machineClockTrust } from './clock-trust.js';

function machine(...present: readonly string[]) {
  const paths = new Set(present);
  return {
    paths,
    trust: machineClockTrust({
      exists: (path) => paths.has(path),
      list: (path) => (paths.has(path) ? ['rtc0'] : []),
    }),
  };
}

describe('the trust in the wall clock', () => {
  it('is there with a battery-backed clock, whatever the time client says', () => {
    expect(machine('/sys/class/rtc', '/run/systemd/timesync').trust()).toBe(true);
  });

  it('is not there without one before the time client has been told the time, and stays from then on', () => {
    const { paths, trust } = machine('/run/systemd/timesync');
    expect(trust()).toBe(false);
    paths.add('/run/systemd/timesync/synchronized');
    expect(trust()).toBe(true);
    paths.delete('/run/systemd/timesync/synchronized');
    expect(trust()).toBe(true);
  });

  it('is there where nothing is known', () => {
    expect(machine().trust()).toBe(true);
  });

  it('can be asked of this machine', () => {
    expect(typeof machineClockTrust()()).toBe('boolean');
  });
});
