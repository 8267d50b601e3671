import type { Clock } from '@raspy/clock';
import { serviceClient, type MdpClient, type ServiceClient } from '@raspy/mdp-protocol';
import { connectEndpoint, UsageError } from '@raspy/runtime';
import { SettingsClient, TitanicClient, titanicAdmin } from '@raspy/titanic-store';
import { withBus, type BusSettings } from './bus.js';
import { asReports } from './titanic-report.js';
import type { ToolOptions } from './tool.js';

/** The home's Titanic, for one command. */
export interface TitanicFaces {
  /** `titanic.admin` */
  readonly admin: ServiceClient<(typeof titanicAdmin)['actions']>;
  /** Durable requests. */
  readonly requests: TitanicClient;
  /** `titanic.store` */
  readonly settings: SettingsClient;
}

/** Nobody serves Titanic's names. */
class NoTitanicError extends Error {
  override readonly name = 'NoTitanicError';
  readonly code = 'NO_TITANIC';

  constructor(endpoint: string, service: string, cause: Error) {
    super(
      `nobody serves ${service} at ${endpoint}: its broker was started with --titanic=false and no raspy-titanic runs, ` +
        'or it is not of RasPy',
      { cause },
    );
  }
}

/** There is no such request. */
class NoRequestError extends Error {
  override readonly name = 'NoRequestError';
  readonly code = 'UNKNOWN_REQUEST';

  constructor(id: string) {
    super(`there is no request ${id}: it was closed or forgotten, or never was; raspy titanic ls has all`);
  }
}

const NAMES = ['titanic.request', 'titanic.submit', 'titanic.store', 'titanic.admin'];

/**
 * Connects to the home's Titanic, works, and disconnects, whichever way the work ends.
 * @throws Error (rejects) with code `NO_BROKER` or `NO_TITANIC` and what to do when it was not reached in time
 */
export async function withTitanic<T>(
  settings: BusSettings,
  clock: Clock,
  options: ToolOptions,
  work: (titanic: TitanicFaces) => Promise<T>,
): Promise<T> {
  return withBus(settings, clock, options, async ({ client }) => {
    const requester = failingAtOnce(client);
    try {
      return await work({
        admin: serviceClient(titanicAdmin, requester, 'titanic.admin'),
        requests: new TitanicClient(requester, { clock }),
        settings: new SettingsClient(requester),
      });
    } catch (error) {
      const { code, service } = error as { code?: unknown; service?: unknown };
      if (code === 'NO_WORKER' && typeof service === 'string' && NAMES.includes(service)) {
        const endpoint = connectEndpoint(settings.brokerIp, settings.brokerPort);
        throw new NoTitanicError(endpoint, service, error as Error);
      }
      throw error;
    }
  });
}

/** A client that does not wait for a Titanic which is not there. */
function failingAtOnce(client: MdpClient): Pick<MdpClient, 'request'> {
  return {
    request: (service, body, options) =>
      client.request(service, body, NAMES.includes(service) ? { ...options, ifNoWorker: 'fail' } : options),
  };
}

/** Titanic tells of so many requests at most. */
export const MOST_LISTED = 10_000;
const WHOLE_ID = /^[0-9a-f]{32}$/;
const BEGINNING = /^[0-9a-f]{6,31}$/;

/**
 * The whole ids of those that were typed, which may be shortened to six digits or more.
 * @throws UsageError (rejects) for what is none, or begins more than one; Error with code `UNKNOWN_REQUEST` where there is none
 */
export async function wholeIds(
  admin: TitanicFaces['admin'],
  typed: readonly string[],
): Promise<readonly string[]> {
  const wanted = typed.map((id) => id.toLowerCase());
  const wrong = wanted.findIndex((id) => !WHOLE_ID.test(id) && !BEGINNING.test(id));
  if (wrong >= 0) {
    throw new UsageError(
      `"${typed[wrong]!}" is no id: it has 32 digits 0-9 and a-f, of which the first six or more may do`,
    );
  }
  if (wanted.every((id) => WHOLE_ID.test(id))) return wanted;
  const known = asReports(await admin.list({ limit: MOST_LISTED }));
  return wanted.map((id) => {
    if (WHOLE_ID.test(id)) return id;
    const found = known.filter((report) => report.id.startsWith(id));
    if (found.length > 1) throw new UsageError(`${found.length} requests begin with ${id}: give more of it`);
    if (known.length >= MOST_LISTED) {
      throw new UsageError(`there are too many requests to know which ${id} is: give all 32 digits`);
    }
    if (found.length === 0) throw new NoRequestError(id);
    return found[0]!.id;
  });
}

/** Asks about a request. @throws Error (rejects) with code `UNKNOWN_REQUEST` and what to do where there is none */
export async function ofRequest<T>(id: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { code, status } = error as { code?: unknown; status?: unknown };
    if (code === 'SERVICE_STATUS' && status === '404') throw new NoRequestError(id);
    throw error;
  }
}
