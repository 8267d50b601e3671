import { readStatus, StatusCode } from '@raspy/mdp-protocol';
import {
  ExitCode,
  Interruption,
  oneOf,
  text,
  toggle,
  toolSettings,
  UsageError,
  type InterruptedError,
  type ProgramHost,
} from '@raspy/runtime';
import { command, type Command } from '@raspy/runtime/cli';
import { dumpFrames, type Frames } from '@raspy/wire';
import { jsonFrame, typedFrame } from '../frames-text.js';
import { typedSpan, typedTime } from '../time-text.js';
import { withTitanic, type TitanicFaces } from '../titanic.js';
import type { ToolOptions } from '../tool.js';

const TIME = '2026-11-26T22:05, 2026-11-26T21:05Z, or +15m from now';

/** The submit command's own settings. */
const ownSettings = {
  notBefore: text({
    description: `Not sent before, e.g. ${TIME}`,
    hint: 'TIME',
    default: '',
    defaultText: 'at once',
  }),
  expiresIn: text({
    description: 'Not done after so long, e.g. 90s, 15m, 8h, 2d',
    hint: 'SPAN',
    default: '',
    defaultText: 'when its Titanic forgets it; orders to devices 60 s',
  }),
  expiresAt: text({
    description: 'The same as a time, as for --not-before',
    hint: 'TIME',
    default: '',
    defaultText: 'the same',
  }),
  key: text({
    description: 'Names the request for good: the same again is the same request, and not done twice',
    hint: 'KEY',
    default: '',
    defaultText: 'none',
  }),
  onExpire: oneOf({
    description: 'What becomes of it when it expires: drop, or dead for the dead letters',
    hint: 'WHAT',
    words: ['drop', 'dead'],
    default: 'drop',
  }),
  wait: toggle({
    description: 'Wait for the reply, print it, and close the request; Ctrl-C ends the waiting alone',
  }),
};

/** `raspy titanic submit <service> <frame...>` */
export function titanicSubmit(options: ToolOptions): Command {
  return command({
    words: 'titanic submit',
    summary: 'Give Titanic a request that outlives this command, and print its id',
    details:
      'It is on the disk when the id is printed. With --wait the id goes to stderr, and the exit code is 1 when the ' +
      'last frame of the reply is a status other than 200.',
    args: [
      ['<service>', 'name of the service, which need not be there yet'],
      [
        '<frame>',
        'first frame of the body: text, or bytes as 0x0a0b or hex:0a0b (text:0x for the very text)',
      ],
      ['[frame...]', 'more frames; put -- before frames that begin with a dash'],
    ],
    settings: { ...toolSettings, ...ownSettings },
    examples: [
      [
        'raspy titanic submit pi.fake.devices exec lamp level \'{"percent":80}\' --expires-in=8h',
        'done when the server is back, if that is within 8 hours',
      ],
      ['raspy titanic submit pi.report.print daily --not-before=+15m --key=daily-1126', 'later, and once'],
    ],
    run: async ({ settings, args, host }) => {
      const [service, ...typed] = args as [string, ...string[]];
      const body = typed.map(typedFrame);
      const wanted = submitOptions(settings, host.clock.wallNow());
      return withTitanic(settings, host.clock, options, async ({ requests }) => {
        const id = await requests.submit(service, body, wanted);
        if (settings.wait) return replyTo(id, requests, host, settings.json);
        host.stdout.write(`${settings.json ? JSON.stringify({ id, service }) : id}\n`);
        return ExitCode.OK;
      });
    },
  });
}

/** What Titanic is told of the request. Times are milliseconds since 1970. */
interface Wanted {
  readonly notBefore?: number;
  readonly expiresAt?: number;
  readonly idempotencyKey?: string;
  readonly onExpire?: 'drop' | 'dead';
}

/** @throws UsageError for times that make no sense, alone or together */
function submitOptions(
  settings: {
    readonly notBefore: string;
    readonly expiresIn: string;
    readonly expiresAt: string;
    readonly key: string;
    readonly onExpire: 'drop' | 'dead';
  },
  wallNow: number,
): Wanted {
  const { key, onExpire } = settings;
  if (settings.expiresIn !== '' && settings.expiresAt !== '') {
    throw new UsageError('give --expires-in or --expires-at, not both');
  }
  const notBefore =
    settings.notBefore === '' ? undefined : typedTime('--not-before', settings.notBefore, wallNow);
  const expiresAt =
    settings.expiresIn !== ''
      ? wallNow + typedSpan('--expires-in', settings.expiresIn)
      : settings.expiresAt !== ''
        ? typedTime('--expires-at', settings.expiresAt, wallNow)
        : undefined;
  if (expiresAt !== undefined && expiresAt <= (notBefore ?? wallNow)) {
    const begin = notBefore === undefined ? 'now' : '--not-before';
    throw new UsageError(`the request would expire before it may be done: give a time after ${begin}`);
  }
  return {
    ...(notBefore !== undefined && { notBefore }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(key !== '' && { idempotencyKey: key }),
    // The default is not sent, so that a Titanic without additions takes plain requests.
    ...(onExpire !== 'drop' && { onExpire }),
  };
}

/** Waits for the reply, however long that takes, and prints it. */
async function replyTo(
  id: string,
  requests: TitanicFaces['requests'],
  host: ProgramHost,
  json: boolean,
): Promise<ExitCode> {
  host.stderr.write(`raspy: the request is ${id}; waiting for its reply\n`);
  const interruption = new Interruption(host, host.clock);
  let reply: Frames;
  try {
    reply = await requests.reply(id, { ttlMs: Infinity, signal: interruption.signal });
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    const { signalName } = interruption.signal.reason as InterruptedError;
    host.stderr.write(
      `raspy: ended by ${signalName}; the request is still with Titanic: raspy titanic show ${id}\n`,
    );
    return ExitCode.FAILED;
  } finally {
    interruption.dispose();
  }
  const status = readStatus(reply.at(-1));
  host.stdout.write(
    json
      ? `${JSON.stringify({ id, status: status ?? null, frames: reply.map(jsonFrame) })}\n`
      : `${dumpFrames(reply, { maxFrameBytes: 64 * 1024 })}\n`,
  );
  await requests.close(id);
  return status === undefined || status === StatusCode.OK ? ExitCode.OK : ExitCode.FAILED;
}
