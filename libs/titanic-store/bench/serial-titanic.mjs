// The design that Titanic's guide shows, made durable: one request at a time is taken, one at a time is sent, and each step is
// flushed for itself. The floor that is measured against; it keeps no promise beyond.
//   node serial-titanic.mjs <endpoint> <folder>
import { randomUUID } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { MdpClient, MdpWorker, MmiClient } from '@raspy/mdp-protocol';

const [endpoint, folder] = process.argv.slice(2);
const replies = new Map();
const queue = [];
let wake = () => undefined;

function write(name, frames) {
  const file = openSync(join(folder, name), 'w');
  for (const frame of frames) writeSync(file, frame);
  fdatasyncSync(file);
  closeSync(file);
}

const worker = (service, handle) => new MdpWorker({ endpoint, service, handle });
const workers = [
  worker('titanic.request', (body) => {
    const id = randomUUID().replaceAll('-', '');
    write(`${id}.req`, body);
    replies.set(id, undefined);
    queue.push({ id, body });
    wake();
    return Promise.resolve(['200', id]);
  }),
  worker('titanic.reply', ([id]) => {
    const reply = replies.get(Buffer.from(id).toString());
    return Promise.resolve(reply === undefined ? ['300'] : ['200', ...reply]);
  }),
  worker('titanic.close', ([id]) => {
    replies.delete(Buffer.from(id).toString());
    return Promise.resolve(['200']);
  }),
];

const client = new MdpClient({ endpoint });
const mmi = new MmiClient(client);
async function dispatch() {
  for (;;) {
    const next = queue.shift();
    if (next === undefined) {
      await new Promise((resolve) => (wake = resolve));
      continue;
    }
    const [target, ...body] = next.body;
    const service = Buffer.from(target).toString();
    if (!(await mmi.hasService(service))) {
      queue.push(next);
      continue;
    }
    const reply = await client.request(service, body, { timeoutMs: 60_000 });
    write(`${next.id}.rep`, reply);
    replies.set(next.id, reply);
  }
}
void dispatch();

while (workers.some((each) => each.statistics().ready < 1))
  await new Promise((resolve) => setTimeout(resolve, 5));
process.stdout.write('ready\n');
process.once('SIGTERM', () => process.exit(0));
