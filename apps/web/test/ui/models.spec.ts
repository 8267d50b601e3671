import fc from 'fast-check';
import {
  categoryOf,
  deviceTitle,
  groups,
  matchesFilter,
  moved,
  needsAttention,
  preferencesOf,
  toggled,
  worstQuality,
} from '../../ui/model/arrange.js';
import { cardPlan, commandOf, hasRange, stepOf, typesByOid } from '../../ui/model/controls.js';
import { membersAfter, parseDeclarations, placeOf } from '../../ui/model/declarations.js';
import { fieldOf, type NumberField } from '../../ui/model/fields.js';
import {
  formatAgo,
  formatBytes,
  formatFact,
  formatNumber,
  formatReading,
  formatSpan,
  formatTime,
  formatValue,
  humanize,
} from '../../ui/model/format.js';
import { leaseFor, renewAt } from '../../ui/model/hold.js';
import { asReading, parseDeviceKey, valueKey } from '../../ui/model/keys.js';
import { draftTypes } from '../../ui/model/scenario-types.js';
import { HOUR_MS, spark, withPoint, type Point } from '../../ui/model/spark.js';
import { buildTree } from '../../ui/model/tree.js';
import type { DeviceSummary, DeviceType } from '../../ui/model/types.js';
import { isMeasured, readingText, valueTitle } from '../../ui/model/values.js';
import { mockTypes } from './mock-types.js';

const typeOf = (oid: string): DeviceType => typesByOid(mockTypes).get(oid)!;

describe('a card', () => {
  it('shows the measured value in large, and no control where nothing can be set', () => {
    expect(cardPlan(typeOf('sensor.temperature'))).toMatchObject({
      main: 'temperature',
      readings: [],
      controls: [],
    });
  });

  it('has a slider for a number with both ends, segments for few choices, buttons for simple commands', () => {
    const plan = cardPlan(typeOf('actuator.light'));
    expect(plan.controls.map(({ name, kind, guarded }) => [name, kind, guarded])).toEqual([
      ['level', 'slider', true],
      ['mode', 'segments', false],
    ]);
    expect(plan.actions.map(({ name }) => name)).toEqual(['on', 'off']);
    expect(plan.more.map(({ name }) => name)).toEqual(['fault', 'mend']);
  });

  it('has a switch for a boolean, and knows that a heater is on under a lease only', () => {
    expect(cardPlan(typeOf('actuator.heater')).controls).toMatchObject([
      { kind: 'switch', leaseRequired: true, maxLeaseMs: 120_000 },
    ]);
  });

  it('has the one number of a command at hand, and the picture of a camera', () => {
    expect(cardPlan(typeOf('actuator.doser'))).toMatchObject({
      main: undefined,
      readings: ['dosed'],
      actions: [{ name: 'dose' }],
    });
    expect(cardPlan(typeOf('media.camera')).picture).toBe('photo');
  });

  it('knows types that are parts of others, and takes numbers without ends by a field', () => {
    expect(cardPlan(typeOf('media.tv-channel')).controls).toMatchObject([{ kind: 'number' }]);
    expect(commandOf('up', { title: 'Up', args: { type: 'object' } }).immediate).toBe(true);
  });

  it('steps so that a thumb can find each', () => {
    const step = (schema: object): number => stepOf(fieldOf(schema as never) as NumberField);
    expect(step({ type: 'integer', minimum: 0, maximum: 3 })).toBe(1);
    expect(step({ type: 'number', minimum: 0, maximum: 100 })).toBe(1);
    expect(step({ type: 'number', minimum: 0, maximum: 10 })).toBe(0.1);
    expect(step({ type: 'number', minimum: 0, maximum: 1 })).toBe(0.01);
    expect(hasRange(fieldOf({ type: 'number', minimum: 0 }) as NumberField)).toBe(false);
  });
});

const device = (server: string, name: string, oid: string, more: object = {}): DeviceSummary => ({
  server,
  name,
  oid,
  title: 'Thing',
  state: 'open',
  values: {},
  ...more,
});

