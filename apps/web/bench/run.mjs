// What the home in a browser costs, with real processes: the memory that web adds to a home; from a change on the bus to the
// paint, with many devices; a hundred readers of events, beside a bare server of the same events; the first load on a
// throttled phone. Prints JSON; progress goes to stderr. Needs Debian's chromium.
//   nx run web:bench [--only=memory,paint,streams,load] [--reps=3] [--changes=300] [--seconds=20]
import { parseArgs } from 'node:util';
import { measureLoad } from './load.mjs';
import { measureMemory } from './memory.mjs';
import { measurePaint } from './paint.mjs';
import { measureStreams } from './streams.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'memory,paint,streams,load' },
    reps: { type: 'string', default: '3' },
    changes: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '20' },
  },
});
const options = {
  reps: Number(values.reps),
  changes: Number(values.changes),
  seconds: Number(values.seconds),
  progress: (text) => process.stderr.write(`${text}\n`),
};
const measures = {
  memory: measureMemory,
  paint: measurePaint,
  streams: measureStreams,
  load: measureLoad,
};
const result = {};
for (const name of values.only.split(',')) result[name] = await measures[name](options);
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
