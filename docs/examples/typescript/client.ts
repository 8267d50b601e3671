// A client of worker.ts: npx tsx docs/examples/typescript/client.ts [endpoint]
import { MdpClient, MdpError, MmiClient } from '@raspy/mdp-protocol';
import { frameText } from '@raspy/wire';

async function main(): Promise<void> {
  const client = new MdpClient({ endpoint: process.argv[2] ?? 'tcp://127.0.0.1:5514' });
  try {
    // Many at once over one connection; each promise gets the reply to its own request.
    const names = ['kitchen', 'cellar', 'greenhouse'];
    const replies = await Promise.all(names.map((name) => client.call('greeting', [name])));
    for (const [greeting] of replies) console.log(frameText(greeting!));

    console.log(`services: ${(await new MmiClient(client).discover('.*')).join(', ')}`);

    await client.call('nobody-offers-this', [''], { ifNoWorker: 'fail' });
  } catch (error) {
    // Compare codes, not classes: two copies of a library may meet in one program.
    console.log(error instanceof MdpError ? `refused: ${error.code}` : error);
  } finally {
    await client.close();
  }
}

void main();
