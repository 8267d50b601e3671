import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from '@raspy/runtime/cli';
import { TestHost } from '@raspy/runtime/testing';
import { raspyTool } from '../src/tool.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'raspy-doctor-'))));
afterEach(() => rmSync(root, { recursive: true }));

async function doctor(...argv: string[]) {
  const host = new TestHost({
    argv: ['doctor', ...argv, `--root=${root}`],
    env: { RASPY_CONFIG: '/dev/null' },
  });
  const code = await runTool(raspyTool(), host);
  return { code, out: host.stdout.lines, err: host.stderr.text };
}

it.each([[['onewire']], [[]]])('prints what is missing, and the lines to add: %j', async (argv) => {
  mkdirSync(join(root, 'boot/firmware'), { recursive: true });
  writeFileSync(join(root, 'boot/firmware/config.txt'), '');
  expect(await doctor(...argv)).toEqual({
    code: 1,
    err: '',
    out: [
      'MISSING /boot/firmware/config.txt does not switch 1-Wire on.',
      '         add to the end of /boot/firmware/config.txt, and restart the board:',
      '           [all]',
      '           dtoverlay=w1-gpio',
      '           # or, on another pin than GPIO 4:',
      '           # dtoverlay=w1-gpio,gpiopin=17',
      'ok      What the kernel has loaded is not looked at: this system does not run.',
    ],
  });
});

it('is content, and tells the same as JSON', async () => {
  mkdirSync(join(root, 'boot'));
  writeFileSync(join(root, 'boot/config.txt'), 'dtoverlay=w1-gpio\n');
  const { code, out } = await doctor('onewire', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out[0]!)).toEqual({
    area: 'onewire',
    level: 'ok',
    text: '/boot/config.txt switches 1-Wire on, on GPIO 4.',
  });
});

it('knows what it can look at', async () => {
  const { code, err } = await doctor('weather');
  expect(code).toBe(2);
  expect(err).toContain('there is nothing to look at called "weather": give one of onewire');
});
