import { toolSettings } from '../config/common-settings.js';
import { ExitCode } from '../lifecycle/exit-code.js';
import { TestHost } from '../testing/test-host.js';
import { command } from './command.js';
import { LiveRegion } from './live-region.js';
import { runTool, type ToolDefinition } from './run-tool.js';
import { printable, renderTable } from './table.js';

const echo = command({
  words: 'thing get',
  summary: 'Get a thing',
  details: 'Any thing.',
  args: [
    ['<thing>', 'what to get'],
    ['[part]', 'a part of it'],
  ],
  settings: toolSettings,
  run: ({ settings, args, host }) => {
    host.stdout.write(`${args.join()} ${settings.brokerPort}\n`);
    return args[0] === 'broken' ? Promise.reject(new Error('broken')) : Promise.resolve(ExitCode.OK);
  },
});
const rest = command({
  words: 'thing ls',
  summary: 'List things',
  args: [['[thing...]', 'which']],
  settings: toolSettings,
  run: ({ args }) => Promise.resolve(args.length === 3 ? ExitCode.OK : ExitCode.FAILED),
});
const none = command({
  words: 'halt',
  summary: 'Halt',
  settings: toolSettings,
  run: () => Promise.resolve(ExitCode.OK),
});
const tool: ToolDefinition = {
  name: 'tool',
  version: '1.2.3',
  summary: 'Does things.',
  commands: [echo, rest, none],
  examples: [['tool thing get lamp', 'gets the lamp']],
};

async function run(...argv: string[]): Promise<{ code: ExitCode; out: string; err: string[] }> {
  const host = new TestHost({ argv });
  const code = await runTool(tool, host);
  return { code, out: host.stdout.text, err: host.stderr.lines };
}

describe('a tool', () => {
  it('runs the command whose words come first, with its flags anywhere behind', async () => {
    expect(await run('thing', 'get', '--broker-port=7', 'lamp', 'bulb')).toMatchObject({
      code: 0,
      out: 'lamp,bulb 7\n',
    });
    expect(await run('thing', 'ls', 'a', 'b', 'c')).toMatchObject({ code: 0 });
    expect(await run('thing', 'ls')).toMatchObject({ code: 1 });
  });

  it('has a help for itself, for a group, and for each command', async () => {
    const all = await run('--help');
    expect(all).toMatchObject({ code: 0, err: [] });
    for (const text of ['Usage: tool <command>', 'thing get  Get a thing', 'halt', 'tool thing get lamp']) {
      expect(all.out).toContain(text);
    }
    const group = await run('thing', '-h');
    expect(group.out).toContain('thing ls');
    expect(group.out).not.toContain('halt');
    const one = await run('thing', 'get', '--help');
    expect(one.out).toContain('Usage: tool thing get <thing> [part] [options]\n\nGet a thing. Any thing.\n');
    expect((await run('halt', '--help')).out).toContain('Usage: tool halt [options]\n\nHalt.\n');
  });

  it('tells its version', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, out: 'tool 1.2.3\n' });
  });

  it.each([
    [['thing'], 'Usage: tool thing <command> [arguments] [options]'],
    [[], 'Usage: tool <command> [arguments] [options]'],
    [['walk', 'dog'], 'tool: there is no command "walk dog"'],
    [['thing', 'gett'], 'tool: there is no command "thing gett": did you mean thing get?'],
    [['--json', 'halt'], 'tool: the command comes first, then its flags: tool thing get --json'],
    [['thing', 'get'], 'tool: tool thing get needs <thing>: what to get'],
    [['thing', 'get', 'a', 'b', 'c'], 'tool: tool thing get takes 2 arguments, and got "c" too'],
    [['halt', 'now'], 'tool: tool halt takes no arguments, and got "now" too'],
    [['halt', '--no'], 'tool: one setting is wrong'],
  ])('ends with 2 when typed as %j', async (argv, told) => {
    const { code, out, err } = await run(...argv);
    expect({ code, out, told: err[0] }).toEqual({ code: 2, out: '', told });
  });

  it('ends with 1 when a command fails', async () => {
    expect((await run('thing', 'get', 'broken')).code).toBe(1);
  });
});

it('runs with what a command puts together itself', async () => {
  const seen: unknown[] = [];
  const own = command({
    words: 'own',
    summary: 'Loads',
    args: [['[word...]', 'words']],
    settings: toolSettings,
    load: (argv) => Promise.resolve({ values: argv.length, positionals: ['a'] }),
    run: ({ settings, args, argv }) => {
      seen.push(settings, args, argv);
      return Promise.resolve(ExitCode.OK);
    },
  });
  await runTool({ ...tool, commands: [own] }, new TestHost({ argv: ['own', '--x', 'y'] }));
  expect(seen).toEqual([2, ['a'], ['--x', 'y']]);
});

describe('a table', () => {
  it('has its columns under their titles', () => {
    expect(renderTable(['A', 'LONG'], [['one', 'x'], ['b']])).toEqual(['A    LONG', 'one  x', 'b']);
  });
  it('makes control characters of foreign texts visible', () => {
    expect(renderTable(['A'], [['\u001b[2J']])).toEqual(['A', '\\u001b[2J']);
    expect(printable('a\nb\u2028')).toBe('a\\u000ab\\u2028');
  });
});

describe('a live region', () => {
  it('goes back over its lines, and clears what is left of longer ones', () => {
    const { stdout } = new TestHost({ isTTY: true });
    const region = new LiveRegion(stdout);
    region.update(['a', 'b']);
    region.update(['c']);
    expect(stdout.text).toBe('a\u001b[K\nb\u001b[K\n\u001b[J\u001b[2Fc\u001b[K\n\u001b[J');
  });
  it('lets other text stand above it', () => {
    const { stdout } = new TestHost({ isTTY: true });
    const region = new LiveRegion(stdout);
    region.update(['a']);
    region.above('log\n');
    expect(stdout.text).toBe('a\u001b[K\n\u001b[J\u001b[1F\u001b[Jlog\na\u001b[K\n\u001b[J');
  });
  it('never fills more than the terminal', () => {
    const { stdout } = new TestHost({ isTTY: true });
    new LiveRegion(stdout).update(Array.from({ length: 50 }, () => 'x'.repeat(200)));
    const lines = stdout.lines.map((line) => line.replaceAll('\u001b[K', ''));
    expect(lines).toHaveLength(29);
    expect(lines.every((line) => line.length === 99)).toBe(true);
  });
});
