import { ExitCode, integer, Interruption, toolSettings, UsageError, type ProgramHost } from '@raspy/runtime';
import { command, LiveRegion, type Command } from '@raspy/runtime/cli';
import { withBus } from '../bus.js';
import { findDevices, fullName, type FoundDevice } from '../devices.js';
import { changedReadings, type ReadingChange } from '../changes.js';
import { pause } from '../pause.js';
import type { ToolOptions } from '../tool.js';
import { deviceTable } from './device-ls.js';

/** `raspy device watch [device...]` */
export function deviceWatch(options: ToolOptions): Command {
  return command({
    words: 'device watch',
    summary: 'Show readings as they change',
    details: 'Until Ctrl-C; in place on a terminal, a line for each change elsewhere.',
    args: [['[device...]', 'names; all devices when none is given']],
    settings: {
      ...toolSettings,
      everyMs: integer({
        description: 'Milliseconds between looks',
        hint: 'MS',
        default: 1_000,
        min: 100,
        max: 3_600_000,
      }),
    },
    run: ({ settings, args, host }) =>
      withBus(settings, host.clock, options, async (bus) => {
        const interruption = new Interruption(host, host.clock);
        const show = host.stdout.isTTY && !settings.json ? showLive(host) : showChanges(host, settings.json);
        try {
          requireAll(args, await findDevices(bus));
          while (!interruption.signal.aborted) {
            const wanted = (await findDevices(bus)).filter((one) => isWanted(args, one));
            show(wanted);
            await pause(host.clock, settings.everyMs, interruption.signal);
          }
        } finally {
          interruption.dispose();
        }
        return ExitCode.OK;
      }),
  });
}

function isWanted(names: readonly string[], one: FoundDevice): boolean {
  return names.length === 0 || names.includes(one.device.name) || names.includes(fullName(one));
}

function requireAll(names: readonly string[], found: readonly FoundDevice[]): void {
  const missing = names.filter((name) => !found.some((one) => isWanted([name], one)));
  if (missing.length === 0) return;
  const known = found.map((one) => fullName(one)).join(', ') || 'none';
  throw new UsageError(
    `there is no device ${missing.map((name) => `"${name}"`).join(', ')}; there are: ${known}`,
  );
}

function showLive(host: ProgramHost): (found: readonly FoundDevice[]) => void {
  const region = new LiveRegion(host.stdout);
  return (found) => region.update(deviceTable(found));
}

function showChanges(host: ProgramHost, json: boolean): (found: readonly FoundDevice[]) => void {
  const known = new Map<string, string>();
  return (found) => {
    for (const change of changedReadings(found, known)) host.stdout.write(`${changeLine(change, json)}\n`);
  };
}

/** One change as a line, for people or for programs. */
export function changeLine({ device, value, reading, text }: ReadingChange, json: boolean): string {
  if (json) return JSON.stringify({ device, name: value, ...reading });
  return `${new Date(reading.at).toISOString()}  ${device}  ${value}  ${text}`;
}
