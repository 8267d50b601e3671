import { ExitCode, toggle, toolSettings } from '@raspy/runtime';
import { command, type Command } from '@raspy/runtime/cli';
import { readStatus, StatusCode } from '@raspy/mdp-protocol';
import { dumpFrames } from '@raspy/wire';
import { withBus } from '../bus.js';
import { jsonFrame, typedFrame } from '../frames-text.js';
import type { ToolOptions } from '../tool.js';

/** `raspy request <service> <frame...>` */
export function request(options: ToolOptions): Command {
  return command({
    words: 'request',
    summary: 'Send a request and print the frames of its reply',
    details: 'The exit code is 1 without a reply, or when its last frame is a status other than 200.',
    args: [
      ['<service>', 'name of the service, e.g. mmi.service'],
      [
        '<frame>',
        'first frame of the body: text, or bytes as 0x0a0b or hex:0a0b (text:0x for the very text)',
      ],
      ['[frame...]', 'more frames; put -- before frames that begin with a dash'],
    ],
    settings: {
      ...toolSettings,
      wait: toggle({ description: 'Wait for a worker until the timeout when the service has none' }),
    },
    examples: [
      ["raspy request mmi.discovery '.*'", 'names of all services'],
      ['raspy request pi.fake.devices get lamp level', 'one reading'],
      ['raspy request pi.fake.devices exec lamp level \'{"percent":80}\'', 'a command'],
    ],
    run: async ({ settings, args, host }) => {
      const [service, ...typed] = args as [string, ...string[]];
      const body = typed.map(typedFrame);
      return withBus(settings, host.clock, options, async ({ client }) => {
        // The broker's own services are nobody's to register.
        const ifNoWorker = settings.wait || service.startsWith('mmi.') ? 'wait' : 'fail';
        const reply = await client.request(service, body, { ifNoWorker });
        const status = readStatus(reply.at(-1));
        host.stdout.write(
          settings.json
            ? `${JSON.stringify({ service, status: status ?? null, frames: reply.map(jsonFrame) })}\n`
            : `${dumpFrames(reply, { maxFrameBytes: 64 * 1024 })}\n`,
        );
        return status === undefined || status === StatusCode.OK ? ExitCode.OK : ExitCode.FAILED;
      });
    },
  });
}
