import { ExitCode, integer } from '@raspy/runtime';
import { command, printable, renderTable, type Command } from '@raspy/runtime/cli';
import type { ScenarioStatus, TraceEntry } from '@raspy/automation';
import type { Millis } from '@raspy/clock';
import {
  asStatus,
  asStatuses,
  asTrace,
  lastRunText,
  scenarioSettings,
  stateText,
  withScenarios,
} from '../scenarios.js';
import { spanText, timeAndSpan } from '../time-text.js';
import type { ToolOptions } from '../tool.js';

const SCENARIO = ['<scenario>', 'its name; raspy scenario ls has all'] as const;

/** `raspy scenario ls` */
export function scenarioLs(options: ToolOptions): Command {
  return command({
    words: 'scenario ls',
    summary: 'List the scenarios: how they stand, and how their last run went',
    settings: scenarioSettings,
    run: ({ settings, host }) =>
      withScenarios(settings, host.clock, options, async ({ running }) => {
        const statuses = asStatuses(await running.status());
        const now = host.clock.wallNow();
        const lines = settings.json
          ? statuses.map((status) => JSON.stringify(status))
          : statuses.length === 0
            ? ['there are no scenarios: raspy scenario shipped shows some to begin with']
            : renderTable(
                ['SCENARIO', 'MODE', 'STATE', 'RUNS', 'LAST RUN', 'TROUBLE'],
                statuses.map((status) => [
                  status.name,
                  status.mode,
                  stateText(status),
                  String(status.runs),
                  lastRunText(status, now),
                  status.troubles[0] ?? '',
                ]),
              );
        host.stdout.write(lines.map((line) => `${line}\n`).join(''));
        return ExitCode.OK;
      }),
  });
}

/** `raspy scenario status <scenario>` */
export function scenarioStatus(options: ToolOptions): Command {
  return command({
    words: 'scenario status',
    summary: 'Tell how a scenario stands: what it holds, what it waits for, what is wrong',
    args: [SCENARIO],
    settings: scenarioSettings,
    run: ({ settings, args, host }) =>
      withScenarios(settings, host.clock, options, async ({ running }) => {
        const status = asStatus(await running.status(args[0]));
        const lines = settings.json ? [JSON.stringify(status)] : statusLines(status, host.clock.wallNow());
        host.stdout.write(lines.map((line) => `${line}\n`).join(''));
        return ExitCode.OK;
      }),
  });
}

/** `raspy scenario trace <scenario>` */
export function scenarioTrace(options: ToolOptions): Command {
  return command({
    words: 'scenario trace',
    summary: 'Show why a scenario was fired, what it saw, sent and said; the latest last',
    args: [SCENARIO],
    settings: {
      ...scenarioSettings,
      count: integer({ description: 'At most so many lines', hint: 'COUNT', default: 50, min: 1, max: 200 }),
    },
    examples: [['raspy scenario trace thermostat --count=10', 'the last ten things that it did']],
    run: ({ settings, args, host }) =>
      withScenarios(settings, host.clock, options, async ({ running }) => {
        const entries = asTrace(await running.trace(args[0]!, settings.count));
        const lines = settings.json
          ? entries.map((entry) => JSON.stringify(entry))
          : entries.length === 0
            ? ['it did nothing since core started']
            : entries.map(traceLine);
        host.stdout.write(lines.map((line) => `${line}\n`).join(''));
        return ExitCode.OK;
      }),
  });
}

/** `raspy scenario show <scenario>` */
export function scenarioShow(options: ToolOptions): Command {
  return command({
    words: 'scenario show',
    summary: 'Print a scenario as JSON, as it is kept, with its code',
    args: [SCENARIO],
    settings: scenarioSettings,
    run: ({ settings, args, host }) =>
      withScenarios(settings, host.clock, options, async ({ kept }) => {
        const scenario = await kept.get(args[0]!);
        host.stdout.write(`${JSON.stringify(scenario, null, settings.json ? 0 : 2)}\n`);
        return ExitCode.OK;
      }),
  });
}

function traceLine({ at, run, kind, text }: TraceEntry): string {
  const number = run === 0 ? '' : `#${run}`;
  return printable(`${new Date(at).toISOString()} ${number.padEnd(5)} ${kind.padEnd(7)} ${text}`);
}

function statusLines(status: ScenarioStatus, now: Millis): string[] {
  const { name, title, mode, runs, queued, lastFiring, lastEnd, holds, fires, troubles } = status;
  const shown: (readonly [string, string | undefined])[] = [
    ['scenario', name],
    ['title', title],
    ['mode', mode],
    ['state', stateText(status)],
    ['runs', String(runs)],
    ['waiting', queued === 0 ? undefined : String(queued)],
    [
      'fired',
      lastFiring &&
        `${[lastFiring.why, lastFiring.entry].filter(Boolean).join(' ')}, ${timeAndSpan(lastFiring.at, now)}`,
    ],
    ['last run', lastEnd && lastRunText(status, now)],
    ...holds.map(
      ({ entry, leaseEndsInMs }) =>
        ['holds', `${entry}, for ${spanText(leaseEndsInMs)} unless renewed`] as const,
    ),
    ...fires.map(
      ({ fire, state }) =>
        ['fires', `${JSON.stringify(fire)}${state === undefined ? '' : `: ${state}`}`] as const,
    ),
    ...troubles.map((trouble) => ['trouble', trouble] as const),
  ];
  return shown.flatMap(([label, said]) =>
    said === undefined ? [] : [printable(`${label.padEnd(9)} ${said}`)],
  );
}
