import type { Clock, Millis } from '@raspy/clock';
import type { Logger } from '../log/logger.js';
import { Executive, type Part } from './executive.js';
import { ExitCode } from './exit-code.js';
import type { ProgramHost } from './host.js';
import { InterruptedError, Interruption } from './interruption.js';

/** The life of a program's parts. */
export interface SuperviseOptions {
  /** In the order in which they start; they stop in reverse. */
  readonly parts: readonly Part[];
  readonly host: Pick<ProgramHost, 'onSignal'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For all parts together to stop; asked when they are to. @default 5000 */
  readonly stopDeadlineMs?: Millis | (() => Millis);
  /** All parts serve. */
  readonly onReady?: () => void;
}

/**
 * Starts the parts, waits until the process is asked to end, and stops them.
 *
 * @returns `OK` after an orderly end, also when the request came before all parts served; `FAILED` when a second
 * request cut the end short
 * @throws what a part failed to start with, or was lost by; everything that had started is stopped then
 */
export async function supervise(options: SuperviseOptions): Promise<ExitCode> {
  const { clock, logger } = options;
  const executive = new Executive(options);
  const interruption = new Interruption(options.host, clock);
  const live = async (): Promise<ExitCode> => {
    try {
      await executive.start(interruption.signal);
    } catch (error) {
      if (interruption.signal.aborted) return ExitCode.OK;
      throw error;
    }
    options.onReady?.();
    const losses = options.parts.flatMap(({ lost }) => (lost === undefined ? [] : [lost]));
    const loss = await Promise.race([interruption.requested, ...losses]);
    if (loss === undefined) {
      const reason: unknown = interruption.signal.reason;
      logger.info('stopping', {
        reason: reason instanceof InterruptedError ? reason.signalName : String(reason),
      });
    } else logger.error('stopping', { reason: loss.message });
    const { stopDeadlineMs } = options;
    await executive.stop(typeof stopDeadlineMs === 'function' ? stopDeadlineMs() : stopDeadlineMs);
    logger.debug('stopped');
    if (loss !== undefined) throw loss;
    return ExitCode.OK;
  };
  try {
    return await Promise.race([live(), interruption.forced.then(() => ExitCode.FAILED)]);
  } finally {
    interruption.dispose();
  }
}
