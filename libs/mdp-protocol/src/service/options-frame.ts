import { asBuffer, type Frame, type Frames } from '@raspy/wire';
import { type Coded, coded, uncoded } from './coded.js';
import { frameToJson } from './frame-values.js';
import {
  isTraceparent,
  isTracestate,
  readTraceContext,
  type TraceContext,
} from '../tracing/trace-context.js';

/** What may accompany the arguments of a request to a typed service (PROTOCOLS §7.1). */
export interface RequestOptions extends Partial<TraceContext> {
  /** Names this command for good: a server that saw it before answers as it did then. At most 255 characters. */
  readonly key?: string;
  /** Unix time in milliseconds after which the command must not be acted on any more. */
  readonly deadline?: number;
  /** For how long what the command switches on stays on, in milliseconds, unless renewed. */
  readonly leaseMs?: number;
  /** Joins what one cause brought about, across services. At most 255 characters. */
  readonly trace?: string;
}

/** Keys are remembered and traces logged: neither may grow at a peer's will. */
export const MAX_OPTION_CHARACTERS = 255;

const MARK = Buffer.from('RSPY1');

/** Whether a frame would be read as the options frame if it stood last. */
export function isOptionsFrame(frame: Frame): boolean {
  return frame.length >= MARK.length && asBuffer(frame).subarray(0, MARK.length).equals(MARK);
}

/** `RSPY1` and the options as JSON. */
export function encodeOptions(options: RequestOptions): Coded<Frame> {
  const { key, deadline, leaseMs, trace, traceparent, tracestate } = options;
  const mistake =
    mistakeIn({ key, deadline, leaseMs, trace }) ?? mistakeInContext({ traceparent, tracestate });
  if (mistake !== undefined) return uncoded(mistake);
  const members = { key, deadline, leaseMs, trace, traceparent, tracestate };
  return coded(Buffer.concat([MARK, Buffer.from(JSON.stringify(members))]));
}

/**
 * Splits the options frame from the frames after the action. Unknown members are ignored; a known one of a wrong type
 * is an error, since a command without the deadline that its sender meant must not run.
 */
export function splitOptions(frames: Frames): Coded<{ args: Frames; options: RequestOptions }> {
  const last = frames.at(-1);
  if (last === undefined || !isOptionsFrame(last)) return coded({ args: frames, options: {} });
  const read = frameToJson(last.subarray(MARK.length));
  if (!read.ok) return uncoded(`options frame: ${read.reason}`);
  if (!isMembers(read.value)) return uncoded('options frame: not a JSON object');
  const { key, deadline, leaseMs, trace } = read.value;
  const members = { key, deadline, leaseMs, trace };
  const mistake = mistakeIn(members);
  if (mistake !== undefined) return uncoded(`options frame: ${mistake}`);
  // Only what it has: whoever adds to it must not find members without a value.
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  const options = { ...Object.fromEntries(given), ...readTraceContext(read.value) } as RequestOptions;
  return coded({ args: frames.slice(0, -1), options });
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mistakeInContext({ traceparent, tracestate }: Partial<TraceContext>): string | undefined {
  if (traceparent !== undefined && !isTraceparent(traceparent)) {
    return '"traceparent" is not of the form 00-<32 hex>-<16 hex>-<2 hex>';
  }
  if (tracestate !== undefined && !isTracestate(tracestate)) {
    return '"tracestate" is not a text of 1 to 512 printable characters';
  }
  return undefined;
}

function mistakeIn(
  members: Readonly<Record<Exclude<keyof RequestOptions, keyof TraceContext>, unknown>>,
): string | undefined {
  const { key, deadline, leaseMs, trace } = members;
  if (key !== undefined && !isShortText(key))
    return `"key" is not a text of 1 to ${MAX_OPTION_CHARACTERS} characters`;
  if (deadline !== undefined && !(typeof deadline === 'number' && Number.isFinite(deadline))) {
    return '"deadline" is not a unix time in milliseconds';
  }
  if (leaseMs !== undefined && !(typeof leaseMs === 'number' && Number.isFinite(leaseMs) && leaseMs > 0)) {
    return '"leaseMs" is not a positive number of milliseconds';
  }
  if (trace !== undefined && !isShortText(trace)) {
    return `"trace" is not a text of 1 to ${MAX_OPTION_CHARACTERS} characters`;
  }
  return undefined;
}

function isShortText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_OPTION_CHARACTERS;
}
