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

/**
 * `<hostname>.<service>.statistics` (PROTOCOLS §7): `all` as one JSON object, or the status alone where there are no
 * statistics; `list_keys` as a JSON array; anything else is `501`.
 */
export function answerStatistics(body: Frames, read: () => Statistics): Frames {
  switch (actionOf(body)) {
    case 'all': {
      const statistics = read();
      return Object.keys(statistics).length === 0 ? OK : [textFrame(JSON.stringify(statistics)), ...OK];
    }
    case 'list_keys':
      return [textFrame(JSON.stringify(Object.keys(read()).sort())), ...OK];
    default:
      return UNKNOWN_ACTION;
  }
}

function actionOf(body: Frames): string {
  return body[0] === undefined ? '' : frameText(body[0]);
}
