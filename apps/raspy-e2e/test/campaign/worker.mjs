// The services of the campaign, in a process that outlives the broker: each execution is a line of the file.
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

const executed = (kind, body) => writeSync(log, `${kind} ${body}\n`);
const echo = new MdpWorker({
  endpoint,
  ...timing,
  service: 'campaign.echo',
  concurrency: 4,
  handle: (body) => {
    executed('echo', Buffer.from(body[0]).toString());
    return Promise.resolve(body);
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
      dose: ({ what }) => {
        executed('once', what);
        return what;
      },
    },
    { idempotency: memoryIdempotency({ maxKeys: 1_000_000 }) },
  ),
});
process.stdout.write('ready\n');
process.once('SIGTERM', () => void Promise.all([echo.close(), dose.close()]).then(() => process.exit(0)));
