import { ServiceRefusal, serviceHandler } from '@raspy/mdp-protocol';
import { textFrame } from '@raspy/wire';
import { titanicAdmin, type RequestReport, type RequestState } from '../admin.js';
import type { Entry } from '../machine/entry.js';
import { readRequestId } from '../request-id.js';
import type { TitanicCore, TitanicService } from './services.js';

const DEFAULT_LIMIT = 1_000;
const MAX_LIMIT = 10_000;
const STATES: readonly string[] = ['waiting', 'held', 'running', 'done', 'expired', 'dead'];

/** `titanic.admin`: typed, with the status last. */
export function adminService(titanic: TitanicCore): TitanicService {
  const known = (id: string): Entry => {
    const read = readRequestId(textFrame(id));
    const entry = read === undefined ? undefined : titanic.find(read);
    if (entry === undefined || stateOf(entry) === undefined)
      throw new ServiceRefusal(404, `no request ${id}`);
    return entry;
  };
  const handle = serviceHandler(titanicAdmin, {
    list: ({ filter }) => list(titanic, readFilter(filter)),
    show: async ({ id }) => {
      const entry = known(id);
      return {
        request: reportOf(entry),
        body: entry.bodyKept ? [...(await titanic.body(entry.record.id))] : [],
      };
    },
    reply: async ({ id }) => {
      const entry = known(id);
      if (entry.state !== 'done')
        throw new ServiceRefusal(409, `the request is ${stateOf(entry)!}, not done`);
      return [...(await titanic.reply(entry.record.id))];
    },
    retry: async ({ id }) => {
      const entry = known(id);
      const answer = await titanic.retry(entry.record.id);
      if (answer.type === 'absent') {
        throw new ServiceRefusal(
          409,
          `the request is ${stateOf(entry) ?? 'closed'}, and only dead ones are retried`,
        );
      }
      if (answer.type === 'refused') {
        throw new ServiceRefusal(
          answer.reason === 'expired' ? 409 : 500,
          answer.reason === 'expired' ? 'its time to be done has passed' : 'it could not be stored',
        );
      }
    },
    drop: async ({ id }) => {
      const answer = await titanic.closeRequest(known(id).record.id);
      if (answer.type !== 'ok') throw new ServiceRefusal(500, 'it could not be stored');
    },
    statistics: () => titanic.statistics(),
  });
  return (body) => handle(body, { signal: new AbortController().signal, partial: () => undefined });
}

interface Filter {
  readonly state?: string;
  readonly service?: string;
  readonly limit: number;
}

function readFilter(value: unknown): Filter {
  if (value === undefined) return { limit: DEFAULT_LIMIT };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ServiceRefusal(400, 'the filter is not a JSON object');
  }
  const { state, service, limit = DEFAULT_LIMIT } = value as Readonly<Record<string, unknown>>;
  if (state !== undefined && !(typeof state === 'string' && STATES.includes(state))) {
    throw new ServiceRefusal(400, `state is none of ${STATES.join(', ')}`);
  }
  if (service !== undefined && typeof service !== 'string')
    throw new ServiceRefusal(400, 'service is not a text');
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new ServiceRefusal(400, `limit is not a whole number from 1 to ${MAX_LIMIT}`);
  }
  return { ...(state !== undefined && { state }), ...(service !== undefined && { service }), limit };
}

function list(titanic: TitanicCore, { state, service, limit }: Filter): RequestReport[] {
  const found: RequestReport[] = [];
  for (const entry of titanic.all()) {
    if (found.length >= limit) break;
    const now = stateOf(entry);
    if (now === undefined || (state !== undefined && now !== state)) continue;
    if (service === undefined || entry.lane.text === service) found.push(reportOf(entry));
  }
  return found;
}

/** As people are told; `undefined` for one that is not there for them. */
function stateOf(entry: Entry): RequestState | undefined {
  switch (entry.state) {
    case 'closed':
      return undefined;
    case 'storing':
      return 'waiting';
    case 'claiming':
    case 'finishing':
      return 'running';
    default:
      return entry.state;
  }
}

function reportOf(entry: Entry): RequestReport {
  const { id, acceptedAt, bodyBytes, notBefore, expiresAt, key } = entry.record;
  return {
    id,
    service: entry.lane.text,
    state: stateOf(entry)!,
    ...{ acceptedAt, at: entry.at, attempts: entry.attempts },
    ...(entry.reason !== undefined && { reason: entry.reason }),
    ...(notBefore !== undefined && { notBefore }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(key !== undefined && { key }),
    bodyBytes,
    ...(entry.state === 'done' && { replyBytes: entry.replyBytes }),
  };
}
