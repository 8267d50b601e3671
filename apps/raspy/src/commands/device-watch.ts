import {
  connectEndpoint,
  ExitCode,
  integer,
  Interruption,
  toolSettings,
  UsageError,
  type ProgramHost,
} from '@raspy/runtime';
import { command, LiveRegion, type Command } from '@raspy/runtime/cli';
import { withBus, type Bus } from '../bus.js';
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
        const view = host.stdout.isTTY && !settings.json ? liveView(host) : changesView(host, settings.json);
        const broker = connectEndpoint(settings.brokerIp, settings.brokerPort);
        let waiting = false;
        try {
          requireAll(args, await findDevices(bus));
          while (!interruption.signal.aborted) {
            const found = await Promise.race([look(bus), interruption.requested]);
            if (found === undefined) break;
            if (found !== 'unreachable') view.show(found.filter((one) => isWanted(args, one)));
            else if (!waiting) view.waiting(broker);
            waiting = found === 'unreachable';
            await pause(host.clock, settings.everyMs, interruption.signal);
          }
        } finally {
          interruption.dispose();
        }
        return ExitCode.OK;
      }),
  });
}

/** Codes of errors that pass: the broker or a server went away, or is about to come back. */
const PASSING: ReadonlySet<unknown> = new Set([
  'TIMEOUT',
  'CONNECTION_LOST',
  'WORKER_LOST',
  'NO_WORKER',
  'EXPIRED',
]);

/** The devices now; `unreachable` when the broker, or a server it tells of, does not answer. */
async function look(bus: Bus): Promise<readonly FoundDevice[] | 'unreachable'> {
  try {
    return await findDevices(bus);
  } catch (error) {
    if (!PASSING.has((error as { code?: unknown }).code)) throw error;
    return 'unreachable';
  }
}

/** How a watch tells what it sees. */
interface WatchView {
  show(found: readonly FoundDevice[]): void;
  /** Nothing is seen until the broker is back. */
  waiting(broker: string): void;
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

function liveView(host: ProgramHost): WatchView {
  const region = new LiveRegion(host.stdout);
  return {
    show: (found) => region.update(deviceTable(found)),
    waiting: (broker) => {
      const line = `no broker at ${broker}: waiting\n`;
      // On the same terminal it must not tear the table apart.
      if (host.stderr.isTTY) region.above(line);
      else host.stderr.write(line);
    },
  };
}

function changesView(host: ProgramHost, json: boolean): WatchView {
  const known = new Map<string, string>();
  return {
    show: (found) => {
      for (const change of changedReadings(found, known)) host.stdout.write(`${changeLine(change, json)}\n`);
    },
    waiting: (broker) => {
      if (json) host.stdout.write(`${JSON.stringify({ status: 'waiting', broker })}\n`);
      else host.stderr.write(`no broker at ${broker}: waiting\n`);
    },
  };
}

/** One change as a line, for people or for programs. */
export function changeLine({ device, value, reading, text }: ReadingChange, json: boolean): string {
  if (json) return JSON.stringify({ device, name: value, ...reading });
  return `${new Date(reading.at).toISOString()}  ${device}  ${value}  ${text}`;
}
