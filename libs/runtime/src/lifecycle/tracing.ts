import type { Clock, Millis } from '@raspy/clock';
import { followRequests, type RequestTracer } from '@raspy/mdp-protocol';

/** How long the end of a program waits for what it has recorded to be handed over. */
const FLUSH_MS: Millis = 1_000;

/**
 * What is used of the part of `@raspy/mdp-protocol` that needs OpenTelemetry's API. Spelled out, so that the types of this
 * library need it not.
 */
export interface OpenTelemetry {
  isRecording(): boolean;
  openTelemetryTracer(): RequestTracer;
  flush(): Promise<void>;
}

/** What {@link withTracing} takes. */
export interface TracingOptions {
  /** The setting `tracing`. */
  readonly isOn: boolean;
  readonly clock: Clock;
  /** Takes what its user should know. */
  readonly warn: (text: string) => void;
  /** @default the installed one */
  readonly load?: () => Promise<OpenTelemetry>;
}

/**
 * Works with all requests of this process followed by OpenTelemetry, if that is wanted, and hands over what was recorded
 * at the end. Where it cannot be had that is said, and the work is done: a heater must not be left alone for want of it.
 *
 * @throws what `work` throws (rejects)
 */
export async function withTracing<T>(options: TracingOptions, work: () => Promise<T>): Promise<T> {
  const openTelemetry = options.isOn ? await loaded(options) : undefined;
  if (openTelemetry === undefined) return work();
  const unfollow = followRequests(openTelemetry.openTelemetryTracer());
  try {
    return await work();
  } finally {
    unfollow();
    await handOver(openTelemetry, options.clock);
  }
}

async function handOver(openTelemetry: OpenTelemetry, clock: Clock): Promise<void> {
  let cancel: (() => void) | undefined;
  const late = new Promise<void>((resolve) => {
    cancel = clock.schedule(clock.now() + FLUSH_MS, resolve);
  });
  await Promise.race([openTelemetry.flush(), late]);
  cancel?.();
}

async function loaded({
  warn,
  load = importOpenTelemetry,
}: TracingOptions): Promise<OpenTelemetry | undefined> {
  let openTelemetry: OpenTelemetry;
  try {
    openTelemetry = await load();
  } catch (error) {
    warn(
      `requests are not followed: tracing needs @opentelemetry/api where RasPy is installed (${(error as Error).message}); ` +
        'npm install it, with an SDK (docs/operators/tracing.md), or leave tracing out',
    );
    return undefined;
  }
  if (!openTelemetry.isRecording()) {
    warn(
      'tracing is on, but no OpenTelemetry SDK is loaded in this process, so that nothing is recorded: load one with ' +
        'NODE_OPTIONS="--import …" (docs/operators/tracing.md)',
    );
  }
  return openTelemetry;
}

const importOpenTelemetry = (): Promise<OpenTelemetry> => import('@raspy/mdp-protocol/opentelemetry');
