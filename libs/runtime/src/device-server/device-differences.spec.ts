import type { DeviceConfig } from '@raspy/devices';
import fc from 'fast-check';
import { deviceDifferences } from './device-differences.js';

const device = (name: string, n?: number): DeviceConfig => ({
  name,
  oid: 'test.thing',
  ...(n !== undefined && { config: { n } }),
});

it('tells what differs, and nothing else', () => {
  const before = [device('same'), device('gone'), device('changed', 1)];
  expect(deviceDifferences(before, [device('changed', 2), device('same'), device('new')])).toEqual({
    added: ['new'],
    removed: ['gone'],
    changed: ['changed'],
  });
});

it('takes what is written out for what is left out', () => {
  const written = { ...device('a'), config: {}, pollSeconds: 0, log: false };
  expect(deviceDifferences([device('a')], [written])).toEqual({ added: [], removed: [], changed: [] });
});

it('leads from any list to any other', () => {
  const lists = fc.uniqueArray(
    fc
      .record({ name: fc.constantFrom('a', 'b', 'c', 'd'), n: fc.nat(2) })
      .map(({ name, n }) => device(name, n)),
    { selector: ({ name }) => name },
  );
  fc.assert(
    fc.property(lists, lists, (before, after) => {
      const { added, removed, changed } = deviceDifferences(before, after);
      const next = new Map(after.map((one) => [one.name, one]));
      const led = before
        .filter(({ name }) => !removed.includes(name))
        .map((one) => (changed.includes(one.name) ? next.get(one.name)! : one));
      for (const name of added) led.push(next.get(name)!);
      const sorted = (all: readonly DeviceConfig[]) => [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
      expect(sorted(led)).toEqual(sorted(after));
    }),
  );
});
