import {
  ExitCode,
  integer,
  Interruption,
  toggle,
  toolSettings,
  UsageError,
  type ProgramHost,
} from '@raspy/runtime';
import { command, LiveRegion, renderTable, type Command } from '@raspy/runtime/cli';
import { withBus, type Bus } from '../bus.js';
import { pause } from '../pause.js';
import { allStatistics } from '../statistics.js';
import type { ToolOptions } from '../tool.js';
import { sortedRows, topRows, type Look, type TopRow } from '../top-rows.js';

/** `raspy top [server...]` */
export function top(options: ToolOptions): Command {
  return command({
    words: 'top',
    summary: 'Show the statistics of all servers, those that change fastest first',
    details:
      'In place on a terminal, until Ctrl-C; elsewhere once, after two looks that tell how fast counters rise. Zeros are left ' +
      'out without --all. What is longer than the terminal is cut: name the servers.',
    args: [['[server...]', 'e.g. home.broker; all servers when none is given']],
    settings: {
      ...toolSettings,
      all: toggle({ description: 'Show zeros, too' }),
      everyMs: integer({
        description: 'Milliseconds between looks',
        hint: 'MS',
        default: 1_000,
        min: 100,
        max: 3_600_000,
      }),
    },
    examples: [['raspy top home.broker', 'what the broker does']],
    run: ({ settings, args, host }) =>
      withBus(settings, host.clock, options, async (bus) => {
        const { all, json, everyMs } = settings;
        const interruption = new Interruption(host, host.clock);
        const isEnding = (): boolean => interruption.signal.aborted;
        const live = host.stdout.isTTY && !json ? new LiveRegion(host.stdout) : undefined;
        try {
          let before = await look(bus, host, args);
          while (!isEnding()) {
            await pause(host.clock, everyMs, interruption.signal);
            const now = await Promise.race([lookAgain(bus, host, args), interruption.requested]);
            if (now === undefined || isEnding()) break;
            if (now instanceof Error) {
              if (live === undefined) throw now;
              live.update([`the bus does not answer: ${now.message}`]);
              continue;
            }
            const rows = sortedRows(topRows(now, before), all);
            const lines = json ? rows.map((row) => JSON.stringify(row)) : [...table(rows), ...silent(now)];
            if (live === undefined) {
              host.stdout.write(`${lines.join('\n')}\n`);
              break;
            }
            live.update(lines);
            before = now;
          }
        } finally {
          interruption.dispose();
        }
        return ExitCode.OK;
      }),
  });
}

/** @throws UsageError (rejects) for a server that has no statistics, or is not there */
async function look(bus: Bus, host: ProgramHost, wanted: readonly string[]): Promise<Look> {
  const told = await allStatistics(bus);
  const missing = wanted.filter((server) => !told.has(server));
  if (missing.length > 0) {
    const known = [...told.keys()].join(', ') || 'none';
    throw new UsageError(`there is no server ${missing.join(', ')}; there are: ${known}`);
  }
  const shown = [...told].filter(([server]) => wanted.length === 0 || wanted.includes(server));
  return { at: host.clock.now(), told: new Map(shown) };
}

/** The error of a bus that does not answer just then. */
async function lookAgain(bus: Bus, host: ProgramHost, wanted: readonly string[]): Promise<Look | Error> {
  try {
    return await look(bus, host, wanted);
  } catch (error) {
    return error as Error;
  }
}

function table(rows: readonly TopRow[]): string[] {
  return renderTable(
    ['STATISTIC', 'SERVER', 'VALUE', 'PER SECOND'],
    rows.map(({ server, statistic, value, perSecond }) => [
      statistic,
      server,
      typeof value === 'number' ? numberText(value) : value,
      perSecond === undefined || perSecond === 0 ? '' : numberText(perSecond),
    ]),
  );
}

function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

/** A line for each server that did not answer. */
function silent({ told }: Look): string[] {
  return [...told].flatMap(([server, answer]) =>
    answer instanceof Error ? [`${server} does not answer: ${answer.message}`] : [],
  );
}