describe('the dashboard', () => {
  const list = [
    device('pi.b', 'lamp', 'actuator.light'),
    device('pi.a', 'water', 'sensor.temperature'),
    device('pi.a', 'heater', 'actuator.heater'),
    device('pi.a', 'tv', 'media.tv'),
    device('pi.a', 'tv.volume', 'media.tv-volume', { parent: 'tv' }),
  ];
  const all = { text: '', category: '', attention: false };

  it('groups by server and category, favourites first, parts within their whole', () => {
    const shown = groups(list, { favourites: ['pi.b/lamp'] }, all);
    expect(shown.map(({ id, devices }) => [id, devices.map(({ name }) => name)])).toEqual([
      ['favourites', ['lamp']],
      ['pi.a/Actuators', ['heater']],
      ['pi.a/Media', ['tv']],
      ['pi.a/Sensors', ['water']],
    ]);
  });

  it('finds each word, a category, and what needs attention', () => {
    expect(matchesFilter(list[1]!, { ...all, text: 'PI.A wat' })).toBe(true);
    expect(matchesFilter(list[1]!, { ...all, text: 'lamp' })).toBe(false);
    expect(matchesFilter(list[1]!, { ...all, category: 'Media' })).toBe(false);
    expect(matchesFilter(list[1]!, { ...all, attention: true })).toBe(false);
  });

  it('wants attention for failures, trips and readings that are not good', () => {
    const at = { value: 1, at: 0 };
    expect(needsAttention(device('a', 'b', 'c', { state: 'failed' }))).toBe(true);
    expect(needsAttention(device('a', 'b', 'c', { safety: { state: 'tripped' } }))).toBe(true);
    expect(needsAttention(device('a', 'b', 'c', { values: { x: { ...at, quality: 'stale' } } }))).toBe(true);
    expect(needsAttention(device('a', 'b', 'c', { values: { x: { ...at, quality: 'good' } } }))).toBe(false);
    expect(worstQuality(['good', 'suspect', 'stale'])).toBe('suspect');
  });

  it('keeps the order that was chosen; moving there and back is nothing', () => {
    const ids = fc.uniqueArray(fc.stringMatching(/^[a-f]$/), { minLength: 2 });
    fc.assert(
      fc.property(ids, fc.nat(5), (shown, index) => {
        const id = shown[index % (shown.length - 1)]!;
        const there = moved(shown, shown, id, 1);
        expect(there.indexOf(id)).toBe(shown.indexOf(id) + 1);
        expect(moved(there, there, id, -1)).toEqual(shown);
      }),
    );
    expect(moved(['a'], ['a'], 'a', 1)).toEqual(['a']);
    const order = groups(list, { order: ['pi.a/tv', 'pi.a/heater'] }, all);
    expect(order[0]!.devices[0]!.name).toBe('heater');
    expect(toggled(toggled([], 'x'), 'x')).toEqual([]);
  });

  it('names categories and devices for people', () => {
    expect(categoryOf('heatpump.flow')).toBe('Heatpump');
    expect(deviceTitle({ name: 'water-temperature' })).toBe('Water temperature');
    expect(humanize('tv')).toBe('TV');
    expect(humanize('')).toBe('');
  });
});

describe('preferences', () => {
  it('are read whatever was kept, and keep what is not known here', () => {
    expect(preferencesOf(null)).toEqual({});
    expect(preferencesOf({ favourites: ['a', 1], order: 'b', later: 2 })).toEqual({
      favourites: ['a'],
      order: [],
      later: 2,
    });
  });
});

