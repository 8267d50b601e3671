import { writeFile } from 'node:fs/promises';
import { ExitCode, integer, text, toolSettings, UsageError, type ProgramHost } from '@raspy/runtime';
import { command, printable, type Command } from '@raspy/runtime/cli';
import { withBus } from '../bus.js';
import { devicesClient, findDevice } from '../devices.js';
import { parseJson } from '../json-argument.js';
import type { ToolOptions } from '../tool.js';

/** Settings of commands that order something. */
const orderSettings = {
  ...toolSettings,
  leaseSeconds: integer({
    description:
      'Seconds after which what is set goes to its fail-safe state unless the lease is renewed; 0 for no lease',
    hint: 'SECONDS',
    default: 0,
    min: 0,
    max: 86_400,
  }),
  key: text<string | undefined>({
    description: 'Names this order for good: repeated with the same key it is answered, not executed again',
    hint: 'KEY',
    default: undefined,
  }),
};

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
    settings: {
      ...orderSettings,
      output: text<string | undefined>({
        description: 'File for the bytes that come back, as those of a photo; - for standard output',
        hint: 'FILE',
        default: undefined,
      }),
    },
    examples: [
      ['raspy device exec lamp level \'{"percent":80}\'', 'dims the lamp'],
      ['raspy device exec camera photo --output=tank.png', 'takes a photo'],
    ],
    run: async ({ settings, args, host }) => {
      const [name, commandName, json] = args as [string, string, string?];
      const commandArgs = json === undefined ? undefined : parseJson(json);
      return execute(options, { settings, host, name, commandName, commandArgs, output: settings.output });
    },
  });
}

/** `raspy device set <device> <value>=<json>…` */
export function deviceSet(options: ToolOptions): Command {
  return command({
    words: 'device set',
    summary: 'Set values of a device',
    args: [
      ['<device>', 'its name, or <hostname>.<service>.<name>'],
      ['<value>=<json>…', 'such as on=true, level=40; what is no JSON is a text'],
    ],
    settings: orderSettings,
    examples: [
      ['raspy device set lamp level=40', 'dims the lamp'],
      ['raspy device set heater on=true --lease-seconds=60', 'heats for a minute'],
    ],
    run: async ({ settings, args, host }) => {
      const [name, ...pairs] = args as [string, ...string[]];
      const commandArgs = Object.fromEntries(pairs.map(assignment));
      return execute(options, { settings, host, name, commandName: 'set', commandArgs, output: undefined });
    },
  });
}

interface Order {
  readonly settings: Parameters<typeof withBus>[0] & {
    readonly json: boolean;
    readonly leaseSeconds: number;
    readonly key: string | undefined;
  };
  readonly host: ProgramHost;
  readonly name: string;
  readonly commandName: string;
  readonly commandArgs: unknown;
  readonly output: string | undefined;
}

async function execute(options: ToolOptions, order: Order): Promise<ExitCode> {
  const { settings, host, name, commandName, commandArgs, output } = order;
  const { leaseSeconds, key } = settings;
  return withBus(settings, host.clock, options, async (bus) => {
    const { service, device } = await findDevice(bus, name);
    const client = devicesClient(bus, service).with({
      ...(leaseSeconds > 0 && { leaseMs: leaseSeconds * 1_000 }),
      ...(key !== undefined && { key }),
    });
    const { result, bytes } = await client.exec(device.name, commandName, commandArgs);
    if (output === '-') {
      for (const piece of bytes) (options.writeBytes ?? ((raw) => process.stdout.write(raw)))(piece);
      return ExitCode.OK;
    }
    if (output !== undefined) await writeFile(output, Buffer.concat(bytes));
    const size = bytes.reduce((sum, piece) => sum + piece.length, 0);
    const text = settings.json ? JSON.stringify({ result }) : printable(JSON.stringify(result));
    host.stdout.write(`${text}\n`);
    if (size > 0 && output === undefined) {
      host.stderr.write(`raspy: ${size} bytes came back too: --output=FILE keeps them\n`);
    }
    return ExitCode.OK;
  });
}

function assignment(pair: string): [string, unknown] {
  const at = pair.indexOf('=');
  if (at < 1) throw new UsageError(`"${pair}" will not do: give a value as name=json, such as on=true`);
  const value = pair.slice(at + 1);
  try {
    return [pair.slice(0, at), JSON.parse(value) as unknown];
  } catch {
    return [pair.slice(0, at), value];
  }
}
