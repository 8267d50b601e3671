import { MdpWorker, type MdpWorkerOptions } from '@raspy/mdp-protocol';
import { OptionCheck, type SocketOptions } from '@raspy/wire';
import { TitanicOptionError } from '../option-error.js';
import type { TitanicServiceName, TitanicServices } from './services.js';

/** What {@link startTitanicWorkers} takes: the bus, and Titanic's functions. */
export interface TitanicWorkersOptions extends Pick<
  MdpWorkerOptions,
  | 'endpoint'
  | 'transport'
  | 'clock'
  | 'heartbeatIntervalMs'
  | 'heartbeatLiveness'
  | 'reconnectDelayMs'
  | 'onError'
> {
  readonly services: TitanicServices;
  /** Security, buffers and limits of the sockets. */
  readonly socket?: Omit<SocketOptions, 'routingId'>;
  /**
   * Requests at a time for each name, a socket each: those that are to share a flush need many.
   * @default 64 for `titanic.request` and `titanic.submit`, 16 for `reply`, `close` and `store`, 2 for `admin`
   */
  readonly concurrency?: Partial<Readonly<Record<TitanicServiceName, number>>>;
}

/** Titanic's names on a bus. */
export interface RunningTitanicWorkers {
  /** Whether each name can be asked for now. */
  readonly ready: boolean;
  /** Answers what was asked, and leaves the bus; `deadlineMs` as for `MdpWorker.close`. Again: waits for the same end. */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

const CONCURRENCY: Readonly<Record<TitanicServiceName, number>> = {
  'titanic.request': 64,
  'titanic.submit': 64,
  'titanic.reply': 16,
  'titanic.close': 16,
  'titanic.store': 16,
  'titanic.admin': 2,
};

/**
 * Serves a Titanic by Majordomo workers, for a broker in another process.
 * @throws TitanicOptionError or MdpOptionError when options have no meaning; then no worker was started
 */
export function startTitanicWorkers(options: TitanicWorkersOptions): RunningTitanicWorkers {
  const { services, concurrency: given, ...bus } = options;
  const concurrency = { ...CONCURRENCY, ...given };
  // Here, so that no worker is at work when another's options throw.
  const check = new OptionCheck(TitanicOptionError);
  for (const [service, count] of Object.entries(concurrency))
    check.count(`concurrency of ${service}`, count, 1);
  check.done();
  const names = Object.keys(CONCURRENCY) as TitanicServiceName[];
  const workers = names.map(
    (service) =>
      new MdpWorker({
        ...bus,
        service,
        concurrency: concurrency[service],
        handle: (body) => services[service](body),
      }),
  );
  let closing: Promise<unknown> | undefined;
  return {
    get ready() {
      return closing === undefined && workers.every((worker) => worker.statistics().ready > 0);
    },
    close: async (deadline) => {
      closing ??= Promise.all(workers.map((worker) => worker.close(deadline)));
      await closing;
    },
  };
}
