import type { KvChange, KvClient, KvEntry } from '@raspy/kv-clone';
import { ExitCode, Interruption, integer, toolSettings, UsageError, type ProgramHost } from '@raspy/runtime';
import { command, printable, renderTable, type Command } from '@raspy/runtime/cli';
import { asBuffer, frameText, type Frame } from '@raspy/wire';
import { jsonFrame, typedFrame } from '../frames-text.js';
import type { ToolOptions } from '../tool.js';
import { complete, entryJson, folderOf, withTree, type TreeSettings } from '../tree.js';

const KEY = ['<key>', 'a path such as /device/pi.fake/lamp/level'] as const;
const SUBTREE = ['[subtree]', 'such as /device/pi.fake; everything when it is left out'] as const;

/** `raspy kv get <key>` */
export function kvGet(options: ToolOptions): Command {
  return command({
    words: 'kv get',
    summary: 'Print a value of the key/value tree',
    details: 'The exit code is 1 when there is none.',
    args: [KEY],
    settings: toolSettings,
    run: ({ settings, args, host }) => {
      const key = keyOf(args[0]!);
      return withTree(settings, host.clock, options, folderOf(key), async (tree) => {
        const entry = await tree.get(key, { timeoutMs: settings.timeoutMs });
        if (entry === undefined) {
          host.stderr.write(`raspy: there is no key ${printable(key)}\n`);
          return ExitCode.FAILED;
        }
        host.stdout.write(`${settings.json ? entryJson(entry) : valueText(entry)}\n`);
        return ExitCode.OK;
      });
    },
  });
}

/** `raspy kv set <key> [value]` */
export function kvSet(options: ToolOptions): Command {
  return command({
    words: 'kv set',
    summary: 'Set a value of the key/value tree, or delete it when no value is given',
    details: 'It returns when the tree has it.',
    args: [KEY, ['[value]', 'its text; 0x… or hex:… for bytes, text:… for a text that looks so']],
    settings: {
      ...toolSettings,
      ttlSeconds: integer({
        description: 'Seconds after which the value is deleted unless it is set again; 0 for never',
        hint: 'SECONDS',
        default: 0,
        min: 0,
        max: 315_360_000,
      }),
    },
    run: ({ settings, args, host }) => {
      const [typed, value] = args as [string, string?];
      const key = keyOf(typed);
      return withTree(settings, host.clock, options, folderOf(key), async (tree) => {
        const { timeoutMs, ttlSeconds } = settings;
        const before = await tree.get(key, { timeoutMs });
        const body = value === undefined ? undefined : typedFrame(value);
        if (body === undefined) {
          if (before === undefined) return ExitCode.OK;
          tree.delete(key, { ifOffline: 'fail' });
        } else {
          tree.set(key, body, {
            ifOffline: 'fail',
            ...(ttlSeconds > 0 && { ttlMs: ttlSeconds * 1_000 }),
          });
        }
        await seen(host.clock, timeoutMs, (found) =>
          tree.watch().subscribe((change) => {
            if (changes(change, key, body)) found();
          }),
        );
        return ExitCode.OK;
      });
    },
  });
}

/** `raspy kv ls [subtree]` */
export function kvLs(options: ToolOptions): Command {
  return subtreeCommand(
    options,
    'kv ls',
    'List keys of the key/value tree with their values',
    async (tree, { settings, host, subtree }) => {
      await complete(tree, subtree, settings.timeoutMs);
      const lines = settings.json
        ? tree.entries().map(entryJson)
        : renderTable(
            ['KEY', 'VALUE', 'SEQUENCE', ''],
            tree
              .entries()
              .map((entry) => [
                printable(entry.key),
                short(valueText(entry)),
                String(entry.seq),
                entry.restored ? 'not told since the restart' : '',
              ]),
          );
      host.stdout.write(lines.map((line) => `${line}\n`).join(''));
    },
  );
}

/** `raspy kv watch [subtree]` */
export function kvWatch(options: ToolOptions): Command {
  return subtreeCommand(
    options,
    'kv watch',
    'Show the values of the key/value tree, and each change as it happens, until Ctrl-C',
    async (tree, { settings, host }) => {
      const interruption = new Interruption(host, host.clock);
      const write = (line: string): void => host.stdout.write(`${line}\n`);
      const watching = [
        tree.status$.subscribe((status) => {
          if (status === 'closed') return;
          if (settings.json) write(JSON.stringify({ status }));
          else host.stderr.write(`${STATUS[status]}\n`);
        }),
        tree.watch().subscribe((change) => {
          for (const line of changeLines(change, settings.json)) write(line);
        }),
      ];
      try {
        await interruption.requested;
      } finally {
        for (const one of watching) one.unsubscribe();
        interruption.dispose();
      }
    },
  );
}

