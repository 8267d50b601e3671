import {
  brokerSettings,
  connectEndpoint,
  ExitCode,
  integer,
  programSettings,
  startLog,
  supervise,
  text,
  toggle,
  toolSettings,
  UsageError,
  type ProgramHost,
} from '@raspy/runtime';
import { command, printable, type Command } from '@raspy/runtime/cli';
import { defaultTransport } from '@raspy/mdp-protocol';
import { dumpFrames, type Frames } from '@raspy/wire';
import { describeMessage } from '../dump/describe-message.js';
import { linesOf, readPipedMessage } from '../dump/piped.js';
import { Tap, type TappedMessage } from '../dump/tap.js';
import type { ToolOptions } from '../tool.js';

/** `raspy dump` */
export function dump(options: ToolOptions): Command {
  return command({
    words: 'dump',
    summary: 'Print every frame of messages that pass by, or are piped in',
    details:
      'With --listen, of those that pass between peers and the broker; else of those that come on standard input, as ' +
      'lines of JSON arrays of hexadecimal frames.',
    settings: {
      ...brokerSettings,
      listen: integer({
        description: 'Port to listen on in front of the broker, 0 for any; peers connect there instead',
        hint: 'PORT',
        default: -1,
        defaultText: 'none, messages are piped in',
        min: 0,
        max: 65_535,
      }),
      listenIp: text({ description: 'Address to listen on', hint: 'ADDRESS', default: '127.0.0.1' }),
      json: toggle({ description: 'Print JSON, a message a line' }),
      ...programSettings,
      logLevel: toolSettings.logLevel,
    },
    examples: [
      ['raspy dump --listen=15599', 'then: raspy service ls --broker-port=15599'],
      ['echo \'["","4d4450573031","04"]\' | raspy dump', 'what a message is'],
    ],
    run: async ({ settings, host }) => {
      const { json } = settings;
      if (settings.listen < 0) return dumpPiped(host, json);
      const { clock } = host;
      const tap = new Tap({
        listen: `tcp://${settings.listenIp}:${settings.listen}`,
        broker: connectEndpoint(settings.brokerIp, settings.brokerPort),
        transport: options.transport ?? defaultTransport(),
        clock,
        onMessage: (message) => host.stdout.write(json ? tappedJson(message) : tappedText(message)),
      });
      return supervise({
        parts: [tap],
        host,
        clock,
        logger: await startLog('raspy', settings.logLevel, host),
        onReady: () => host.stderr.write(`raspy dump listens on ${tap.endpoint!}\n`),
      });
    },
  });
}

async function dumpPiped(host: ProgramHost, json: boolean): Promise<ExitCode> {
  let number = 0;
  for await (const line of linesOf(host.stdin)) {
    number++;
    if (line.trim() === '') continue;
    const frames = readPipedMessage(line);
    if (frames === undefined) {
      throw new UsageError(
        `line ${number} is no JSON array of hexadecimal frames, such as ["","4d4450573031","04"]`,
      );
    }
    const message = describeMessage(frames, 'to-broker');
    host.stdout.write(
      json
        ? `${JSON.stringify({ message, frames: frames.map(hex) })}\n`
        : `${printable(message)}\n${dumpFrames(frames)}\n`,
    );
  }
  return ExitCode.OK;
}

function tappedText({ at, direction, peer, frames }: TappedMessage): string {
  const time = new Date(at).toISOString().slice(11, 23);
  const arrow = direction === 'to-broker' ? '-->' : '<--';
  return `${time} ${arrow} ${peer}  ${printable(describeMessage(frames, direction))}\n${dumpFrames(frames)}\n`;
}

function tappedJson({ at, direction, peer, frames }: TappedMessage): string {
  return `${JSON.stringify({
    time: new Date(at).toISOString(),
    direction,
    peer,
    message: describeMessage(frames, direction),
    frames: frames.map(hex),
  })}\n`;
}

function hex(frame: Frames[number]): string {
  return Buffer.from(frame).toString('hex');
}
