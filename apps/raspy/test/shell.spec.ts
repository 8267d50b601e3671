import { systemClock } from '@raspy/clock';
import { MdpWorker, startBroker, type RunningBroker } from '@raspy/mdp-protocol';
import { startKvServer, type RunningKvServer } from '@raspy/kv-clone';
import { runTool } from '@raspy/runtime/cli';
import { TestHost } from '@raspy/runtime/testing';
import { MemoryNetwork } from '@raspy/wire/testing';
import { filter, firstValueFrom } from 'rxjs';
import { raspyTool } from '../src/tool.js';

const transport = new MemoryNetwork({ clock: systemClock });
let broker: RunningBroker;
let tree: RunningKvServer;
const workers: MdpWorker[] = [];
const at = (port: number): string => `tcp://127.0.0.1:${port}`;

beforeAll(async () => {
  broker = await startBroker({ endpoint: at(5514), transport });
  tree = await startKvServer({
    transport,
    chp: { snapshot: at(5520), publisher: at(5521), collector: at(5522) },
  });
});
afterAll(async () => {
  for (const worker of workers) await worker.close();
  await tree.close();
  await broker.close();
});

async function shell(...stdin: string[]): Promise<string> {
  const host = new TestHost({ argv: ['shell'], stdin });
  expect(await runTool(raspyTool({ transport }), host)).toBe(0);
  return host.stdout.text;
}

describe('raspy shell', () => {
  it('carries out JavaScript with the clients of the home, and ends with its input', async () => {
    const said = await shell(
      'await mmi.hasService("pi.none")\n',
      'await kv.get("/none")\n',
      '[cron, scenarios]\n',
      '6 * 7\n',
    );
    expect(said).toContain('devices()        all devices with their readings');
    expect(said.split('\n').slice(-5)).toEqual(['false', 'undefined', '[ undefined, undefined ]', '42', '']);
  });

  it('has jobs, scenarios and devices where there are servers of them', async () => {
    const names = ['pi.core.cron', 'pi.core.scenario', 'pi.core.scenarios', 'pi.x.devices'];
    for (const service of names) {
      const worker = new MdpWorker({
        endpoint: at(5514),
        service,
        transport,
        handle: () => Promise.resolve([Buffer.from(JSON.stringify([service])), Buffer.from('200')]),
      });
      workers.push(worker);
      await firstValueFrom(worker.status$.pipe(filter((status) => status === 'ready')));
    }
    const said = await shell(
      'await cron.list()\n',
      'await scenarios.running.status()\n',
      'await scenarios.kept.list()\n',
      'await devices()\n',
      'await devices("pi.x").list()\n',
      '.exit\n',
    );
    expect(said.split('\n').slice(-6)).toEqual([
      "[ 'pi.core.cron' ]",
      "[ 'pi.core.scenario' ]",
      "[ 'pi.core.scenarios' ]",
      '[]',
      "[ 'pi.x.devices' ]",
      '',
    ]);
  });
});
