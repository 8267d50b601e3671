import { ExitCode, toolSettings } from '@raspy/runtime';
import { command, renderTable, type Command } from '@raspy/runtime/cli';
import { withBus } from '../bus.js';
import { findDevices, fullName, qualityText, readingText, type FoundDevice } from '../devices.js';
import type { ToolOptions } from '../tool.js';

/** `raspy device ls` */
export function deviceLs(options: ToolOptions): Command {
  return command({
    words: 'device ls',
    summary: 'List the devices with their latest readings',
    settings: toolSettings,
    run: ({ settings, host }) =>
      withBus(settings, host.clock, options, async (bus) => {
        const found = await findDevices(bus);
        const lines = settings.json
          ? found.map(({ service, device }) => JSON.stringify({ service, ...device }))
          : deviceTable(found);
        host.stdout.write(lines.map((line) => `${line}\n`).join(''));
        return ExitCode.OK;
      }),
  });
}

/** The devices as lines for people, a line a value. */
export function deviceTable(found: readonly FoundDevice[]): string[] {
  const rows = found.flatMap((one) => {
    const { oid, state, reason, values, found } = one.device;
    // What nobody has configured is marked.
    const name = fullName(one) + (found === true ? ' *' : '');
    const readings = Object.entries(values);
    if (state !== 'open' || readings.length === 0) {
      return [[name, oid, '', '', reason === undefined ? state : `${state}: ${reason}`]];
    }
    return readings.map(([value, reading]) => [name, oid, value, readingText(reading), qualityText(reading)]);
  });
  const isAnyFound = found.some(({ device }) => device.found === true);
  return [
    ...renderTable(['DEVICE', 'TYPE', 'VALUE', 'READING', 'QUALITY'], rows),
    ...(isAnyFound ? ['', '* found, not configured: raspy device add gives it a name'] : []),
  ];
}