describe('numbers and times', () => {
  it('are short, and do not lie about their sign', () => {
    expect([0, 25.30001, -3.14159, 1234.5, 12_345, 100.26, 1e12, -0.001].map(formatNumber)).toEqual([
      '0',
      '25.3',
      '−3.14',
      '1235',
      '12\u202F345',
      '100.3',
      '1.00e+12',
      '0',
    ]);
    expect(formatNumber(NaN)).toBe('NaN');
  });

  it('are steady where they are measured', () => {
    expect([25.3, 25, 25.34, 100.2].map((value) => formatValue(value, true))).toEqual([
      '25.30',
      '25',
      '25.34',
      '100.20',
    ]);
  });

  it('tell facts in words', () => {
    expect([formatFact('Closed', true), formatFact('Closed', false), formatFact('On', false)]).toEqual([
      'Closed',
      'Not closed',
      'Off',
    ]);
  });

  it('say nothing of nothing', () => {
    expect(formatReading(undefined)).toBe('–');
    expect(formatReading({ value: null, unit: '°C', at: 0, quality: 'bad' })).toBe('–');
    expect(formatReading({ value: 25, unit: '°C', at: 0, quality: 'good' })).toBe('25\u202F°C');
    expect([true, 'x', { a: 1 }].map((value) => formatValue(value))).toEqual(['Yes', 'x', '{"a":1}']);
  });

  it('tell spans in two units, and ages', () => {
    expect([0, 999, 61_000, 3_600_000, 7_500_000, 90_061_000, -5].map(formatSpan)).toEqual([
      '0 s',
      '1 s',
      '1 min 1 s',
      '1 h',
      '2 h 5 min',
      '1 d 1 h',
      '0 s',
    ]);
    expect(formatAgo(1000, 3000)).toBe('just now');
    expect(formatAgo(0, 125_000)).toBe('2 min 5 s ago');
    expect([12, 2048, 3 * 1024 ** 2].map(formatBytes)).toEqual(['12 B', '2 KiB', '3 MiB']);
  });

  it('leave out the date of today', () => {
    const noon = Date.UTC(2026, 10, 27, 12);
    expect(formatTime(noon, noon + 60_000, 'UTC')).toBe('12:00:00');
    expect(formatTime(noon, noon + 86_400_000, 'UTC')).toBe('27 Nov 2026, 12:00:00');
  });
});

describe('a value beside its title', () => {
  const good = { at: 0, quality: 'good' } as const;
  const lastSync = {
    title: 'Last sync, Unix milliseconds',
    schema: { type: 'number' },
    unit: 'ms',
    access: 'read',
  } as const;

  it('is on or off when it is called so, and so or not otherwise', () => {
    const truth = (title: string, value: boolean): string =>
      readingText({ title, schema: { type: 'boolean' } }, { ...good, value }, 0);
    expect([truth('On', true), truth('On', false)]).toEqual(['On', 'Off']);
    expect([truth('Closed', true), truth('Closed', false)]).toEqual(['Yes', 'No']);
  });

  it('is a date and a time when its title says that it is an instant', () => {
    const noon = new Date(2026, 10, 27, 12).getTime();
    const of = { ...good, value: noon, unit: 'ms' };
    expect(valueTitle(lastSync)).toBe('Last sync');
    expect(readingText(lastSync, of, noon + 172_800_000)).toBe('27 Nov 2026, 12:00:00');
    expect(readingText(lastSync, { ...of, value: null }, noon)).toBe('–');
    const span = { ...lastSync, title: 'Longest lease' };
    expect(valueTitle(span)).toBe('Longest lease');
    expect(readingText(span, { ...of, value: 20 }, noon)).toBe('20\u202Fms');
  });

  it('is not drawn when it is an instant, nor shown in large', () => {
    expect([isMeasured(lastSync), isMeasured({ ...lastSync, title: 'Ping' })]).toEqual([false, true]);
    const quality = { title: 'Quality', schema: { type: 'string' }, access: 'read' } as const;
    const clock = { ...typeOf('sensor.temperature'), values: { quality, lastSync } };
    expect(cardPlan(clock)).toMatchObject({ main: 'quality', readings: ['lastSync'] });
  });
});

describe('keys', () => {
  it('stand for servers, devices and values', () => {
    expect(parseDeviceKey('/device/pi.fake')).toEqual({ kind: 'server', server: 'pi.fake' });
    expect(parseDeviceKey('/device/pi.fake/tv.volume')).toMatchObject({
      kind: 'device',
      device: 'tv.volume',
    });
    expect(parseDeviceKey(valueKey('pi.fake', 'lamp', 'level'))).toMatchObject({
      kind: 'value',
      value: 'level',
    });
    expect(
      ['/event/x', '/device', '/device//x', '/device/a//', '/device/a/', '/device/a/b/c/d'].map(
        parseDeviceKey,
      ),
    ).toEqual(Array.from({ length: 6 }, () => undefined));
  });

  it('hold readings, or something else', () => {
    expect(asReading({ value: 1, at: 2, quality: 'good' })).toMatchObject({ value: 1 });
    expect(
      [undefined, 1, [], { value: 1, at: 'x', quality: 'good' }, { at: 1, quality: 'good' }].map(
        asReading as never,
      ),
    ).toEqual(Array.from({ length: 5 }, () => undefined));
  });

  const told = { seq: '1', restored: false };

  it('are a tree that loses none of them', () => {
    const key = fc
      .array(fc.stringMatching(/^[a-c]$/), { minLength: 1, maxLength: 4 })
      .map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(fc.uniqueArray(key), (keys) => {
        expect(buildTree(keys.map((of) => ({ ...told, key: of, value: 1 }))).count).toBe(keys.length);
      }),
    );
    const root = buildTree(
      [
        { ...told, key: '/a/b', value: { deep: 1 } },
        { ...told, key: '/c', text: 'x' },
        { ...told, key: '/d', base64: 'AA==' },
      ],
      'deep',
    );
    expect(root.children).toMatchObject([{ name: 'a', count: 1, children: [{ path: '/a/b' }] }]);
  });
});

