import { SCENARIO_API } from '@raspy/automation';
import type {
  ApiOperation,
  ApiOperations,
  ApiResponse,
  Frame,
  Json,
  Mistake,
  Session,
} from '../../src/client.js';
import type { MockData } from './mock-data.js';
import { mockPhoto, type MockDevice, type MockHome } from './mock-home.js';
import { mockTypes } from './mock-types.js';

/** Why the mock does not do something. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly mistakes?: readonly Mistake[],
  ) {
    super(message);
  }
}

/** What changes of a mock beside its devices. */
export interface MockState {
  session: Pick<Session, 'claimed' | 'user'>;
  preferences: unknown;
  /** The durable request that was submitted last. */
  submitted?: ApiOperations['POST /titanic']['body'];
  /** What was imported last. */
  imported?: ApiOperations['POST /scenarios/import']['body'];
  /** What a device was configured with last. */
  configured?: ApiOperations['PATCH /devices/{server}/{device}/config']['body'];
}

/** A request as it came: its body is what the page's compiler has let it send. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

interface Given<O extends ApiOperation> {
  readonly params: ApiOperations[O]['params'];
  readonly query: URLSearchParams;
  readonly body: ApiOperations[O]['body'];
}
/** All operations, so that the mock goes along with the API; events are a stream, and a picture is its bytes. */
type Answers = {
  readonly [O in Exclude<ApiOperation, 'GET /events'>]: (
    given: Given<O>,
  ) => [ApiResponse<O>] extends [Response] ? Buffer : ApiResponse<O>;
};

const nothing = (): undefined => undefined;
const DAY = 86_400_000;
const SHOWN: readonly Frame[] = [{ text: 'exec' }, { text: 'door' }, { text: '{"open":true}' }];

