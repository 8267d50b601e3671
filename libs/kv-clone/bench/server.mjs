// A key/value server in a process of its own: what the benchmark loads.
//   server.mjs PORT    CHP at PORT, + 1 and + 2
// SIGUSR2 prints the longest standstill of the event loop since the signal before, in milliseconds.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startKvServer } from '@raspy/kv-clone';

const [port] = process.argv.slice(2);
const at = (offset) => `tcp://127.0.0.1:${Number(port) + offset}`;
const server = await startKvServer({
  chp: { snapshot: at(0), publisher: at(1), collector: at(2) },
  kvmsg: { snapshot: at(3), publisher: at(4), collector: at(5) },
  maxKeys: 2_000_000,
});
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.on('SIGUSR2', () => {
  process.stdout.write(`standstill ${(delay.max / 1e6).toFixed(1)}\n`);
  delay.reset();
});
process.stdout.write(`${server.endpoints.chp.snapshot}\n`);
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
