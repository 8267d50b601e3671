// A broker with its default options, in a process of its own: what the benchmark loads.
import { startBroker } from '@raspy/mdp-protocol';

const broker = await startBroker({ endpoint: 'tcp://127.0.0.1:*' });
process.stdout.write(`${broker.endpoint}\n`);
process.once('SIGTERM', () => void broker.close().then(() => process.exit(0)));
