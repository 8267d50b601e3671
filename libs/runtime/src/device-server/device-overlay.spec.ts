import type { DeviceConfig } from '@raspy/devices';
import fc from 'fast-check';
import { applyChanges, NO_CHANGES, withChanged, withRemoved, type DeviceOverlay } from './device-overlay.js';

const device = (name: string, pin = 1): DeviceConfig => ({ name, oid: 'test.valve', config: { pin } });
const names = (devices: readonly DeviceConfig[]): string[] => devices.map(({ name }) => name);

it('without changes the settings hold', () => {
  const settings = [device('a'), device('b')];
  expect(applyChanges(settings, NO_CHANGES)).toEqual({
    devices: settings,
    changes: NO_CHANGES,
    superseded: [],
  });
});

it('adds, changes and removes', () => {
  const settings = [device('a'), device('b')];
  let changes = withChanged(settings, NO_CHANGES, device('c'));
  changes = withChanged(settings, changes, device('a', 7));
  changes = withRemoved(settings, changes, 'b');
  expect(applyChanges(settings, changes).devices).toEqual([device('a', 7), device('c')]);
});

it('a device that was added and removed leaves nothing behind', () => {
  const settings = [device('a')];
  const added = withChanged(settings, NO_CHANGES, device('b'));
  expect(withRemoved(settings, added, 'b')).toEqual(NO_CHANGES);
});

it('a change back to what the settings say leaves nothing behind, whatever the order of its members', () => {
  const settings = [device('a')];
  const changed = withChanged(settings, NO_CHANGES, device('a', 2));
  expect(withChanged(settings, changed, { config: { pin: 1 }, oid: 'test.valve', name: 'a' })).toEqual(
    NO_CHANGES,
  );
});

it.each<[string, (settings: DeviceConfig[]) => DeviceOverlay]>([
  ['a change', (settings) => withChanged(settings, NO_CHANGES, device('a', 2))],
  ['a removal', (settings) => withRemoved(settings, NO_CHANGES, 'a')],
])('%s does not hold any more when the settings were edited after it', (_, change) => {
  const changes = change([device('a', 1)]);
  expect(applyChanges([device('a', 3)], changes)).toEqual({
    devices: [device('a', 3)],
    changes: NO_CHANGES,
    superseded: ['a'],
  });
});

it('a change of a device that the settings have lost is lost with it', () => {
  const changes = withChanged([device('a')], NO_CHANGES, device('a', 2));
  expect(applyChanges([], changes)).toMatchObject({ devices: [], superseded: ['a'] });
});

it('a device that was added, and that the settings have got since, is as the settings say', () => {
  const changes = withChanged([], NO_CHANGES, device('a', 2));
  expect(applyChanges([device('a', 5)], changes).devices).toEqual([device('a', 5)]);
});

it('is what a plain list would be, for any walk of changes (property)', () => {
  const name = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor');
  const step = fc.oneof(
    fc.record({ type: fc.constant('set' as const), name, pin: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ type: fc.constant('remove' as const), name }),
  );
  fc.assert(
    fc.property(fc.uniqueArray(name), fc.array(step, { maxLength: 20 }), (first, steps) => {
      const settings = first.map((each) => device(each));
      let changes = NO_CHANGES;
      const model = new Map(settings.map((each) => [each.name, each]));
      for (const one of steps) {
        if (one.type === 'set') {
          changes = withChanged(settings, changes, device(one.name, one.pin));
          model.set(one.name, device(one.name, one.pin));
        } else if (model.delete(one.name)) changes = withRemoved(settings, changes, one.name);
        // As it is kept.
        changes = JSON.parse(JSON.stringify(changes)) as DeviceOverlay;
      }
      const { devices, superseded } = applyChanges(settings, changes);
      expect(superseded).toEqual([]);
      expect(names(devices).sort()).toEqual([...model.keys()].sort());
      for (const each of devices) expect(each).toEqual(model.get(each.name));
    }),
  );
});
