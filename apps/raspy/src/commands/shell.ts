import { start as startRepl, type REPLServer } from 'node:repl';
import { createInterface } from 'node:readline';
import { PassThrough, Readable, Writable } from 'node:stream';
import { KvClient } from '@raspy/kv-clone';
import { serviceClient } from '@raspy/mdp-protocol';
import {
  connectEndpoint,
  cronService,
  ExitCode,
  kvClientEndpoints,
  scenarioService,
  scenariosService,
  toolSettings,
  VERSION,
  type ProgramHost,
  type SettingsOf,
} from '@raspy/runtime';
import { command, type Command } from '@raspy/runtime/cli';
import { TitanicClient } from '@raspy/titanic-store';
import { withBus, type Bus } from '../bus.js';
import { devicesClient, findDevices } from '../devices.js';
import type { ToolOptions } from '../tool.js';

const HELP = `RasPy ${VERSION}: JavaScript with the clients of this home; await works, .exit or Ctrl-D ends it
  client           requests to services: await client.call('pi.fake.mmi', ['status'])
  mmi              what the broker knows: await mmi.discover('.*')
  kv               the tree: await kv.get('/device/pi.fake/lamp/level'), kv.entries('/device')
  titanic          durable requests: await titanic.submit('pi.fake.devices', ['exec', 'lamp', 'on'])
  devices()        all devices with their readings; devices('pi.fake') is the client of one server
  cron, scenarios  jobs: await cron.list(); scenarios.running and scenarios.kept
`;

/** `raspy shell` */
export function shell(options: ToolOptions): Command {
  return command({
    words: 'shell',
    summary: 'A JavaScript console with the client objects of the running home ready',
    details:
      'What is typed is carried out as it is, and once. Nothing of it outlives the shell but what it did to the home.',
    settings: toolSettings,
    examples: [['echo "await devices()" | raspy shell', 'a line from another program']],
    run: ({ settings, host }) =>
      withBus(settings, host.clock, options, async (bus) => {
        const endpoint = connectEndpoint(settings.brokerIp, settings.brokerPort);
        const kv = new KvClient({
          endpoints: kvClientEndpoints(endpoint, settings.kvChpPort),
          clock: host.clock,
          ...(options.transport !== undefined && { transport: options.transport }),
        });
        try {
          const objects = { kv, ...(await clientsOf(bus, settings, host)) };
          host.stdout.write(HELP);
          const repl = replFor(host);
          Object.assign(repl.context, objects);
          await new Promise((resolve) => repl.once('exit', resolve));
          return ExitCode.OK;
        } finally {
          await kv.close();
        }
      }),
  });
}

async function clientsOf(
  bus: Bus,
  settings: SettingsOf<typeof toolSettings>,
  host: ProgramHost,
): Promise<object> {
  const { client, mmi } = bus;
  const { timeoutMs } = settings;
  const [cron] = await mmi.discover('\\.cron$');
  const [kept] = await mmi.discover('\\.scenarios$');
  return {
    client,
    mmi,
    titanic: new TitanicClient(client, { clock: host.clock, timeoutMs }),
    devices: (server?: string) =>
      server === undefined ? findDevices(bus) : devicesClient(bus, `${server}.devices`),
    cron: cron === undefined ? undefined : serviceClient(cronService, client, cron),
    scenarios:
      kept === undefined
        ? undefined
        : {
            kept: serviceClient(scenariosService, client, kept),
            running: serviceClient(scenarioService, client, kept.slice(0, -1)),
          },
  };
}

function replFor({ stdin, stdout }: ProgramHost): REPLServer {
  // Editing a line needs the terminal itself.
  if (stdout.isTTY) return startRepl({ prompt: 'raspy> ' });
  const input = new PassThrough();
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      stdout.write(chunk.toString());
      done();
    },
  });
  const repl = startRepl({ input, output, terminal: false, prompt: '' });
  feed(repl, input, createInterface({ input: Readable.from(stdin) }));
  return repl;
}

/** Gives the console a line when it has done the one before: at the end of its input it would leave it undone. */
function feed(repl: REPLServer, input: Writable, typed: AsyncIterable<string>): void {
  const lines = typed[Symbol.asyncIterator]();
  const next = async (): Promise<void> => {
    const { done, value } = (await lines.next()) as IteratorResult<string, undefined>;
    if (done === true) input.end();
    else input.write(`${value}\n`);
  };
  const show = repl.displayPrompt.bind(repl);
  repl.displayPrompt = (preserveCursor) => {
    show(preserveCursor);
    void next();
  };
  void next();
}
