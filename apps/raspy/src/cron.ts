import { serviceClient, type ServiceClient } from '@raspy/mdp-protocol';
import { connectEndpoint, cronService, text, toolSettings, UsageError } from '@raspy/runtime';
import type { JobReport } from '@raspy/runtime/core-server';
import type { Clock, Millis } from '@raspy/clock';
import { withBus, type Bus, type BusSettings } from './bus.js';
import { spanText, timeAndSpan } from './time-text.js';
import type { ToolOptions } from './tool.js';

/** Names of the services that have jobs. */
const CRON_SERVICES = '\\.cron$';

/** Settings of commands about jobs. */
export const cronSettings = {
  ...toolSettings,
  service: text({
    description: 'The service that has the jobs, where there is more than one',
    hint: 'NAME',
    default: '',
    defaultText: 'the one that there is',
    from: 'command',
  }),
};

/** The home's jobs, for one command. */
export type CronClient = ServiceClient<(typeof cronService)['actions']>;

/** Nobody has jobs. */
class NoCronError extends Error {
  override readonly name = 'NoCronError';
  readonly code = 'NO_CRON';

  constructor(endpoint: string) {
    super(
      `nobody at ${endpoint} has jobs: raspy start runs core unless --servers leaves it out, or start raspy-core`,
    );
  }
}

/**
 * Connects to whoever has the jobs of the home, works, and disconnects.
 * @throws Error (rejects) with code `NO_BROKER` or `NO_CRON` and what to do when it was not reached
 */
export async function withCron<T>(
  settings: BusSettings & { readonly service: string },
  clock: Clock,
  options: ToolOptions,
  work: (cron: CronClient, bus: Bus) => Promise<T>,
): Promise<T> {
  return withBus(settings, clock, options, async (bus) => {
    const service = await cronServiceOf(bus, settings);
    return work(serviceClient(cronService, bus.client, service), bus);
  });
}

async function cronServiceOf(
  bus: Bus,
  settings: BusSettings & { readonly service: string },
): Promise<string> {
  const { service } = settings;
  if (service !== '') return service.endsWith('.cron') ? service : `${service}.cron`;
  const found = await bus.mmi.discover(CRON_SERVICES);
  if (found.length > 1) {
    throw new UsageError(`more than one server has jobs: give --service=NAME, one of ${found.join(', ')}`);
  }
  if (found[0] !== undefined) return found[0];
  throw new NoCronError(connectEndpoint(settings.brokerIp, settings.brokerPort));
}

/** What a server says of its jobs, as far as that is known here. */
export function asJobReports(list: unknown): readonly JobReport[] {
  return Array.isArray(list) ? list.filter(isReport) : [];
}

/** @throws Error for what is no report of a job */
export function asJobReport(info: unknown): JobReport {
  if (isReport(info)) return info;
  throw new Error('the server has told of a job in a form that is not known here');
}

function isReport(value: unknown): value is JobReport {
  if (typeof value !== 'object' || value === null) return false;
  const { name, job } = value as { readonly name?: unknown; readonly job?: unknown };
  return typeof name === 'string' && (typeof job === 'object' || 'unreadable' in value);
}

/** When a job runs, in a few words; of what is no such thing the JSON. */
export function whenText(when: unknown): string {
  const { cron, timeZone, everySeconds, sun, offsetMinutes, at } = (when ?? {}) as Readonly<
    Record<string, unknown>
  >;
  if (typeof cron === 'string') return typeof timeZone === 'string' ? `${cron} ${timeZone}` : cron;
  if (typeof everySeconds === 'number')
    return `every ${everySeconds % 1 === 0 ? spanText(everySeconds * 1_000) : `${everySeconds} s`}`;
  if (typeof sun === 'string') {
    const offset = typeof offsetMinutes === 'number' ? offsetMinutes : 0;
    return offset === 0 ? sun : `${sun} ${offset > 0 ? '+' : '-'} ${Math.abs(offset)} min`;
  }
  return typeof at === 'string' ? at : JSON.stringify(when ?? null);
}

/** When a job runs next, or why it does not. */
export function nextText(report: JobReport, wallNow: Millis): string {
  if ('unreadable' in report) return 'cannot be run';
  const { next, held } = report;
  return next === undefined ? (held ?? 'not known') : timeAndSpan(next, wallNow);
}

/** How the last run of a job went. */
export function lastText(report: JobReport, wallNow: Millis): string {
  if ('unreadable' in report || report.last === undefined) return '';
  const { outcome, at } = report.last;
  return `${outcome}, ${spanText(wallNow - at)} ago`;
}
