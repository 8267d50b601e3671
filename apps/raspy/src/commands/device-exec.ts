import { ExitCode, toolSettings, UsageError } from '@raspy/runtime';
import { command, printable, type Command } from '@raspy/runtime/cli';
import { withBus } from '../bus.js';
import { devicesClient, findDevice } from '../devices.js';
import type { ToolOptions } from '../tool.js';

/** `raspy device exec <device> <command> [json]` */
export function deviceExec(options: ToolOptions): Command {
  return command({
    words: 'device exec',
    summary: 'Execute a command of a device and print its result',
    args: [
      ['<device>', 'its name, or <hostname>.<service>.<name>'],
      ['<command>', 'name of the command; raspy device exec <device> commands lists them'],
      ['[json]', 'its arguments, a JSON object'],
    ],
    settings: toolSettings,
    examples: [['raspy device exec lamp level \'{"percent":80}\'', 'dims the lamp']],
    run: ({ settings, args, host }) => {
      const [name, commandName, json] = args as [string, string, string?];
      const commandArgs = json === undefined ? undefined : parseJson(json);
      return withBus(settings, host.clock, options, async (bus) => {
        const { service, device } = await findDevice(bus, name);
        const { result } = await devicesClient(bus, service).exec(device.name, commandName, commandArgs);
        const text = settings.json ? JSON.stringify({ result }) : printable(JSON.stringify(result));
        host.stdout.write(`${text}\n`);
        return ExitCode.OK;
      });
    },
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(
      `the arguments are no JSON (${(error as Error).message}): give e.g. '{"percent":80}'`,
      {
        cause: error,
      },
    );
  }
}
