import type { JobDefinition } from '@raspy/automation';
import type { Clock, Millis } from '@raspy/clock';
import { serviceClient, type MdpClient } from '@raspy/mdp-protocol';
import { TitanicClient } from '@raspy/titanic-store';
import { devicesService } from '../device-server/devices-service.js';
import { pause } from '../server/pause.js';
import type { RunRecord } from './job-note.js';

/** What a job does besides its event. */
export type JobAction = NonNullable<JobDefinition['does']>;

/** Carries out what a job does; resolves with a result that is told of. */
export type CarryOut = (
  job: string,
  does: JobAction,
  record: RunRecord,
  signal: AbortSignal,
) => Promise<unknown>;

/** How often a device server is looked for that is not there yet. */
const LOOK_AGAIN_MS: Millis = 250;

/**
 * By the bus: a device command waits for its server, which may be starting too, and is sent once and never again, and its lease, if it has one, runs in the device's host; a durable
 * request is Titanic's once that has acknowledged it, and the same run is never two of them.
 */
export function carryOutBy(client: MdpClient, clock: Clock): CarryOut {
  const titanic = new TitanicClient(client, { clock });
  return async (job, does, { run, due, why }, signal) => {
    if ('command' in does) {
      const { service, device, name: command, args, leaseMs, timeoutMs } = does.command;
      const devices = serviceClient(devicesService, client, service).with({
        retries: 0,
        signal,
        ifNoWorker: 'fail',
        ...(leaseMs !== undefined && { leaseMs }),
      });
      const until = clock.now() + timeoutMs;
      for (;;) {
        try {
          const leftMs = Math.max(1, until - clock.now());
          return (await devices.with({ timeoutMs: leftMs }).exec(device, command, args)).result;
        } catch (error) {
          const isSent = (error as { readonly code?: unknown }).code !== 'NO_WORKER';
          if (isSent || clock.now() + LOOK_AGAIN_MS >= until) throw error;
        }
        await pause(clock, LOOK_AGAIN_MS, signal);
      }
    }
    const { service, body, expiresAfterMs } = does.request;
    const request = await titanic.submit(service, body, {
      idempotencyKey: `cron ${job} ${why === 'by hand' ? run : due}`,
      signal,
      ...(expiresAfterMs !== undefined && { expiresAt: clock.wallNow() + expiresAfterMs }),
    });
    return { request };
  };
}

/** Failures after which a command may have been executed: it was sent, and nothing came back. */
const UNKNOWN_OUTCOMES: readonly unknown[] = [
  'TIMEOUT',
  'CONNECTION_LOST',
  'WORKER_LOST',
  'ABORTED',
  'CLOSED',
];

/** Whether what failed so may have been done all the same. */
export function mayHaveBeenDone(error: unknown): boolean {
  const { code, attempts } = error as { readonly code?: unknown; readonly attempts?: unknown };
  return UNKNOWN_OUTCOMES.includes(code) && attempts !== 0;
}
