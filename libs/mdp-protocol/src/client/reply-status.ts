import type { Frames } from '@raspy/wire';
import { lastText } from '../body.js';
import { MdpInvalidReplyError, MdpServiceStatusError } from '../errors.js';
import { readStatus, StatusCode } from '../status-code.js';

/**
 * The status at the end of a reply, where every service of RasPy but Titanic's has it (PROTOCOLS §7).
 * @throws {@link MdpInvalidReplyError} when the last frame is none
 */
export function replyStatus(service: string, reply: Frames): string {
  const status = readStatus(reply.at(-1));
  if (status !== undefined) return status;
  throw new MdpInvalidReplyError(service, `the reply of "${service}" does not end with a status frame`);
}

/**
 * A reply without its status, which must be 200.
 * @throws {@link MdpServiceStatusError} for any other, with the text before it as reason; as {@link replyStatus}
 */
export function okResult(service: string, reply: Frames): Frames {
  const status = replyStatus(service, reply);
  const result = reply.slice(0, -1);
  if (status === StatusCode.OK) return result;
  throw new MdpServiceStatusError(service, status, result, lastText(result));
}
