// A worker that greets whoever asks: npx tsx docs/examples/typescript/worker.ts [endpoint]
import { MdpWorker } from '@raspy/mdp-protocol';
import { frameText } from '@raspy/wire';

const worker = new MdpWorker({
  endpoint: process.argv[2] ?? 'tcp://127.0.0.1:5514',
  service: 'greeting',
  concurrency: 4,
  handle: ([name]) => {
    const greeting = name === undefined ? ['whom?', '400'] : [`hello, ${frameText(name)}`, '200'];
    return Promise.resolve(greeting);
  },
});
worker.status$.subscribe((status) => console.log(`worker ${status}`));

// Whoever is being served gets the reply; nobody new is sent here.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void worker.close());
