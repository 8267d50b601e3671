import type { Preview } from '@raspy/automation';
import { ExitCode } from '@raspy/runtime';
import { command, printable, renderTable, type Command } from '@raspy/runtime/cli';
import type { JobReport } from '@raspy/runtime/core-server';
import type { Millis } from '@raspy/clock';
import { asJobReport, asJobReports, cronSettings, lastText, nextText, whenText, withCron } from '../cron.js';
import { timeAndSpan } from '../time-text.js';
import type { ToolOptions } from '../tool.js';
import { countSetting, previewText } from './cron-preview.js';

const JOB = ['<job>', 'its name; raspy cron ls has all'] as const;

/** `raspy cron ls` */
export function cronLs(options: ToolOptions): Command {
  return command({
    words: 'cron ls',
    summary: 'List the jobs: when they run next, and how their last run went',
    settings: cronSettings,
    run: ({ settings, host }) =>
      withCron(settings, host.clock, options, async (cron) => {
        const reports = asJobReports(await cron.list());
        const now = host.clock.wallNow();
        const lines = settings.json
          ? reports.map((report) => JSON.stringify(report))
          : reports.length === 0
            ? ['there are no jobs: raspy cron add makes one']
            : renderTable(
                ['JOB', 'WHEN', 'DOES', 'NEXT', 'LAST'],
                reports.map((report) => [
                  report.name,
                  whenText(memberOf(report, 'when')),
                  doesText(memberOf(report, 'does')),
                  nextText(report, now),
                  lastText(report, now),
                ]),
              );
        host.stdout.write(lines.map((line) => `${line}\n`).join(''));
        return ExitCode.OK;
      }),
  });
}

/** `raspy cron info <job>` */
export function cronInfo(options: ToolOptions): Command {
  return command({
    words: 'cron info',
    summary: 'Tell all about a job: what it is, when it runs next, how its last run went',
    args: [JOB],
    settings: cronSettings,
    run: ({ settings, args, host }) =>
      withCron(settings, host.clock, options, async (cron) => {
        const report = asJobReport(await cron.info(args[0]!));
        const lines = settings.json ? [JSON.stringify(report)] : infoLines(report, host.clock.wallNow());
        host.stdout.write(lines.map((line) => `${line}\n`).join(''));
        return ExitCode.OK;
      }),
  });
}

/** `raspy cron next <job>` */
export function cronNext(options: ToolOptions): Command {
  return command({
    words: 'cron next',
    summary: 'Show the next runs of a job in local time, and what is unusual about them',
    args: [JOB],
    settings: { ...cronSettings, count: countSetting },
    examples: [['raspy cron next lights --count=10', 'with the night on which the clock goes back']],
    run: ({ settings, args, host }) =>
      withCron(settings, host.clock, options, async (cron) => {
        const shown = (await cron.next(args[0]!, settings.count)) as Preview;
        host.stdout.write(previewText(shown, host.clock.wallNow(), settings.json));
        return ExitCode.OK;
      }),
  });
}

function infoLines(report: JobReport, now: Millis): string[] {
  const shown: (readonly [string, string | undefined])[] = [
    ['job', report.name],
    ['title', textOf(memberOf(report, 'title'))],
    ['when', whenText(memberOf(report, 'when'))],
    ['does', doesText(memberOf(report, 'does'))],
    ['next', nextText(report, now)],
  ];
  if ('unreadable' in report) shown.push(['reason', report.unreadable]);
  else {
    const { last, lost, running, waiting, job } = report;
    shown.push(
      ['missed', job.missed],
      ['overlap', job.overlap],
      ['running', running === 0 ? undefined : String(running)],
      ['waiting', waiting === 0 ? undefined : String(waiting)],
      ['last', last && `${last.outcome} (${last.why}), ${timeAndSpan(last.at, now)}`],
      ['reason', last?.reason],
      [
        'result',
        last?.result === undefined || last.result === null ? undefined : JSON.stringify(last.result),
      ],
      ['lost', lost && `${lost.count}, the last of ${new Date(lost.due).toISOString()}: ${lost.reason}`],
    );
  }
  return shown.flatMap(([name, said]) =>
    said === undefined ? [] : [printable(`${name.padEnd(8)} ${said}`)],
  );
}

/** What a job does besides its event. */
function doesText(does: unknown): string {
  if (does === undefined) return 'an event';
  const { command: order, request } = does as {
    readonly command?: { readonly service?: unknown; readonly device?: unknown; readonly name?: unknown };
    readonly request?: { readonly service?: unknown };
  };
  if (order !== undefined) {
    return `${String(order.service).replace(/\.devices$/, '')}.${String(order.device)} ${String(order.name)}`;
  }
  return request === undefined ? JSON.stringify(does) : `durable request to ${String(request.service)}`;
}

function memberOf({ job }: JobReport, name: string): unknown {
  return typeof job === 'object' && job !== null
    ? (job as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
