// The test command: format, project references, lint, types, tests with the coverage gate, the reference without
// warnings, and one closing line.
import { forgetCounts, sumCounts } from './counts.mjs';
import { exitCode, root, spawnTool } from './nx.mjs';

// Whatever hangs is ended then, so that there is a closing line under the limits of any CI.
const DEADLINE_MS = 13.5 * 60_000;

// The project whose tests are of real processes, and wait more than they compute.
const PATIENT = 'raspy-e2e';

// Lanes of a stage run side by side, the steps of a lane one after the other. Types and lint are done in one go each, for all
// projects: one by one they take more than twice the time, most of it spent on what projects share. Lint keeps one core busy for
// minutes, and the patient tests hardly one: behind each other they leave the other core to the rest. Everything is built
// before, since two lanes must not build the same.
const stages = [
  [
    [
      {
        name: 'format (npm run format mends it)',
        tool: 'prettier',
        args: ['--check', '--log-level=warn', '.'],
      },
    ],
    [{ name: 'project references (npx nx sync mends them)', tool: 'nx', args: ['sync:check'] }],
    [{ name: 'types', tool: 'typescript', bin: 'tsc', args: ['-b'] }],
  ],
  [[{ name: 'builds', tool: 'nx', args: ['run-many', '-t', 'build', 'bundle'] }]],
  [
    [
      { name: 'lint', tool: 'nx', args: ['run', 'workspace:lint-all'] },
      {
        name: 'tests of processes',
        tool: 'nx',
        args: ['run', `${PATIENT}:test`, '--excludeTaskDependencies'],
        counted: true,
      },
    ],
    [
      {
        name: 'tests and reference',
        tool: 'nx',
        args: ['run-many', '-t', 'test', 'docs', `--exclude=${PATIENT}`, '--excludeTaskDependencies'],
        counted: true,
      },
    ],
  ],
];

forgetCounts(root);
const broken = [];
const running = new Set();
let late = false;
const end = () => {
  late = true;
  for (const child of running) child.kill('SIGTERM');
};
const deadline = setTimeout(end, DEADLINE_MS);

async function runLane(lane) {
  for (const step of lane) {
    if (late) return;
    const child = spawnTool(step.tool, step.args, ['ignore', 'inherit', 'inherit'], step.bin);
    running.add(child);
    if ((await exitCode(child)) !== 0) broken.push(step);
    running.delete(child);
  }
}

for (const lanes of stages) await Promise.all(lanes.map(runLane));
clearTimeout(deadline);

const { passed, failed, skipped, silent } = sumCounts(root);
const problems = [
  // A failed test fails its run as well; it is told once, by the count.
  ...broken.filter((check) => !(check.counted && failed + silent.length > 0)).map((check) => check.name),
  ...silent.map((project) => `${project}: its tests did not run to their end`),
];
if (late) problems.push(`not done after ${DEADLINE_MS / 60_000} minutes`);
if (passed + failed === 0) problems.push('not one test ran');
for (const problem of problems) console.log(`FAILED  ${problem}`);
// A check that is not a test counts as one failure, so that the line and the exit code never differ.
console.log(`${passed} passed, ${failed + problems.length} failed, ${skipped} skipped`);
process.exitCode = failed + problems.length > 0 ? 1 : 0;
