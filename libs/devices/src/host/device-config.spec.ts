import fc from 'fast-check';
import { Bench, pathsOf, thrown, type Caught } from '../../test/probe.js';
import { DEVICE_NAME_PATTERN, type DeviceConfig } from '../index.js';

const good: DeviceConfig = { name: 'tank', oid: 'sensor.probe', config: { probe: 'id' } };
function refused(candidate: unknown): Caught {
  const { host } = new Bench();
  const error = thrown(() => host.add(candidate as DeviceConfig));
  expect(error.code).toBe('INVALID_CONFIG');
  expect(host.keys()).toEqual([]);
  return error;
}

describe('the configuration of a device', () => {
  it.each(['tank', '28-000005e2fdc3', 'Tank_1.upper', 'a'.repeat(64)])('may name it %s', async (name) => {
    const { host } = new Bench();
    host.add({ ...good, name });
    expect(host.keys()).toEqual([name]);
    await host.close();
  });

  it.each(['', 'a|b', 'a\nb', 'a\n', 'a/b', ' a', 'a b', '.', '..', '-a', 'ä', 'a'.repeat(65)])(
    'may not name it %j',
    (name) => {
      expect(refused({ ...good, name }).mistakes).toEqual([
        { path: 'name', message: expect.stringContaining('must be 1 to 64 letters') as string },
      ]);
    },
  );

  it.each([
    [
      'another oid',
      { ...good, oid: 'sensor.nose' },
      'oid',
      'no driver for "sensor.nose"; there are: sensor.probe',
    ],
    ['a missing member', { ...good, config: {} }, 'config.probe', 'expected string'],
    ['a wrong member', { ...good, config: { probe: 'a', offset: 'b' } }, 'config.offset', 'expected number'],
    ['an unknown member', { ...good, config: { probe: 'a', ofset: 1 } }, 'config.ofset', 'is not known'],
    ['an unknown outer member', { ...good, pol: 1 }, 'pol', 'is not known'],
    ['a config that is a list', { ...good, config: [] }, 'config', 'expected record'],
    ['half a second of polling', { ...good, pollSeconds: 0.5 }, 'pollSeconds', 'whole number of seconds'],
    ['a poll period below -1', { ...good, pollSeconds: -2 }, 'pollSeconds', 'must be -1 (not polled)'],
    ['two months of polling', { ...good, pollSeconds: 5_184_000 }, 'pollSeconds', 'up to 2678400'],
    ['nothing', undefined, '', 'expected object'],
    ['what has no JSON form', { ...good, config: { probe: 1n } }, '', 'has no JSON form'],
  ])('is refused with %s', (_, candidate, path, message) => {
    expect(refused(candidate).mistakes).toEqual([
      { path, message: expect.stringContaining(message) as string },
    ]);
  });

  it('gets all its mistakes told at once', () => {
    const paths = pathsOf(refused({ name: '', oid: 'sensor.probe', config: { offset: 'x', y: 1 }, log: 3 }));
    expect(paths.sort()).toEqual(['config.offset', 'config.probe', 'config.y', 'log', 'name']);
  });

  it('is copied: what the caller does to his object later changes nothing', async () => {
    const { host, probes } = new Bench();
    const config = { probe: 'before' };
    host.add({ ...good, config });
    config.probe = 'after';
    await host.opened();
    expect(host.info('tank').config).toEqual({ probe: 'before' });
    expect(probes[0]!.config).toEqual({ probe: 'before', offset: 0 });
    await host.close();
  });

  it('is either taken or refused with a typed error, whatever it is', async () => {
    const { host } = new Bench({ maxDevices: 3 });
    const part = fc.oneof(fc.string(), fc.constantFrom('sensor.probe', 'tank', -1, 0, 5), fc.anything());
    const candidates = fc.oneof(
      fc.anything(),
      fc.record({
        name: part,
        oid: part,
        config: fc.oneof(part, fc.record({ probe: part })),
        pollSeconds: part,
      }),
    );
    fc.assert(
      fc.property(candidates, (candidate) => {
        const before = host.keys();
        try {
          host.add(candidate as DeviceConfig);
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(
            /^(INVALID_CONFIG|DUPLICATE_DEVICE|TOO_MANY_DEVICES)$/,
          );
          expect(host.keys()).toEqual(before);
        }
        for (const name of host.keys()) expect(name).toMatch(DEVICE_NAME_PATTERN);
      }),
      { numRuns: 300 },
    );
    await host.close();
  });
});
