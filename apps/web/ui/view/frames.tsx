import { humanize } from '../model/format.js';
import type { DurableRequest, Frame } from '../model/types.js';
import { Badge, type Tone } from './parts.js';

const TONES: Readonly<Record<DurableRequest['state'], Tone>> = {
  waiting: 'accent',
  held: 'warn',
  running: 'accent',
  done: 'good',
  expired: 'warn',
  dead: 'bad',
};

/** Where a durable request stands. */
export function StandBadge({ state }: Pick<DurableRequest, 'state'>) {
  return <Badge tone={TONES[state]}>{humanize(state)}</Badge>;
}

/** The frames of a request or a reply. */
export function FramesView({ frames }: { readonly frames: readonly Frame[] }) {
  return (
    <ol class="frame-list">
      {frames.map((frame, index) => (
        <li key={index}>
          <pre class="frame-out">{'text' in frame ? pretty(frame.text) : `${frame.base64} (base64)`}</pre>
        </li>
      ))}
    </ol>
  );
}

/** JSON with its lines broken; any other text as it is. */
function pretty(text: string): string {
  if (!/^[[{]/.test(text)) return text === '' ? '(empty)' : text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
