// The floor for readers of events: a plain server that makes events at a steady rate, puts each into words once, and writes
// it to all that read. No tree, no sessions, no bounds. Arguments: events a second.
import { createServer } from 'node:http';

const perSecond = Number(process.argv[2]);
const readers = new Set();
let timer;
let count = 0;

function begin() {
  const since = performance.now();
  count = 0;
  timer = setInterval(() => {
    for (const due = ((performance.now() - since) * perSecond) / 1_000; count < due; count++) {
      const now = performance.timeOrigin + performance.now();
      const value = { value: count, at: Date.now(), quality: 'good', sentAt: now };
      const data = JSON.stringify({ key: `/device/pi.fake/d${count % 20}/value`, value });
      const text = `event: set\nid: bare:${count}\ndata: ${data}\n\n`;
      for (const reader of readers) reader.write(text);
    }
  }, 1);
}

const server = createServer((request, response) => {
  if (request.url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    readers.add(response);
    response.on('close', () => readers.delete(response));
    return;
  }
  if (request.url === '/begin') begin();
  else clearInterval(timer);
  response.end(String(count));
}).listen(0, '127.0.0.1', () => {
  process.stdout.write(`ready on http://127.0.0.1:${server.address().port}\n`);
});
