import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { probeType } from '../test/probe.js';
import { setType } from '../test/television.js';
import { defineDeviceType, deviceTypePage } from './index.js';
import { standardTypes } from './types/index.js';
import { z } from 'zod';

const DOCS = join(__dirname, '../../../docs/devices');

it('tells all that a type declares', () => {
  const page = deviceTypePage(probeType);
  expect(page).toContain('# Probe\n\n`sensor.probe`');
  expect(page).toContain('| `probe` | Probe id | string | must be given |');
  expect(page).toContain('| `offset` |  | number | `0` |');
  expect(page).toContain(
    '| `temperature` | temperature | number | °C | read | suspect outside -55 to 125; stale after 1 min |',
  );
  expect(page).toContain('| `mode` | Mode | `"idle"`, `"busy"` |  | read |  |');
  expect(page).toContain('| `calibrate` | Calibrate | `reference`: number |  |');
  expect(page).toContain('`/device/<hostname>.<service>/<device>/temperature`');
  expect(page).not.toContain('Safety');
});

it('tells of sub-devices, bytes, and values that can be set', () => {
  const page = deviceTypePage(setType);
  expect(page).toContain('## Volume\n\n`media.set-volume`');
  expect(page).toContain('### Values');
  expect(page).toContain('| `volume` | volume | number from 0 to 100 | % | read, set |  |');
  expect(page).toContain('| `pin` | pin | string |  | set |  |');
  expect(page).toContain('| `hours` | hours | number, counter |');
  expect(page).toContain('`/device/<hostname>.<service>/<device>.volume/volume`');
  expect(page).toContain('| `picture` | Take a picture of the screen |  | bytes |');
});

it('tells of safety', () => {
  const page = deviceTypePage(
    defineDeviceType({
      oid: 'test.doser',
      title: 'Doser',
      config: z.object({}),
      values: { on: { schema: z.boolean(), access: 'readwrite' } },
      commands: { dose: { title: 'Dose', args: z.object({ ml: z.number().positive() }) } },
      safety: {
        output: 'on',
        leaseRequired: true,
        maxLeaseMs: 1_500,
        maxOnMs: 90_000,
        minOffMs: 120_000,
        duty: { onMs: 600_000, windowMs: 3_600_000 },
        budgets: [{ command: 'dose', argument: 'ml', maxAtOnce: 5, max: 20, windowMs: 86_400_000 }],
        latch: ['maxOn'],
      },
    }),
  );
  expect(page).toContain(
    [
      "- `on` is guarded by the device's host. When control, an input or the host is lost it is off.",
      '- It is on only under a lease, which whoever controls it renews.',
      '- A lease lasts 1500 ms at most.',
      '- On for 90 s at most at a time.',
      '- Off for 2 min at least.',
      '- On for 10 min at most in any 1 h.',
      '- `dose`: `ml` up to 5 at once, and 20 in any 24 h.',
      '- A trip of `maxOn` holds until it is acknowledged.',
    ].join('\n'),
  );
  expect(page).toContain('| `dose` | Dose | `ml`: number above 0 |  |');
});

it('docs/devices holds the pages of the types that ship: npx nx run devices:pages writes them', async () => {
  const names = standardTypes.map(({ oid }) => `${oid}.md`);
  expect((await readdir(DOCS)).filter((name) => name !== 'README.md').sort()).toEqual([...names].sort());
  for (const type of standardTypes) {
    expect(await readFile(join(DOCS, `${type.oid}.md`), 'utf8')).toBe(deviceTypePage(type));
  }
});
