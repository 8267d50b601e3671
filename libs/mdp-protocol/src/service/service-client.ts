import { type Frame, type Frames, textFrame } from '@raspy/wire';
import { lastText } from '../body.js';
import { MdpError, MdpInvalidReplyError, MdpInvalidRequestError, MdpServiceStatusError } from '../errors.js';
import { readStatus, StatusCode } from '../status-code.js';
import type { Action, Actions, ServiceDefinition } from './definition.js';
import { decodeFrames, encodeFrames, nameValues } from './frame-list.js';
import type { CallArgs, CallResult } from './infer.js';
import { encodeOptions, isOptionsFrame, type RequestOptions } from './options-frame.js';
import { beginSpan, type RequestSpan, type RequestTracer, tracerOr } from '../tracing/request-tracer.js';
import { traceContextOf } from '../tracing/trace-context.js';

/** How one request is sent; `MdpClient` says what each member means. */
export interface RequesterOptions {
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly signal?: AbortSignal;
  readonly ifNoWorker?: 'wait' | 'fail';
}

/** What a typed client sends by; `MdpClient` is one. */
export interface Requester {
  /** Resolves with the reply's body, verbatim. */
  request(service: string, body: Frames, options?: RequesterOptions): Promise<Frames>;
}

/** What `with` sets for calls: how they are sent, and what their options frame says. */
export interface CallOptions extends RequesterOptions, RequestOptions {}

/** What a {@link serviceClient} is given beside its requester. */
export interface ServiceClientOptions {
  /** Follows each call; its context travels in the options frame. @default that of {@link followRequests}, or none */
  readonly tracer?: RequestTracer;
}

/** A method an action, by the names of the definition. */
export type ServiceMethods<A extends Actions> = {
  readonly [M in keyof A]: (...args: CallArgs<A[M]['params']>) => Promise<CallResult<A[M]>>;
};

/** A service as its caller sees it. */
export type ServiceClient<A extends Actions> = ServiceMethods<A> & {
  /**
   * The same service, called with these options; those set before stay unless set anew. Nothing of the client it is
   * called on changes, so it may be used for one call or kept.
   *
   * A `key` names one command: use a new one for each, and the same one only to repeat it.
   */
  with(options: CallOptions): ServiceClient<A>;
};

/**
 * The caller's half of a service: `await devices.exec('lamp', 'level', { percent: 40 })`.
 *
 * Methods reject with what the requester rejects with, and with
 * - {@link MdpInvalidRequestError} for arguments or options that do not fit; nothing is sent,
 * - {@link MdpServiceStatusError} for a status other than 200,
 * - {@link MdpInvalidReplyError} for a reply that does not fit the definition.
 *
 * @param serviceName - e.g. `localhost.fake.devices`
 */
export function serviceClient<A extends Actions>(
  definition: ServiceDefinition<A>,
  requester: Requester,
  serviceName: string,
  options: ServiceClientOptions = {},
): ServiceClient<A> {
  return makeClient(definition, { requester, service: serviceName, tracer: options.tracer }, {});
}

/** Where calls go. */
interface Target {
  readonly requester: Requester;
  readonly service: string;
  readonly tracer: RequestTracer | undefined;
}

function makeClient<A extends Actions>(
  definition: ServiceDefinition<A>,
  target: Target,
  options: CallOptions,
): ServiceClient<A> {
  const methods = Object.entries(definition.actions).map(
    ([method, action]) =>
      [method, (...args: unknown[]) => followedCall(target, action, args, options)] as const,
  );
  const client = {
    ...Object.fromEntries(methods),
    with: (more: CallOptions) => makeClient(definition, target, { ...options, ...more }),
  };
  // Its members are made from the definition that its type is made from, which no checker can follow.
  return client as ServiceClient<A>;
}

