// A service declared once, its typed server and its typed client: npx tsx docs/examples/typescript/typed-service.ts [endpoint]
import {
  action,
  defineService,
  json,
  keys,
  MdpClient,
  MdpServiceStatusError,
  MdpWorker,
  serviceClient,
  serviceHandler,
  ServiceRefusal,
  text,
} from '@raspy/mdp-protocol';
import { z } from 'zod';

const level = z.object({ percent: z.number().min(0).max(100) });

const lamps = defineService({
  listKeys: action('list_keys', { title: 'Names of the lamps', result: [keys('lamps')] }),
  dim: action('dim', {
    title: 'Dims a lamp',
    params: [text('lamp'), json('level', level)],
    result: [json('level', level)],
  }),
});

async function main(): Promise<void> {
  const endpoint = process.argv[2] ?? 'tcp://127.0.0.1:5514';
  const percents = new Map([
    ['desk', 0],
    ['hall', 100],
  ]);
  const worker = new MdpWorker({
    endpoint,
    service: 'pi.lamps',
    handle: serviceHandler(lamps, {
      listKeys: () => [...percents.keys()],
      dim: ({ lamp, level: { percent } }) => {
        if (!percents.has(lamp)) throw new ServiceRefusal('404', `no lamp is called ${lamp}`);
        percents.set(lamp, percent);
        return { percent };
      },
    }),
  });
  const client = new MdpClient({ endpoint });
  const remote = serviceClient(lamps, client, 'pi.lamps');
  try {
    console.log(await remote.listKeys());
    // A repeated key within one server's memory is answered, and not executed, a second time.
    console.log(await remote.with({ key: 'evening-1' }).dim('desk', { percent: 40 }));
    await remote.dim('cellar', { percent: 5 });
  } catch (error) {
    if (!(error instanceof MdpServiceStatusError)) throw error;
    console.log(error.message);
  } finally {
    await client.close();
    await worker.close();
  }
}

void main();
