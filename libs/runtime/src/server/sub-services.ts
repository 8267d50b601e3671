import { frameText, textFrame, type Frames } from '@raspy/wire';
import { statusFrame, StatusCode } from '@raspy/mdp-protocol';

/** Values of a server by their oid: counters, gauges and texts, as the server's `.statistics` tells them. */
export type Statistics = Readonly<Record<string, number | string>>;

const OK: Frames = [statusFrame(StatusCode.OK)];
const FAILED: Frames = [statusFrame(StatusCode.ERROR)];
const UNKNOWN_ACTION: Frames = [statusFrame(StatusCode.NOT_IMPLEMENTED)];

/** `<hostname>.<service>.mmi` (PROTOCOLS §7): `status` and `instance`; anything else is `501`. */
export function answerMmi(
  body: Frames,
  server: { readonly healthy: boolean; readonly instanceId: string },
): Frames {
  switch (actionOf(body)) {
    case 'status':
      return server.healthy ? OK : FAILED;
    case 'instance':
      return [textFrame(server.instanceId), ...OK];
    default:
      return UNKNOWN_ACTION;
  }
}

function actionOf(body: Frames): string {
  return body[0] === undefined ? '' : frameText(body[0]);
}
