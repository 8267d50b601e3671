import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const projects = pathToFileURL(resolve(__dirname, '../projects.mjs')).href;
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'raspy-projects-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function project(path: string, left?: { passed: number; failed: number; skipped: number }): void {
  mkdirSync(join(root, path, 'test-output'), { recursive: true });
  writeFileSync(join(root, path, 'jest.config.cjs'), '');
  if (left !== undefined) writeFileSync(join(root, path, 'test-output/counts.json'), JSON.stringify(left));
}

/** What a call of projects.mjs, which jest cannot load as the ES module it is, returns. */
function calling(code: string): unknown {
  const script = `import * as projects from '${projects}'; console.log(JSON.stringify((${code}) ?? null));`;
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script, root], { encoding: 'utf8' });
  return JSON.parse(ran.stdout) as unknown;
}

const sum = 'projects.sumCounts(process.argv[1])';

describe('The sum of the tests', () => {
  it('adds up what all projects left', () => {
    project('libs/a', { passed: 3, failed: 1, skipped: 2 });
    project('docs/examples', { passed: 4, failed: 0, skipped: 0 });
    expect(calling(sum)).toEqual({ passed: 7, failed: 1, skipped: 2, silent: [] });
  });

  it('names a tested project that left nothing', () => {
    project('libs/a', { passed: 3, failed: 0, skipped: 0 });
    project('apps/crashed');
    expect(calling(sum)).toMatchObject({ passed: 3, silent: ['apps/crashed'] });
  });

  it('does not ask folders without tests', () => {
    mkdirSync(join(root, 'docs/guides'), { recursive: true });
    expect(calling(sum)).toMatchObject({ passed: 0, silent: [] });
  });

  it('does not take the counts of an earlier run for those of this one', () => {
    project('libs/a', { passed: 3, failed: 0, skipped: 0 });
    calling('projects.forgetCounts(process.argv[1])');
    expect(calling(sum)).toMatchObject({ passed: 0, silent: ['libs/a'] });
  });
});

it('What is built is all that has a configuration of its own for it', () => {
  project('libs/a');
  writeFileSync(join(root, 'libs/a/tsconfig.lib.json'), '{}');
  project('apps/tests-alone');
  expect(calling('projects.builds(process.argv[1])')).toEqual([join(root, 'libs/a/tsconfig.lib.json')]);
});
