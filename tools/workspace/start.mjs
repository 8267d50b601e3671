// The start command: builds what the `raspy` command needs, then becomes `raspy start` with the arguments given.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exitCode, root, spawnTool } from './nx.mjs';

const build = spawnTool('nx', ['run', 'raspy:build', '--outputStyle=stream'], ['ignore', 'pipe', 'pipe']);
const output = [];
build.stdout.on('data', (chunk) => output.push(chunk));
build.stderr.on('data', (chunk) => output.push(chunk));

// Asked to end while building: whoever asked wants silence and no error. A second signal, which npm passes on beside the
// terminal's own, changes nothing, so the handlers stay.
let ended = false;
const end = (signal) => {
  ended = true;
  build.kill(signal);
};
process.on('SIGINT', end).on('SIGTERM', end);
process.stderr.write('Building RasPy (some 20 seconds the first time, one second after) ...\n');
const code = await exitCode(build);

if (!ended && code !== 0) {
  process.stderr.write(Buffer.concat(output));
  process.stderr.write('\nRasPy could not be built; the reason stands above. Was `npm ci` run?\n');
  process.exitCode = 1;
} else if (!ended) {
  process.off('SIGINT', end).off('SIGTERM', end);
  // In this very process: a signal then has one receiver, whoever sends it, and a killed start leaves no home behind.
  const bin = join(root, 'apps/raspy/bin/raspy.mjs');
  process.argv.splice(1, 1, bin, 'start');
  await import(pathToFileURL(bin).href);
}
