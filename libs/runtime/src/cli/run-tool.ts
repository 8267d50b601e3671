import { renderHelp } from '../config/help.js';
import { didYouMean } from '../config/nearest.js';
import { complain, UsageError } from '../lifecycle/complain.js';
import { ExitCode, exitCodeOf } from '../lifecycle/exit-code.js';
import type { ProgramHost } from '../lifecycle/host.js';
import type { Command } from './command.js';

/** A program of several commands. */
export interface ToolDefinition {
  /** As typed, e.g. `raspy`. */
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly commands: readonly Command[];
  readonly examples?: readonly (readonly [string, string])[];
}

/**
 * Finds the command that was typed and runs it. Its words come first: `raspy device get --json`.
 * @returns the exit code; what went wrong stands on stderr by then
 */
export async function runTool(tool: ToolDefinition, host: ProgramHost): Promise<ExitCode> {
  const { argv } = host;
  try {
    const found = tool.commands
      .filter(({ words }) => words.every((word, index) => argv[index] === word))
      .sort((a, b) => b.words.length - a.words.length)[0];
    if (found !== undefined) return await found.execute(tool.name, argv.slice(found.words.length), host);

    const first = argv.findIndex((word) => word.startsWith('-'));
    const words = first < 0 ? argv : argv.slice(0, first);
    const flags = argv.slice(words.length);
    const group = tool.commands.filter((command) =>
      words.every((word, index) => command.words[index] === word),
    );
    if (group.length > 0 && (flags.includes('--help') || flags.includes('-h'))) {
      host.stdout.write(toolHelp(tool, words, group, host));
      return ExitCode.OK;
    }
    if (words.length === 0 && flags.includes('--version')) {
      host.stdout.write(`${tool.name} ${tool.version}\n`);
      return ExitCode.OK;
    }
    if (group.length === 0) {
      const typed = words.join(' ');
      const known = tool.commands.map((command) => command.words.join(' '));
      throw new UsageError(`there is no command "${typed}"${didYouMean(typed, known)}`);
    }
    if (flags.length > 0) {
      throw new UsageError(
        `the command comes first, then its flags: ${tool.name} ${group[0]!.words.join(' ')} ${flags[0]!}`,
      );
    }
    host.stderr.write(toolHelp(tool, words, group, host));
    return ExitCode.USAGE;
  } catch (error) {
    complain(host, tool.name, error);
    return exitCodeOf(error);
  }
}

function toolHelp(
  tool: ToolDefinition,
  words: readonly string[],
  commands: readonly Command[],
  host: ProgramHost,
): string {
  const usage = [tool.name, ...words, '<command> [arguments] [options]'].join(' ');
  return renderHelp(
    {
      usage,
      summary: tool.summary,
      settings: {},
      sections: [
        {
          title: 'Commands',
          rows: commands.map((command) => [command.words.join(' '), command.summary] as const),
        },
        {
          title: 'Exit codes',
          rows: [
            ['0', 'done'],
            ['1', 'failed: no reply, or a status other than 200'],
            ['2', 'typed or configured wrongly'],
            ['3', 'this machine does not allow it: a port in use, a folder that cannot be written'],
          ],
        },
      ],
      ...(tool.examples !== undefined && words.length === 0 && { examples: tool.examples }),
    },
    host.machine,
  );
}
