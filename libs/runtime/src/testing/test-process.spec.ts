import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestProcess } from './test-process.js';

let folder: string;
let script: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-process-'));
  script = join(folder, 'program.mjs');
  await writeFile(
    script,
    `if (process.argv[2] === 'end') { console.log('ready end'); console.error('why'); process.exit(7); }
     process.on('SIGTERM', () => process.exit(3));
     setInterval(() => {}, 1000);
     console.log('ready', ...process.argv.slice(2), process.env.WORD);`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

it('runs a script with arguments and variables of its own, and tells how it ended', async () => {
  const program = new TestProcess(script, ['stay'], { WORD: 'x' });
  const [, words] = await program.until(/^ready (.*)\n/);
  expect(words).toBe('stay x');
  expect(program.pid).toBeGreaterThan(0);
  expect(await program.end('SIGTERM')).toBe(3);
});

it('tells the signal that ended it', async () => {
  const program = new TestProcess(script, ['stay']);
  await program.until(/ready/);
  expect(await program.end('SIGKILL')).toBe('SIGKILL');
});

it('is killed with all others that a test has left', async () => {
  const program = new TestProcess(script, ['stay']);
  await program.until(/ready/);
  TestProcess.killAll();
  expect(await program.ended).toBe('SIGKILL');
});

it('tells what was written when it ended too early', async () => {
  const program = new TestProcess(script, ['end']);
  await expect(program.until(/never/)).rejects.toThrow(/^ended before \/never\/:\nready end\nwhy\n/);
  expect(await program.ended).toBe(7);
});
