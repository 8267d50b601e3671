import { ExitCode, toolSettings, UsageError, type ProgramHost } from '@raspy/runtime';
import { command, printable, type Command } from '@raspy/runtime/cli';
import { frameText, type Frame } from '@raspy/wire';
import { jsonFrame, typedFrame } from '../frames-text.js';
import { withTitanic } from '../titanic.js';
import type { ToolOptions } from '../tool.js';

const SERVICE = 'whose settings they are';
const NAME_ARGS = [
  ['<service>', SERVICE],
  ['<section>', 'a group of them'],
  ['<key>', 'its name in there'],
] as const;

/** Titanic takes no longer value. */
const MAX_VALUE_BYTES = 1_048_576;

/** `raspy settings ls [service [section]]` */
export function settingsLs(options: ToolOptions): Command {
  return command({
    words: 'settings ls',
    summary:
      'List names in the settings store: services, the sections of a service, or the keys of a section',
    args: [
      ['[service]', SERVICE],
      ['[section]', 'a group of them'],
    ],
    settings: toolSettings,
    run: ({ settings, args, host }) =>
      withTitanic(settings, host.clock, options, async (titanic) => {
        const [service, section] = args as [string?, string?];
        const names = await titanic.settings.list(service, section);
        for (const name of names) {
          host.stdout.write(`${settings.json ? JSON.stringify(name) : printable(name)}\n`);
        }
        return ExitCode.OK;
      }),
  });
}

/** `raspy settings get <service> <section> <key>` */
export function settingsGet(options: ToolOptions): Command {
  return command({
    words: 'settings get',
    summary: 'Print a value of the settings store',
    details:
      'Into a file or a pipe it goes as it is, byte for byte; on a terminal bytes that are no text stand as hex:…. ' +
      'The exit code is 1 when there is none.',
    args: NAME_ARGS,
    settings: toolSettings,
    run: ({ settings, args, host }) =>
      withTitanic(settings, host.clock, options, async (titanic) => {
        const [service, section, key] = args as [string, string, string];
        const value = await titanic.settings.get(service, section, key);
        if (value === undefined) {
          host.stderr.write(`raspy: there is no setting ${printable(args.join(' '))}\n`);
          return ExitCode.FAILED;
        }
        if (settings.json) {
          host.stdout.write(`${JSON.stringify({ service, section, key, value: jsonFrame(value) })}\n`);
        } else if (host.stdout.isTTY) host.stdout.write(`${valueText(value)}\n`);
        else writeRaw(value, host, options);
        return ExitCode.OK;
      }),
  });
}

/** `raspy settings set <service> <section> <key> <value>` */
export function settingsSet(options: ToolOptions): Command {
  return command({
    words: 'settings set',
    summary: 'Set a value of the settings store',
    details: 'It returns when the value is on the disk.',
    args: [
      ...NAME_ARGS,
      [
        '<value>',
        'its text; 0x… or hex:… for bytes, text:… for a text that looks so; - reads standard input',
      ],
    ],
    settings: toolSettings,
    examples: [
      ['raspy settings set scenario main keys \'["evening"]\'', 'a value that is a text'],
      ['raspy settings set scenario evening code - < evening.json', 'one out of a file'],
    ],
    run: async ({ settings, args, host }) => {
      const [service, section, key, typed] = args as [string, string, string, string];
      const value = typed === '-' ? await readAll(host.stdin) : typedFrame(typed);
      return withTitanic(settings, host.clock, options, async (titanic) => {
        await titanic.settings.set(service, section, key, value);
        return ExitCode.OK;
      });
    },
  });
}

/** `raspy settings delete <service> [section [key]]` */
export function settingsDelete(options: ToolOptions): Command {
  return command({
    words: 'settings delete',
    summary: 'Delete a value of the settings store, a section, or everything of a service',
    details: 'What is not there need not be deleted: the exit code is 0.',
    args: [NAME_ARGS[0], ['[section]', 'all of it'], ['[key]', 'only this']],
    settings: toolSettings,
    run: ({ settings, args, host }) =>
      withTitanic(settings, host.clock, options, async (titanic) => {
        const [service, section, key] = args as [string, string?, string?];
        // The store fails where a section is absent, as the original did.
        const absent =
          section !== undefined &&
          key !== undefined &&
          (await titanic.settings.get(service, section, key)) === undefined;
        if (!absent) await titanic.settings.delete(service, section, key);
        return ExitCode.OK;
      }),
  });
}

/** The value as a person reads it; bytes as hexadecimal. */
function valueText(value: Frame): string {
  const shown = jsonFrame(value);
  return typeof shown === 'string' ? printable(shown) : `hex:${shown.hex}`;
}

function writeRaw(value: Frame, host: ProgramHost, { writeBytes }: ToolOptions): void {
  // A text comes out of its bytes and back whole.
  if (typeof jsonFrame(value) === 'string') host.stdout.write(frameText(value));
  else (writeBytes ?? toProcess)(value);
}

function toProcess(bytes: Uint8Array): void {
  process.stdout.write(bytes);
}

/** @throws UsageError (rejects) as soon as it is longer than a value may be */
async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Frame> {
  const read: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    read.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_VALUE_BYTES)
      throw new UsageError('standard input has more than 1 MiB, the most of a value');
  }
  return Buffer.concat(read);
}
