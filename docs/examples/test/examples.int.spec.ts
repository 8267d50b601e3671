import { startBroker, type RunningBroker } from '@raspy/mdp-protocol';
import { spawnSync } from 'node:child_process';
import { python, start, type Program } from './program.js';

jest.setTimeout(30_000);

let broker: RunningBroker;
let workers: Program[];

beforeEach(async () => {
  workers = [];
  broker = await startBroker({ endpoint: 'tcp://127.0.0.1:*' });
});
afterEach(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await broker.close();
});

function serve(name: Parameters<typeof start>[0]): Program {
  const worker = start(name, broker.endpoint);
  workers.push(worker);
  return worker;
}

/** Runs an example to its end, which has to be a good one. */
async function output(name: Parameters<typeof start>[0]): Promise<string> {
  const program = start(name, broker.endpoint);
  expect({ code: await program.ended, stderr: program.stderr }).toEqual({ code: 0, stderr: '' });
  return program.stdout;
}

describe('The TypeScript examples', () => {
  it('greet: worker.ts serves client.ts, and leaves when asked to', async () => {
    const worker = serve('typescript/worker.ts');
    await worker.printed('worker ready');
    expect(await output('typescript/client.ts')).toBe(
      'hello, kitchen\nhello, cellar\nhello, greenhouse\nservices: greeting\nrefused: NO_WORKER\n',
    );
    worker.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(worker.stderr).toBe('');
    expect(broker.services()).toEqual([]);
  });

  it('declare a service once: typed-service.ts', async () => {
    expect(await output('typescript/typed-service.ts')).toBe(
      "[ 'desk', 'hall' ]\n{ percent: 40 }\n\"pi.lamps\" answered 404: no lamp is called cellar\n",
    );
  });
});

const pyzmq = spawnSync(python, ['-c', 'import zmq']).status === 0;
const required = process.env['CI'] === 'true';
const why = pyzmq || required ? '' : ' (skipped: needs the Debian package python3-zmq)';

(pyzmq || required ? describe : describe.skip)(`The Python examples${why}`, () => {
  it('serve and ask each other through our broker', async () => {
    serve('python/worker.py');
    expect(await output('python/client.py')).toBe(
      'python.greeting 200 hello, world\nmmi.discovery 200 python.greeting\n',
    );
  });
});
