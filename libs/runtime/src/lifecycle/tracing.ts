import type { Clock, Millis } from '@raspy/clock';
import { followRequests, type RequestTracer } from '@raspy/mdp-protocol';
import { EnvironmentError } from './exit-code.js';

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
 * at the end.
 *
 * @throws EnvironmentError (rejects) when OpenTelemetry's API is not installed; what `work` throws
 */
export async function withTracing<T>(options: TracingOptions, work: () => Promise<T>): Promise<T> {
  if (!options.isOn) return work();
  const openTelemetry = await loaded(options);
  if (!openTelemetry.isRecording()) {
    options.warn(
      'tracing is on, but no OpenTelemetry SDK is loaded in this process, so that nothing is recorded: load one with ' +
        'NODE_OPTIONS="--import …" (docs/operators/tracing.md)',
    );
  }
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

async function loaded({ load = importOpenTelemetry }: TracingOptions): Promise<OpenTelemetry> {
  try {
    return await load();
  } catch (error) {
    throw new EnvironmentError(
      `tracing needs @opentelemetry/api where RasPy is installed (${(error as Error).message}): npm install ` +
        '@opentelemetry/api and an SDK (docs/operators/tracing.md), or leave --tracing out',
      { cause: error },
    );
  }
}

const importOpenTelemetry = (): Promise<OpenTelemetry> => import('@raspy/mdp-protocol/opentelemetry');
