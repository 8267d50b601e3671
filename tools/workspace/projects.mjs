import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const countsOf = (project) => join(project, 'test-output', 'counts.json');

/** Every project folder of the workspace that has a file of that name. */
function projectsWith(file, root) {
  return ['libs', 'apps', 'tools', 'docs']
    .flatMap((group) => folders(join(root, group)))
    .filter((folder) => existsSync(join(folder, file)));
}

const testedProjects = (root) => projectsWith('jest.config.cjs', root);

function folders(parent) {
  if (!existsSync(parent)) return [];
  const entries = readdirSync(parent, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(parent, entry.name));
}

/** The compiler's configurations of all that is built. */
export function builds(root) {
  return projectsWith('tsconfig.lib.json', root).map((folder) => join(folder, 'tsconfig.lib.json'));
}

/** Forgets the counts of earlier runs: what is found after a run was left by it, or restored from the cache for it. */
export function forgetCounts(root) {
  for (const project of testedProjects(root)) rmSync(countsOf(project), { force: true });
}

/**
 * Sums what the projects' tests left behind.
 * @returns the sums, and in `silent` the projects whose tests left nothing: they crashed, or never ran
 */
export function sumCounts(root) {
  const sum = { passed: 0, failed: 0, skipped: 0, silent: [] };
  for (const project of testedProjects(root)) {
    if (!existsSync(countsOf(project))) {
      sum.silent.push(project.slice(root.length + 1));
      continue;
    }
    const counts = JSON.parse(readFileSync(countsOf(project), 'utf8'));
    sum.passed += counts.passed;
    sum.failed += counts.failed;
    sum.skipped += counts.skipped;
  }
  return sum;
}
