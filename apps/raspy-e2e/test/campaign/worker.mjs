// The services of the campaign, in a process that outlives the broker: each execution is a line of the file, and has a number
// that is a part of its reply, so that a second execution cannot be taken for the first.
//   node worker.mjs <endpoint> <file>
import { openSync, writeSync } from 'node:fs';
import {
  action,
  defineService,
  memoryIdempotency,
  MdpWorker,
  serviceHandler,
  text,
} from '@raspy/mdp-protocol';

const [endpoint, file] = process.argv.slice(2);
const log = openSync(file, 'a');
const timing = { heartbeatIntervalMs: 200, heartbeatLiveness: 5, reconnectDelayMs: 100 };

/** Long enough that a kill often finds one at work, and its reply has nowhere to go. */
const work = () => new Promise((resolve) => setTimeout(resolve, 3));
let executions = 0;
/** @returns its number */
function executed(kind, body) {
  const number = ++executions;
  writeSync(log, `${kind} ${body} ${number} ${Date.now()}\n`);
  return `${number}`;
}
const echo = new MdpWorker({
  endpoint,
  ...timing,
  service: 'campaign.echo',
  concurrency: 4,
  handle: async (body) => {
    const number = executed('echo', Buffer.from(body[0]).toString());
    await work();
    return [...body, number];
  },
});
const once = defineService({ dose: action('dose', { params: [text('what')], result: [text('done')] }) });
const dose = new MdpWorker({
  endpoint,
  ...timing,
  service: 'campaign.once',
  handle: serviceHandler(
    once,
    {
      dose: async ({ what }) => {
        const number = executed('once', what);
        await work();
        return `${what} ${number}`;
      },
    },
    { idempotency: memoryIdempotency({ maxKeys: 1_000_000 }) },
  ),
});
process.stdout.write('ready\n');
process.once('SIGTERM', () => void Promise.all([echo.close(), dose.close()]).then(() => process.exit(0)));
