import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';
const hasChromium = existsSync(EXECUTABLE);

/** `describe`, skipped with a reason where there is no browser; not in CI, where it has to be there. */
export function describeInBrowser(name: string, tests: () => void): void {
  if (!hasChromium) process.stderr.write('chromium is not installed: what needs it is skipped\n');
  (hasChromium || process.env['CI'] === 'true' ? describe : describe.skip)(name, tests);
}

export function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

/** Builds the page as it is shipped; its folder. esbuild runs in a process of its own, since jest's globals are not node's. */
export function buildPage(): string {
  const web = path.join(__dirname, '../..');
  const outdir = path.join(web, 'test-output/ui');
  execFileSync(process.execPath, [path.join(web, 'ui/build.mjs'), `--outdir=${outdir}`], { stdio: 'pipe' });
  return outdir;
}
