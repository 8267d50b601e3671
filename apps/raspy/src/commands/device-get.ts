import { ExitCode, toolSettings } from '@raspy/runtime';
import { command, printable, renderTable, type Command } from '@raspy/runtime/cli';
import { withBus } from '../bus.js';
import {
  asReading,
  asReadings,
  devicesClient,
  findDevice,
  fullName,
  qualityText,
  readingText,
} from '../devices.js';
import type { ToolOptions } from '../tool.js';

/** `raspy device get <device> [value]` */
export function deviceGet(options: ToolOptions): Command {
  return command({
    words: 'device get',
    summary: "Print a device's readings",
    details: 'With a value, that reading alone. The exit code is 1 when one of them is not good.',
    args: [
      ['<device>', 'its name, or <hostname>.<service>.<name>'],
      ['[value]', 'name of one value'],
    ],
    settings: toolSettings,
    run: ({ settings, args, host }) =>
      withBus(settings, host.clock, options, async (bus) => {
        const [name, value] = args as [string, string?];
        const found = await findDevice(bus, name);
        const answer = await devicesClient(bus, found.service).get(found.device.name, value);
        const one = value === undefined ? undefined : asReading(answer);
        const readings = value === undefined ? asReadings(answer) : one === undefined ? {} : { [value]: one };
        const lines = settings.json
          ? Object.entries(readings).map(([key, reading]) =>
              JSON.stringify({ device: fullName(found), name: key, ...reading }),
            )
          : one !== undefined
            ? [printable(readingText(one))]
            : renderTable(
                ['VALUE', 'READING', 'QUALITY', 'AT'],
                Object.entries(readings).map(([key, reading]) => [
                  key,
                  readingText(reading),
                  qualityText(reading),
                  new Date(reading.at).toISOString(),
                ]),
              );
        host.stdout.write(lines.map((line) => `${line}\n`).join(''));
        const good = Object.values(readings).every(({ quality }) => quality === 'good');
        return good ? ExitCode.OK : ExitCode.FAILED;
      }),
  });
}
