import { ExitCode, toggle, toolSettings, UsageError, type ProgramHost } from '@raspy/runtime';
import { command, printable, type Command } from '@raspy/runtime/cli';
import { MOST_LISTED, ofRequest, wholeIds, withTitanic, type TitanicFaces } from '../titanic.js';
import { asReports } from '../titanic-report.js';
import type { ToolOptions } from '../tool.js';

const IDS = 'ids, or the first six digits or more of each';

/** `raspy titanic retry <id...>` */
export function titanicRetry(options: ToolOptions): Command {
  return command({
    words: 'titanic retry',
    summary: 'Give dead letters their attempts anew, at the end of the line',
    details: 'The exit code is 1 when one of them could not be.',
    args: [['[id...]', IDS]],
    settings: { ...toolSettings, allDead: toggle({ description: 'All dead letters, the oldest first' }) },
    run: ({ settings, args, host }) => {
      if (settings.allDead === args.length > 0) {
        throw new UsageError('give the ids of dead letters, or --all-dead for all of them');
      }
      return withTitanic(settings, host.clock, options, async ({ admin }) => {
        const ids = settings.allDead
          ? asReports(await admin.list({ state: 'dead', limit: MOST_LISTED })).map(({ id }) => id)
          : await wholeIds(admin, args);
        return forEach(ids, 'retried', (id) => admin.retry(id), host, settings.json);
      });
    },
  });
}

/** `raspy titanic drop <id...>` */
export function titanicDrop(options: ToolOptions): Command {
  return command({
    words: 'titanic drop',
    summary: 'End durable requests for good, whatever their state',
    details:
      'One that runs is not called back: only its reply is let go. The exit code is 1 when one of them could not be ended.',
    args: [
      ['<id>', 'its id, or the first six digits or more'],
      ['[id...]', 'more of them'],
    ],
    settings: toolSettings,
    run: ({ settings, args, host }) =>
      withTitanic(settings, host.clock, options, async ({ admin }) =>
        forEach(await wholeIds(admin, args), 'dropped', (id) => admin.drop(id), host, settings.json),
      ),
  });
}

/** Does it to one after the other, and tells of each. */
async function forEach(
  ids: readonly string[],
  done: 'retried' | 'dropped',
  act: (id: string) => ReturnType<TitanicFaces['admin']['drop']>,
  { stdout, stderr }: ProgramHost,
  json: boolean,
): Promise<ExitCode> {
  let code: ExitCode = ExitCode.OK;
  for (const id of ids) {
    const problem = await attempt(id, act);
    if (problem !== undefined) code = ExitCode.FAILED;
    if (json) {
      stdout.write(`${JSON.stringify({ id, result: problem === undefined ? done : 'failed', problem })}\n`);
    } else if (problem === undefined) stdout.write(`${printable(id)} ${done}\n`);
    else stderr.write(`raspy: ${printable(`${id}: ${problem}`)}\n`);
  }
  return code;
}

/** @returns why it was refused, if it was; rejects when Titanic cannot be asked */
async function attempt(
  id: string,
  act: (id: string) => ReturnType<TitanicFaces['admin']['drop']>,
): Promise<string | undefined> {
  try {
    await ofRequest(id, () => act(id));
    return undefined;
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'SERVICE_STATUS' || code === 'UNKNOWN_REQUEST') return (error as Error).message;
    throw error;
  }
}
