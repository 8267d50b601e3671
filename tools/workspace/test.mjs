// The test command: format, project references, build, types, lint, tests with the coverage gate, and one closing line.
import { builds, forgetCounts, sumCounts } from './projects.mjs';
import { exitCode, root, spawnTool } from './nx.mjs';

// Whatever hangs is ended then, so that there is a closing line under the limits of any CI.
const DEADLINE_MS = 13.5 * 60_000;
const withoutBuilds = ['run-many', '--excludeTaskDependencies'];
const tests = [...withoutBuilds, '-t', 'test'];

// What stands together runs side by side. All is built in one go: one by one the projects take twice the time, most of it
// for what they share; so later stages leave out what Nx would build for them.
const stages = [
  [
    { name: 'format', mend: 'npm run format', tool: 'oxfmt', args: ['--check'] },
    { name: 'project references', mend: 'npx nx sync', tool: 'nx', args: ['sync:check'] },
  ],
  [
    { name: 'build', tool: 'typescript', bin: 'tsc', args: ['-b', ...builds(root)] },
    { name: 'types and typed lint', tool: 'oxlint', args: ['--deny-warnings'] },
    { name: 'lint', tool: 'nx', args: ['run', 'workspace:lint-all'] },
  ],
  [{ name: 'bundles', tool: 'nx', args: [...withoutBuilds, '-t', 'ui', 'bundle'] }],
  // What starts programs and browsers waits more than it computes, and takes the longest: it begins at once.
  [
    {
      name: 'tests of processes',
      tool: 'nx',
      args: [...tests, '-p', 'tag:tests:processes', '--parallel=1'],
      counted: true,
    },
    { name: 'tests', tool: 'nx', args: [...tests, '--exclude', 'tag:tests:processes'], counted: true },
  ],
];

forgetCounts(root);
const broken = [];
let running = [];
let late = false;
const end = () => {
  late = true;
  for (const child of running) child.kill('SIGTERM');
};
const deadline = setTimeout(end, DEADLINE_MS);
for (const stage of stages) {
  const begun = performance.now();
  running = stage.map(({ tool, bin, args }) => spawnTool(tool, args, ['ignore', 'inherit', 'inherit'], bin));
  const codes = await Promise.all(running.map(exitCode));
  const seconds = Math.round((performance.now() - begun) / 1_000);
  console.log(`${stage.map(({ name }) => name).join(', ')}: ${seconds} s`);
  broken.push(...stage.filter((_, index) => codes[index] !== 0));
  if (late) break;
}
clearTimeout(deadline);

const { passed, failed, skipped, silent } = sumCounts(root);
const told = ({ name, mend }) => (mend === undefined ? name : `${name}: ${mend} mends it`);
const problems = [
  // A failed test fails its run as well; it is told once, by the count.
  ...broken.filter((check) => !(check.counted && failed + silent.length > 0)).map(told),
  ...silent.map((project) => `${project}: its tests did not run to their end`),
];
if (late) problems.push(`not done after ${DEADLINE_MS / 60_000} minutes`);
if (passed + failed === 0) problems.push('not one test ran');
for (const problem of problems) console.log(`FAILED  ${problem}`);
// A check that is not a test counts as one failure, so that the line and the exit code never differ.
console.log(`${passed} passed, ${failed + problems.length} failed, ${skipped} skipped`);
process.exitCode = failed + problems.length > 0 ? 1 : 0;
