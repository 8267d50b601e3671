import { readFile } from 'node:fs/promises';
import { ExitCode, text, UsageError, type ProgramHost, type SettingsOf } from '@raspy/runtime';
import { command, printable, type Command } from '@raspy/runtime/cli';
import { parseJson } from '../json-argument.js';
import { asStatus, scenarioSettings, stateText, withScenarios, type ScenarioClients } from '../scenarios.js';
import { jsonFile } from '../json-file.js';
import type { ToolOptions } from '../tool.js';

const SCENARIO = ['<scenario>', 'its name'] as const;
const own = { default: '', defaultText: 'none', from: 'command' } as const;

/** Settings that say what a scenario is. */
const fileSettings = {
  file: text({ description: 'A file with the scenario as JSON, - for standard input', hint: 'FILE', ...own }),
  code: text({ description: 'A file with its code, JavaScript or TypeScript', hint: 'FILE', ...own }),
};

/** `raspy scenario add <scenario>` */
export function scenarioAdd(options: ToolOptions): Command {
  return command({
    words: 'scenario add',
    summary: 'Add a scenario; one that is wrong is told with all mistakes, and not added',
    args: [SCENARIO],
    settings: { ...scenarioSettings, ...fileSettings },
    examples: [['raspy scenario add fill --file=fill.json --code=fill.ts', 'its code in a file of its own']],
    run: async ({ settings, args, host }) => {
      if (settings.file === '') throw new UsageError('what is it? Give the scenario as JSON with --file');
      const scenario = await typedScenario(settings, args[0], {}, host);
      return withScenarios(settings, host.clock, options, async (clients) => {
        await clients.kept.add(scenario);
        return tellState(clients, args[0]!, host, settings.json);
      });
    },
  });
}

/** `raspy scenario update <scenario>` */
export function scenarioUpdate(options: ToolOptions): Command {
  return command({
    words: 'scenario update',
    summary: 'Change a scenario: all of it with --file, only its code with --code; it begins anew',
    args: [SCENARIO],
    settings: { ...scenarioSettings, ...fileSettings },
    run: async ({ settings, args, host }) => {
      if (settings.file === '' && settings.code === '') throw new UsageError('give --file, --code, or both');
      return withScenarios(settings, host.clock, options, async (clients) => {
        const before = (await clients.kept.get(args[0]!)) as { readonly code?: unknown };
        // Without a file for it, the code stays as it is.
        const base = settings.file === '' ? before : { code: before.code };
        await clients.kept.update(await typedScenario(settings, args[0], base, host));
        return tellState(clients, args[0]!, host, settings.json);
      });
    },
  });
}

/** `raspy scenario check` */
export function scenarioCheck(): Command {
  return command({
    words: 'scenario check',
    summary: 'Tell what is wrong with a scenario, without a home; the exit code is 1 then',
    args: [],
    settings: {
      ...fileSettings,
      json: scenarioSettings.json,
      config: scenarioSettings.config,
      logLevel: scenarioSettings.logLevel,
    },
    examples: [['raspy scenario check --file=fill.json --code=fill.ts', 'before it is added']],
    run: async ({ settings, host }) => {
      if (settings.file === '') throw new UsageError('give the scenario as JSON with --file');
      const scenario = await typedScenario(settings, undefined, { name: 'scenario' }, host);
      const { mistakesInScenario } = await import('../check-scenario.js');
      const mistakes = await mistakesInScenario(scenario);
      const lines = settings.json
        ? [JSON.stringify(mistakes)]
        : mistakes.map(({ path, message }) => printable(path === '' ? message : `${path}: ${message}`));
      host.stdout.write(lines.map((line) => `${line}\n`).join(''));
      return mistakes.length === 0 ? ExitCode.OK : ExitCode.FAILED;
    },
  });
}

/** `raspy scenario delete <scenario>` */
export function scenarioDelete(options: ToolOptions): Command {
  return command({
    words: 'scenario delete',
    summary: 'Stop a scenario and delete it, for good; raspy scenario export keeps a copy',
    args: [SCENARIO],
    settings: scenarioSettings,
    run: ({ settings, args, host }) =>
      withScenarios(settings, host.clock, options, async ({ kept }) => {
        await kept.delete(args[0]!);
        return ExitCode.OK;
      }),
  });
}

/** `raspy scenario enable <scenario>` */
export function scenarioEnable(options: ToolOptions): Command {
  return enabling(options, true, 'Let a scenario run; one that was quarantined, too');
}

/** `raspy scenario disable <scenario>` */
export function scenarioDisable(options: ToolOptions): Command {
  return enabling(options, false, 'Stop a scenario and keep it from running, until it is enabled');
}

function enabling(options: ToolOptions, enabled: boolean, summary: string): Command {
  return command({
    words: `scenario ${enabled ? 'enable' : 'disable'}`,
    summary,
    args: [SCENARIO],
    settings: scenarioSettings,
    run: ({ settings, args, host }) =>
      withScenarios(settings, host.clock, options, async (clients) => {
        await clients.kept.enable(args[0]!, enabled);
        return tellState(clients, args[0]!, host, settings.json);
      }),
  });
}

/** `raspy scenario run <scenario> [payload]` */
export function scenarioRun(options: ToolOptions): Command {
  return command({
    words: 'scenario run',
    summary: 'Run a scenario by hand; one that was quarantined, too',
    args: [SCENARIO, ['[payload]', 'JSON that its code finds in fired.payload']],
    settings: scenarioSettings,
    examples: [['raspy scenario run fill \'{"liters":2}\'', 'with something that its code looks at']],
    run: ({ settings, args, host }) =>
      withScenarios(settings, host.clock, options, async ({ running }) => {
        const payload = args[1] === undefined ? null : parseJson(args[1]);
        return told(await running.run(args[0]!, payload), host, settings.json);
      }),
  });
}

/** `raspy scenario stop <scenario>` */
export function scenarioStop(options: ToolOptions): Command {
  return command({
    words: 'scenario stop',
    summary: 'Stop the run of a scenario: what it held goes to its safe state',
    details: 'It may be fired again; raspy scenario disable keeps it from that.',
    args: [SCENARIO],
    settings: scenarioSettings,
    run: ({ settings, args, host }) =>
      withScenarios(settings, host.clock, options, async ({ running }) =>
        told(await running.stop(args[0]!), host, settings.json),
      ),
  });
}

/** The scenario as JSON; what is wrong in it the server tells. */
async function typedScenario(
  { file, code }: SettingsOf<typeof fileSettings>,
  name: string | undefined,
  base: object,
  host: ProgramHost,
): Promise<object> {
  return {
    ...base,
    ...(file !== '' && (await jsonFile(file, host, 'a scenario'))),
    ...(name !== undefined && { name }),
    ...(code !== '' && { code: await codeFile(code) }),
  };
}

async function codeFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function tellState(
  { running }: ScenarioClients,
  name: string,
  host: ProgramHost,
  json: boolean,
): Promise<ExitCode> {
  return told(await running.status(name), host, json);
}

function told(status: unknown, host: ProgramHost, json: boolean): ExitCode {
  const known = asStatus(status);
  host.stdout.write(`${json ? JSON.stringify(known) : printable(`${known.name}: ${stateText(known)}`)}\n`);
  return ExitCode.OK;
}