/** Fakes the API of a home. */
export function mockApi(home: MockHome, data: MockData, state: MockState): (asked: Asked) => unknown {
  const deviceAt = ({ server, device }: { readonly server: string; readonly device: string }): MockDevice => {
    const found = home.find(server, device);
    if (found === undefined) throw new Refusal(404, `there is no device "${device}"`);
    return found;
  };
  const scenarioAt = (name: string) => {
    const found = data.scenarios.find((scenario) => scenario.name === name);
    if (found === undefined) throw new Refusal(404, `there is no scenario "${name}"`);
    return found;
  };
  const requestAt = (id: string) => {
    const found = data.titanic.find((request) => request.id === id);
    if (found === undefined) throw new Refusal(404, 'there is no such request');
    return found;
  };
  const configOf = ({ name, oid }: MockDevice) => ({ name, oid, config: {}, pollSeconds: 30, log: true });
  const preview = () => ({
    runs: Array.from({ length: 8 }, (_, index) => {
      const at = Math.ceil(Date.now() / DAY) * DAY + index * DAY + 7.5 * 3_600_000;
      const local = `${new Date(at + 3_600_000).toISOString().slice(0, 19)}+01:00`;
      return { at, local, remarks: [] };
    }),
    notes: ['on 28 March 2027 this leaves out 02:00 to 03:00, which do not exist: the clock goes forward'],
  });
  const answers: Answers = {
    'GET /session': () => ({
      ...state.session,
      csrf: 'mock-csrf',
      home: { hostname: 'pi', version: '0.1.0', configuration: 'production' },
    }),
    'POST /claim': ({ body }) => {
      if (body.code !== 'sunny-reef-42') throw new Refusal(403, 'that is not the claim code of this home');
      state.session = { claimed: true, user: { name: body.name, role: 'admin' } };
    },
    'POST /login': ({ body }) => {
      if (body.password !== 'a good password') throw new Refusal(401, 'name or password is wrong');
      state.session = { claimed: true, user: { name: body.name, role: 'admin' } };
    },
    'POST /logout': () => {
      state.session = { ...state.session, user: null };
    },
    'POST /password': nothing,
    'GET /preferences': () => state.preferences as Json,
    'PUT /preferences': ({ body }) => {
      state.preferences = body;
    },
    'GET /users': () => data.users,
    'POST /users': ({ body: { name, role } }) => ({ name, role, createdAt: Date.now() }),
    'PATCH /users/{name}': ({ params }) => data.users.find(({ name }) => name === params.name)!,
    'DELETE /users/{name}': nothing,
    'GET /tokens': () => data.tokens,
    'POST /tokens': ({ body: { title, scope } }) => ({
      ...{ id: 't3', title, scope, owner: 'ada', createdAt: Date.now() },
      token: 'raspy_5bq2xvw7k3m9t4',
    }),
    'DELETE /tokens/{id}': nothing,
    'GET /audit': () => data.audit,
    'GET /devices': () => home.devices,
    'POST /devices/{server}': nothing,
    'GET /devices/{server}/types': () => mockTypes,
    'GET /devices/{server}/{device}': ({ params }) => home.info(deviceAt(params)),
    'DELETE /devices/{server}/{device}': nothing,
    'POST /devices/{server}/{device}/commands/{command}': ({ params, body: { args = {}, leaseMs } }) => ({
      result: home.execute(deviceAt(params), params.command, args as Record<string, Json>, leaseMs),
    }),
    'GET /devices/{server}/{device}/photo': () => mockPhoto(),
    'GET /devices/{server}/{device}/config': ({ params }) => configOf(deviceAt(params)),
    'PATCH /devices/{server}/{device}/config': ({ params, body }) => {
      state.configured = body;
      const { watts } = (body['config'] ?? {}) as { watts?: number };
      if (watts === 13) {
        throw new Refusal(400, 'the configuration is wrong', [
          { path: 'config.watts', message: 'brings no luck' },
        ]);
      }
      return configOf(deviceAt(params));
    },
    'POST /leases/{server}/{lease}/renew': nothing,
    'DELETE /leases/{server}/{lease}': nothing,
    'GET /services': () => data.services,
    'GET /services/{server}/statistics': () => ({
      'host.uptimeSeconds': 48211,
      'requests.done': 1204,
      'requests.failed': 3,
    }),
    'POST /requests': () => ({ frames: [{ text: '["camera","doser","heater"]' }, { text: '200' }], ms: 4.2 }),
    'GET /kv': () => ({ status: 'synced', entries: home.entries() }),
    'PUT /kv': ({ body: { key, value } }) => {
      home.extra.set(key, value as Json);
      home.tell(key, value as Json);
    },
    'DELETE /kv': nothing,
    'GET /history': ({ query }) => ({ key: query.get('key')!, points: home.history(query.get('key')!) }),
    'GET /titanic': ({ query }) => {
      const wanted = query.get('state');
      return data.titanic.filter((request) => wanted === null || request.state === wanted);
    },
    'GET /titanic/{id}': ({ params }) => {
      const request = requestAt(params.id);
      return {
        request,
        frames: SHOWN,
        ...(request.state === 'done' && { reply: [{ text: 'null' }, { text: '200' }] }),
      };
    },
    'POST /titanic': ({ body }) => {
      state.submitted = body;
      const { service } = body;
      const now = Date.now();
      const id = `5f0c7a10b6f14b0a9c1f2a7d40e0b${String(data.titanic.length).padStart(3, '0')}`;
      data.titanic.push({
        id,
        service,
        state: 'waiting',
        acceptedAt: now,
        at: now,
        attempts: 0,
        bodyBytes: 9,
      });
      return { id };
    },
    'POST /titanic/{id}/retry': nothing,
    'DELETE /titanic/{id}': nothing,
    'GET /jobs': () => data.jobs,
    'POST /jobs': nothing,
    'POST /jobs/preview': preview,
    'PUT /jobs/{name}': nothing,
    'DELETE /jobs/{name}': nothing,
    'POST /jobs/{name}/run': () => ({ outcome: 'waiting' }),
    'PUT /jobs/{name}/enabled': nothing,
    'GET /jobs/{name}/next': preview,
    'GET /scenarios': () => data.scenarios,
    'POST /scenarios': nothing,
    'GET /scenarios/shipped': () => data.shipped,
    'POST /scenarios/check': ({ body }) => {
      const lines = String(body['code']).split('\n');
      const line = lines.findIndex((text) => text.includes('oops'));
      return line < 0 ? [] : [{ path: 'code', message: `line ${line + 1}, column 1: "oops" is not known` }];
    },
    'POST /scenarios/import': ({ body }) => {
      state.imported = body;
      return { name: 'auto-top-off', notes: [] };
    },
    'GET /scenarios/{name}': ({ params }) => {
      const found = scenarioAt(params.name);
      if ('broken' in found) return null;
      const { status: _, codeLength: _c, ...definition } = found;
      return { ...definition, code: data.code };
    },
    'PUT /scenarios/{name}': nothing,
    'DELETE /scenarios/{name}': nothing,
    'POST /scenarios/{name}/run': ({ params }) => scenarioAt(params.name).status!,
    'POST /scenarios/{name}/stop': ({ params }) => scenarioAt(params.name).status!,
    'PUT /scenarios/{name}/enabled': nothing,
    'GET /scenarios/{name}/trace': () => data.trace,
    'GET /scenarios/{name}/types': () => SCENARIO_API,
    'GET /scenarios/{name}/export': () => data.shipped[0]!,
  };
  const table = Object.entries(answers)
    .map(([operation, answer]) => ({
      pattern: new RegExp(`^${operation.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
      answer: answer as (given: object) => unknown,
      named: operation.split('{').length,
    }))
    // A path that says more comes first, as `/scenarios/shipped` before `/scenarios/{name}`.
    .sort((a, b) => a.named - b.named);
  return ({ method, path, query, body }) => {
    for (const { pattern, answer } of table) {
      const found = pattern.exec(`${method} ${path}`);
      if (found === null) continue;
      const params = Object.fromEntries(
        Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
      );
      return answer({ params, query, body });
    }
    throw new Refusal(404, 'there is no such thing');
  };
}
