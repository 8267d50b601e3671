import { writeFile } from 'node:fs/promises';
import { ExitCode, text, toggle, UsageError, type ProgramHost } from '@raspy/runtime';
import { command, printable, renderTable, type Command } from '@raspy/runtime/cli';
import type { ScenarioFile } from '@raspy/automation';
import { jsonFile } from '../json-file.js';
import { asStatus, scenarioSettings, stateText, withScenarios } from '../scenarios.js';
import { mappingOf } from '../typed-mapping.js';
import type { ToolOptions } from '../tool.js';

/** `raspy scenario shipped` */
export function scenarioShipped(options: ToolOptions): Command {
  return command({
    words: 'scenario shipped',
    summary: 'List the scenarios that come with RasPy, to import and to learn from',
    settings: scenarioSettings,
    run: ({ settings, host }) =>
      withScenarios(settings, host.clock, options, async ({ kept }) => {
        const files = (await kept.shipped()) as readonly ScenarioFile[];
        const lines = settings.json
          ? files.map((file) => JSON.stringify(file))
          : renderTable(
              ['SCENARIO', 'ENTRIES', 'WHAT IT DOES'],
              files.map(({ scenario, entries }) => [
                scenario.name,
                Object.keys(entries).join(', '),
                scenario.title ?? '',
              ]),
            );
        host.stdout.write(lines.map((line) => `${line}\n`).join(''));
        return ExitCode.OK;
      }),
  });
}

/** `raspy scenario export <scenario>` */
export function scenarioExport(options: ToolOptions): Command {
  return command({
    words: 'scenario export',
    summary: 'Write a scenario as a file to share: without the names of this home',
    args: [['<scenario>', 'its name, or that of one that comes with RasPy']],
    settings: {
      ...scenarioSettings,
      output: text({
        description: 'File that it is written to',
        hint: 'FILE',
        default: '',
        defaultText: 'standard output',
        from: 'command',
      }),
    },
    examples: [['raspy scenario export thermostat --output=thermostat.json', 'to share with friends']],
    run: ({ settings, args, host }) =>
      withScenarios(settings, host.clock, options, async ({ kept }) => {
        const names = await kept.listKeys();
        const shipped = (await kept.shipped()) as readonly ScenarioFile[];
        const ours = names.includes(args[0]!)
          ? undefined
          : shipped.find(({ scenario }) => scenario.name === args[0]);
        const json = `${JSON.stringify(ours ?? (await kept.export(args[0]!)), null, 2)}\n`;
        if (settings.output === '') host.stdout.write(json);
        else await writeTo(settings.output, json);
        return ExitCode.OK;
      }),
  });
}

/** `raspy scenario import <file>` */
export function scenarioImport(options: ToolOptions): Command {
  return command({
    words: 'scenario import',
    summary: 'Add a scenario of a file, with what its entries are in this home',
    details:
      'Without what it needs to know it says what that is. It is disabled at first, so that it can be looked at; --enable runs it.',
    args: [['<file>', 'a file, - for standard input, or the name of one that comes with RasPy']],
    settings: {
      ...scenarioSettings,
      name: text({
        description: 'What it is called here',
        hint: 'NAME',
        default: '',
        defaultText: 'as in the file',
        from: 'command',
      }),
      map: text({
        description: 'What its entries are here: devices and values by their names, settings by their values',
        hint: 'ENTRY=WHAT,…',
        default: '',
        defaultText: 'none',
        from: 'command',
      }),
      enable: toggle({ description: 'Let it run at once', from: 'command' }),
    },
    examples: [
      [
        'raspy scenario import thermostat --map=water=tank.temperature,heater=heater --enable',
        'a thermostat for the tank',
      ],
    ],
    run: ({ settings, args, host }) =>
      withScenarios(settings, host.clock, options, async ({ kept, running, bus }) => {
        const file = await fileNamed(args[0]!, (await kept.shipped()) as readonly ScenarioFile[], host);
        const entries = await mappingOf(file, settings.map, bus);
        const mapping = {
          entries,
          enabled: settings.enable,
          ...(settings.name !== '' && { name: settings.name }),
        };
        const { name, notes } = (await kept.import(file, mapping)) as {
          readonly name: string;
          readonly notes: readonly string[];
        };
        const status = asStatus(await running.status(name));
        const said = settings.json
          ? [JSON.stringify({ ...status, notes })]
          : [`${name}: ${stateText(status)}`, ...notes.map((note) => `note: ${note}`)].map((line) =>
              printable(line),
            );
        host.stdout.write(said.map((line) => `${line}\n`).join(''));
        return ExitCode.OK;
      }),
  });
}

/** `raspy scenario types <scenario>` */
export function scenarioTypes(options: ToolOptions): Command {
  return command({
    words: 'scenario types',
    summary: 'Print what the code of a scenario can use, as TypeScript declarations for an editor',
    args: [['[scenario]', 'whose entries are declared too; without it what is the same for all']],
    settings: scenarioSettings,
    examples: [['raspy scenario types fill > fill.d.ts', 'beside fill.ts']],
    run: async ({ settings, args, host }) => {
      const { SCENARIO_API, scenarioTypes: typesOf } = await import('@raspy/automation');
      if (args[0] === undefined) {
        host.stdout.write(SCENARIO_API);
        return ExitCode.OK;
      }
      return withScenarios(settings, host.clock, options, async ({ kept }) => {
        const scenario = (await kept.get(args[0]!)) as { readonly entries: Parameters<typeof typesOf>[0] };
        host.stdout.write(typesOf(scenario.entries));
        return ExitCode.OK;
      });
    },
  });
}

async function fileNamed(
  name: string,
  shipped: readonly ScenarioFile[],
  host: Pick<ProgramHost, 'stdin'>,
): Promise<object> {
  const ours = shipped.find(({ scenario }) => scenario.name === name);
  return ours ?? jsonFile(name, host, 'a scenario');
}

async function writeTo(file: string, json: string): Promise<void> {
  try {
    await writeFile(file, json);
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}
