import { frameText, type Frames } from '@raspy/wire';

const PROTOCOLS: Readonly<Record<string, { readonly title: string; readonly commands?: readonly string[] }>> =
  {
    MDPC01: { title: 'MDP/Client 0.1' },
    MDPC02: { title: 'MDP/Client 0.2', commands: ['REQUEST', 'PARTIAL', 'FINAL'] },
    MDPW01: { title: 'MDP/Worker 0.1', commands: ['READY', 'REQUEST', 'REPLY', 'HEARTBEAT', 'DISCONNECT'] },
    MDPW02: {
      title: 'MDP/Worker 0.2',
      commands: ['READY', 'REQUEST', 'PARTIAL', 'FINAL', 'HEARTBEAT', 'DISCONNECT'],
    },
  };
/** Envelope frames in front of the protocol's own that are looked past. */
const MAX_ENVELOPE = 8;

/**
 * What a message of a DEALER is, in a line: `MDP/Worker 0.1 READY echo`, `MDP/Client 0.1 request echo`;
 * `unknown` when it is of no protocol that is known here.
 *
 * @param direction - requests and replies of MDP 0.1 clients look alike
 */
export function describeMessage(frames: Frames, direction: 'to-broker' | 'to-peer'): string {
  for (const [index, frame] of frames.slice(0, MAX_ENVELOPE + 2).entries()) {
    const header = frame.length === 6 ? frameText(frame) : '';
    const protocol = Object.hasOwn(PROTOCOLS, header) ? PROTOCOLS[header] : undefined;
    if (protocol === undefined) continue;
    const rest = frames.slice(index + 1);
    if (protocol.commands === undefined) {
      const what = direction === 'to-broker' ? 'request' : 'reply';
      return [protocol.title, what, nameIn(rest, 0)].join(' ').trimEnd();
    }
    const code = rest[0]?.length === 1 ? rest[0][0] : undefined;
    const command = (code === undefined ? undefined : protocol.commands[code - 1]) ?? 'invalid command';
    // The name of a service follows where the client's protocol has one, and in READY.
    const named = header.startsWith('MDPC') || command === 'READY';
    return [protocol.title, command, named ? nameIn(rest, 1) : ''].join(' ').trimEnd();
  }
  return 'unknown';
}

function nameIn(frames: Frames, index: number): string {
  const frame = frames[index];
  return frame === undefined ? '' : frameText(frame);
}
