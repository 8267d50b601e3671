import { ExitCode, integer, oneOf, text, toolSettings } from '@raspy/runtime';
import { command, printable, renderTable, type Command } from '@raspy/runtime/cli';
import { spanText } from '../time-text.js';
import { MOST_LISTED, withTitanic } from '../titanic.js';
import { asReports, countsText, deadCount } from '../titanic-report.js';
import type { ToolOptions } from '../tool.js';

const STATES = ['waiting', 'held', 'running', 'done', 'expired', 'dead'] as const;
const LONGEST_REASON = 60;

/** `raspy titanic ls` */
export function titanicLs(options: ToolOptions): Command {
  return command({
    words: 'titanic ls',
    summary: 'List durable requests, the oldest first, with how many there are in each state',
    settings: {
      ...toolSettings,
      state: oneOf<(typeof STATES)[number] | ''>({
        description: `Only those that are ${STATES.slice(0, -1).join(', ')} or dead`,
        hint: 'STATE',
        words: STATES,
        default: '',
        defaultText: 'all',
      }),
      service: text({
        description: 'Only those for this service',
        hint: 'NAME',
        default: '',
        defaultText: 'all',
        from: 'command',
      }),
      limit: integer({
        description: 'So many at most',
        hint: 'COUNT',
        default: 1_000,
        min: 1,
        max: MOST_LISTED,
      }),
    },
    examples: [
      ['raspy titanic ls --state=dead', 'dead letters: what was given up, and why'],
      ['raspy titanic ls --service=pi.fake.devices', 'orders that wait for that server'],
    ],
    run: ({ settings, host }) =>
      withTitanic(settings, host.clock, options, async ({ admin }) => {
        const { state, service, limit } = settings;
        const [listed, statistics] = await Promise.all([
          admin.list({ limit, ...(state !== '' && { state }), ...(service !== '' && { service }) }),
          admin.statistics(),
        ]);
        const reports = asReports(listed);
        if (settings.json) {
          for (const report of reports) host.stdout.write(`${JSON.stringify(report)}\n`);
          return ExitCode.OK;
        }
        const now = host.clock.wallNow();
        const table = renderTable(
          ['ID', 'SERVICE', 'STATE', 'AGE', 'ATTEMPTS', 'REASON'],
          reports.map((report) => [
            report.id,
            report.service,
            report.state,
            spanText(now - report.acceptedAt),
            String(report.attempts),
            short(report.reason ?? ''),
          ]),
        );
        const filter = [state, service === '' ? '' : `for ${service}`]
          .filter((word) => word !== '')
          .join(' ');
        const lines = [
          ...(reports.length === 0 ? [] : [...table, '']),
          ...(reports.length === 0 && filter !== '' ? [printable(`none is ${filter}`)] : []),
          ...(reports.length === limit ? [`the oldest ${limit} are shown: --limit=COUNT shows more`] : []),
          countsText(statistics),
          ...hints(deadCount(statistics), state),
        ];
        host.stdout.write(lines.map((line) => `${line}\n`).join(''));
        return ExitCode.OK;
      }),
  });
}

/** What can be done about dead letters. */
function hints(dead: number, shown: string): string[] {
  if (dead === 0) return [];
  return shown === 'dead'
    ? ['raspy titanic retry ID… tries them again, raspy titanic drop ID… ends them']
    : ['raspy titanic ls --state=dead shows what was given up, raspy titanic show ID why'];
}

function short(reason: string): string {
  return reason.length <= LONGEST_REASON ? reason : `${reason.slice(0, LONGEST_REASON)}…`;
}