async function followedCall(
  target: Target,
  action: Action,
  args: readonly unknown[],
  options: CallOptions,
): Promise<unknown> {
  const span = beginSpan(tracerOr(target.tracer), {
    role: 'client',
    service: target.service,
    action: action.name,
    parent: traceContextOf(options),
    cause: options.trace,
  });
  if (span === undefined) return call(target, action, args, options);
  try {
    const result = await call(target, action, args, { ...options, ...span.context });
    span.end({ status: StatusCode.OK });
    return result;
  } catch (error) {
    endFailed(span, error);
    throw error;
  }
}

function endFailed(span: RequestSpan, error: unknown): void {
  if (error instanceof MdpServiceStatusError) span.end({ status: error.status });
  else span.end({ failure: error instanceof MdpError ? error.code : 'FAILED' });
}

async function call(
  { requester, service }: Target,
  action: Action,
  args: readonly unknown[],
  options: CallOptions,
): Promise<unknown> {
  const body = encodeCall(service, action, args, options);
  const { timeoutMs, retries, signal, ifNoWorker } = options;
  const reply = await requester.request(service, body, { timeoutMs, retries, signal, ifNoWorker });
  return decodeReply(service, action, reply);
}

function encodeCall(service: string, action: Action, args: readonly unknown[], options: CallOptions): Frames {
  const values = gatherRest(action, args);
  const encoded = values === undefined ? undefined : encodeFrames('argument', action.params, values);
  if (encoded === undefined) {
    throw invalid(
      service,
      action,
      `too many arguments: ${args.length} given, ${action.params.length} taken at most`,
    );
  }
  if (!encoded.ok) throw invalid(service, action, encoded.reason);
  const frames: Frame[] = [textFrame(action.name), ...encoded.value];
  const { key, deadline, leaseMs, trace, traceparent, tracestate } = options;
  const members = { key, deadline, leaseMs, trace, traceparent, tracestate };
  const wanted = Object.values(members).some((member) => member !== undefined);
  // A last argument that looks like an options frame gets an empty one behind it, which is the one to be read.
  if (wanted || (frames.length > 1 && isOptionsFrame(frames.at(-1)!))) {
    const last = encodeOptions(members);
    if (!last.ok) throw invalid(service, action, last.reason);
    frames.push(last.value);
  }
  return frames;
}

/** One value a parameter: what a `rest` takes becomes an array. `undefined` when there are more than are taken. */
function gatherRest(action: Action, args: readonly unknown[]): readonly unknown[] | undefined {
  const { params } = action;
  if (params.at(-1)?.arity === 'rest') {
    return [...params.slice(0, -1).map((_, index) => args[index]), args.slice(params.length - 1)];
  }
  return args.length > params.length ? undefined : args;
}

function invalid(service: string, action: Action, reason: string): MdpInvalidRequestError {
  return new MdpInvalidRequestError(service, `"${action.name}" of "${service}" was not sent: ${reason}`);
}

function decodeReply(service: string, action: Action, reply: Frames): unknown {
  const status = readStatus(reply.at(-1));
  if (status === undefined) {
    throw new MdpInvalidReplyError(
      service,
      `the reply of "${service}" to "${action.name}" has no status as last frame`,
    );
  }
  const frames = reply.slice(0, -1);
  if (status !== StatusCode.OK) {
    throw new MdpServiceStatusError(service, status, frames, reasonIn(status, action, frames));
  }
  const values = decodeFrames('result', action.result, frames);
  if (!values.ok) {
    throw new MdpInvalidReplyError(
      service,
      `the reply of "${service}" to "${action.name}" does not fit its definition: ${values.reason}`,
    );
  }
  return action.result.length < 2 ? values.value[0] : nameValues(action.result, values.value);
}

/** What a person should read with a status: the frame before it, if that is a text. */
function reasonIn(status: string, action: Action, frames: Frames): string | undefined {
  const reason = lastText(frames);
  // Alone, or behind the echoed action, 501 is of the action; behind a text, of whatever that says.
  const ofAction = status === StatusCode.NOT_IMPLEMENTED && (reason ?? action.name) === action.name;
  return ofAction ? `it does not know the action "${action.name}"` : reason;
}
