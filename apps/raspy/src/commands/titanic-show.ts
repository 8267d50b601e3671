import { MdpInvalidReplyError } from '@raspy/mdp-protocol';
import { ExitCode, toolSettings } from '@raspy/runtime';
import { command, printable, type Command } from '@raspy/runtime/cli';
import { dumpFrames, framesBytes, type Frames } from '@raspy/wire';
import { jsonFrame } from '../frames-text.js';
import { timeAndSpan } from '../time-text.js';
import { ofRequest, wholeIds, withTitanic, type TitanicFaces } from '../titanic.js';
import { asReport, type ShownRequest } from '../titanic-report.js';
import type { ToolOptions } from '../tool.js';

/** Of each frame so much is printed. */
const MAX_FRAME_BYTES = 64 * 1024;

/** `raspy titanic show <id>` */
export function titanicShow(options: ToolOptions): Command {
  return command({
    words: 'titanic show',
    summary: 'Print everything about a durable request, with the frames of its body and its reply',
    args: [['<id>', 'its id, or the first six digits or more']],
    settings: toolSettings,
    run: ({ settings, args, host }) =>
      withTitanic(settings, host.clock, options, async ({ admin }) => {
        const [id] = (await wholeIds(admin, args)) as [string];
        const found = await ofRequest(id, () => admin.show(id));
        const request = asReport(found.request);
        if (request === undefined) {
          throw new MdpInvalidReplyError('titanic.admin', 'the reply of titanic.admin tells of no request');
        }
        const reply = request.state === 'done' ? await replyOf(admin, id) : undefined;
        if (settings.json) {
          const body = found.body.map(jsonFrame);
          const told = { ...request, body, ...(reply !== undefined && { reply: reply.map(jsonFrame) }) };
          host.stdout.write(`${JSON.stringify(told)}\n`);
        } else {
          const lines = [
            ...facts(request, host.clock.wallNow()),
            ...part('body', found.body, request.bodyBytes),
            ...(reply === undefined ? [] : part('reply', reply, request.replyBytes ?? 0)),
          ];
          host.stdout.write(lines.map((line) => `${line}\n`).join(''));
        }
        return ExitCode.OK;
      }),
  });
}

/** The reply; none where it was closed meanwhile. */
async function replyOf(admin: TitanicFaces['admin'], id: string): Promise<Frames | undefined> {
  try {
    return await admin.reply(id);
  } catch (error) {
    const { code, status } = error as { code?: unknown; status?: unknown };
    if (code === 'SERVICE_STATUS' && (status === '404' || status === '409')) return undefined;
    throw error;
  }
}

function facts(request: ShownRequest, now: number): string[] {
  const { id, service, state, at, acceptedAt, attempts, reason, notBefore, expiresAt, key } = request;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['id', id],
    ['service', service],
    ['state', `${state} since ${timeAndSpan(at, now)}`],
    ['accepted', timeAndSpan(acceptedAt, now)],
    ['attempts', String(attempts)],
    ['reason', reason],
    ['not before', notBefore === undefined ? undefined : timeAndSpan(notBefore, now)],
    ['expires', expiresAt === undefined ? undefined : timeAndSpan(expiresAt, now)],
    ['key', key],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [line(name, printable(value))]));
}

function part(name: string, frames: Frames, bytes: number): string[] {
  if (frames.length === 0) return [line(name, `${bytes} bytes, no longer kept`)];
  const count = frames.length === 1 ? '1 frame' : `${frames.length} frames`;
  return [
    line(name, `${count}, ${framesBytes(frames)} bytes`),
    dumpFrames(frames, { maxFrameBytes: MAX_FRAME_BYTES }),
  ];
}

function line(name: string, value: string): string {
  return `${name.padEnd(12)}${value}`;
}