/** `raspy kv dump [subtree]` */
export function kvDump(options: ToolOptions): Command {
  return subtreeCommand(
    options,
    'kv dump',
    'Print all of the key/value tree as JSON lines',
    async (tree, { settings, host, subtree }) => {
      await complete(tree, subtree, settings.timeoutMs);
      for (const entry of tree.entries()) host.stdout.write(`${entryJson(entry)}\n`);
    },
  );
}

/** What the work of a command with a subtree is told. */
interface SubtreeRun {
  readonly settings: TreeSettings & { readonly json: boolean };
  readonly host: ProgramHost;
  readonly subtree: string;
}

/** A command that reads a subtree. */
function subtreeCommand(
  options: ToolOptions,
  words: string,
  summary: string,
  work: (tree: KvClient, run: SubtreeRun) => Promise<void>,
): Command {
  return command({
    words,
    summary,
    args: [SUBTREE],
    settings: toolSettings,
    run: ({ settings, args, host }) => {
      const subtree = args[0] ?? '';
      return withTree(settings, host.clock, options, subtree, async (tree) => {
        await work(tree, { settings, host, subtree });
        return ExitCode.OK;
      });
    },
  });
}

const STATUS = {
  syncing: 'waiting for the tree',
  synced: 'complete: changes follow',
  stale: 'out of touch with the tree: what is shown may be out of date',
} as const;

function keyOf(typed: string): string {
  if (typed.startsWith('/')) return typed;
  throw new UsageError(`"${typed}" is no key: it begins with /, as in /${typed}`);
}

/** Whether it is the change that was asked for, and not that of another writer. @param body - none for a deletion */
function changes(change: KvChange, key: string, body: Frame | undefined): boolean {
  if (change.type === 'set') {
    return (
      change.entry.key === key && body !== undefined && asBuffer(body).equals(asBuffer(change.entry.body))
    );
  }
  return change.type === 'delete' && change.key === key && body === undefined;
}

/** A change was sent, and the tree has not told of it in time. */
class UnconfirmedError extends Error {
  override readonly name = 'UnconfirmedError';
  readonly code = 'UNCONFIRMED';

  constructor() {
    super('the tree has not told of the change: it may be against a limit; its log and statistics say so');
  }
}

/** Resolves when `watch` calls what it is given. @throws UnconfirmedError (rejects) when it does not in time */
function seen(
  clock: { now(): number; schedule(at: number, task: () => void): () => void },
  timeoutMs: number,
  watch: (found: () => void) => { unsubscribe(): void },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(clock.now() + timeoutMs, () => {
      watching.unsubscribe();
      reject(new UnconfirmedError());
    });
    const watching = watch(() => {
      cancel();
      resolve();
    });
  });
}

function changeLines(change: KvChange, json: boolean): string[] {
  if (json) return [changeJson(change)];
  switch (change.type) {
    case 'snapshot':
      return change.entries.map(entryLine);
    case 'set':
      return [entryLine(change.entry)];
    case 'delete':
      return [`${printable(change.key)}  deleted`];
  }
}

function changeJson(change: KvChange): string {
  const plain = ({ key, body, seq, restored }: KvEntry) => ({
    key,
    value: jsonFrame(body),
    seq: String(seq),
    restored,
  });
  switch (change.type) {
    case 'snapshot':
      return JSON.stringify({
        type: 'snapshot',
        seq: String(change.seq),
        entries: change.entries.map(plain),
      });
    case 'set':
      return JSON.stringify({ type: 'set', ...plain(change.entry), healed: change.healed });
    case 'delete':
      return JSON.stringify({ ...change, seq: String(change.seq) });
  }
}

function entryLine(entry: KvEntry): string {
  return `${printable(entry.key)}  ${valueText(entry)}`;
}

/** The value as a person reads it; bytes as hexadecimal. */
function valueText({ body }: KvEntry): string {
  const value = jsonFrame(body);
  return typeof value === 'string' ? printable(frameText(body)) : `hex:${value.hex}`;
}

const LONGEST = 100;

function short(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