describe('the last hour', () => {
  it('forgets what is older, and does not turn round', () => {
    const points: readonly Point[] = [
      [0, 1],
      [1000, 2],
    ];
    expect(withPoint(points, [HOUR_MS + 500, 3])).toEqual([
      [1000, 2],
      [HOUR_MS + 500, 3],
    ]);
    expect(withPoint(points, [900, 3])).toBe(points);
    expect(withPoint(points, [10 * HOUR_MS, 3])).toEqual([[10 * HOUR_MS, 3]]);
  });

  it('is a line within its frame, whatever the values', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 300 }), (values) => {
        const drawn = spark(
          values.map((of, at) => [at * 1000, of]),
          values.length * 1000,
          100,
          40,
        )!;
        for (const [x, y] of drawn.line
          .slice(1)
          .split('L')
          .map((pair) => pair.split(' ').map(Number))) {
          expect(x! >= 0 && x! <= 100 && y! >= 0 && y! <= 40).toBe(true);
        }
      }),
    );
    expect(spark([[0, 1]], 10, 100, 40)).toBeUndefined();
  });
});

describe('a manual override', () => {
  it('asks for no longer a lease than the guard allows, and renews it after a third', () => {
    expect(leaseFor(600_000, 120_000)).toBe(120_000);
    expect(leaseFor(600_000)).toBe(600_000);
    const hold = { server: 's', device: 'd', lease: 'l', leaseMs: 120_000, renewedAt: 0 };
    expect(renewAt({ ...hold, until: 600_000 })).toBe(40_000);
    expect(renewAt({ ...hold, until: 120_000 })).toBe(Infinity);
  });
});

describe('completion', () => {
  const of = parseDeclarations(
    draftTypes({
      name: '',
      entries: {
        water: { kind: 'value', type: 'number' },
        heater: { kind: 'device', service: 'pi.fake.devices', device: 'heater' },
        target: { kind: 'setting', value: 25 },
        unfinished: {},
        nothing: null,
      },
    }),
  );
  const names = (...chain: string[]): readonly string[] => membersAfter(of, chain).map(({ name }) => name);

  it('offers what is declared, with what is said of it, for a scenario that is empty too', () => {
    expect(names()).toEqual(expect.arrayContaining(['fired', 'sleep', 'until', 'hold', 'log', 'entries']));
    expect(of.globals.find(({ name }) => name === 'fired')!.info).toBe(
      'Why this run began, and what was seen.',
    );
    const empty = parseDeclarations(draftTypes(undefined));
    expect(empty.globals).toEqual(of.globals);
    expect(membersAfter(empty, ['entries'])).toEqual([]);
  });

  it('offers entries as they are in the form, and what each of them has', () => {
    expect(names('entries')).toEqual(['water', 'heater', 'target']);
    expect(names('entries', 'water')).toEqual(expect.arrayContaining(['name', 'value', 'isGood', 'at']));
    expect(names('entries', 'heater')).toEqual(['name', 'command', 'set']);
    expect(names('entries', 'target')).toEqual(['name', 'value', 'unit']);
    expect(names('log')).toEqual(['info', 'warn', 'error']);
    expect(names('fired')).toEqual(expect.arrayContaining(['why', 'at']));
  });

  it('offers nothing after what is not known', () => {
    expect(names('entries', 'nobody')).toEqual([]);
    expect(names('x')).toEqual([]);
    expect(parseDeclarations('rubbish {').globals).toEqual([]);
  });

  it('finds the place that a mistake tells', () => {
    expect(placeOf('line 3, column 5: x')).toEqual({ line: 3, column: 5 });
    expect(placeOf('line 3: x')).toEqual({ line: 3, column: 1 });
    expect(placeOf('is needed')).toBeUndefined();
  });
});
