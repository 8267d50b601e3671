import { scenarioTypes, type ScenarioDefinition, type ScenarioStatus } from '@raspy/automation';
import { z } from 'zod';
import { HttpProblem } from '../../problem.js';
import {
  jobReport,
  listedScenario,
  preview,
  runReport,
  scenario,
  scenarioFile,
  scenarioStatus,
  traceEntry,
} from '../answers/automation.js';
import { Answer, passed, route, type Route } from '../route.js';
import { anyJson, anyObject, count, mistake, named } from '../schemas.js';

const enabledBody = z.object({ enabled: z.boolean() });
const jobs = 'Jobs';
const scenarios = 'Scenarios';

/** Jobs and scenarios. */
export const automationRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/jobs',
    tag: jobs,
    summary: 'All jobs as they stand',
    role: 'viewer',
    response: z.array(jobReport),
    handle: async ({ home }) => passed((await home.cron()).list()),
  }),
  route({
    method: 'post',
    path: '/jobs',
    tag: jobs,
    summary: 'Add a job',
    role: 'admin',
    body: anyObject,
    handle: async ({ home }, { body }) => (await home.cron()).add(body),
  }),
  route({
    method: 'post',
    path: '/jobs/preview',
    audited: false,
    tag: jobs,
    summary: 'When something would run, and what is unusual about that',
    role: 'viewer',
    body: z.object({ when: anyJson, count: z.number().int().min(1).max(100).optional() }),
    response: preview,
    handle: async ({ home }, { body }) => {
      const cron = await home.cron();
      return passed(body.count === undefined ? cron.preview(body.when) : cron.preview(body.when, body.count));
    },
  }),
  route({
    method: 'put',
    path: '/jobs/{name}',
    tag: jobs,
    summary: 'Put a job in the place of the one of its name',
    role: 'admin',
    params: named,
    body: anyObject,
    handle: async ({ home }, { params, body }) => (await home.cron()).update(nameless(body, params.name)),
  }),
  route({
    method: 'delete',
    path: '/jobs/{name}',
    tag: jobs,
    summary: 'Remove a job; a run that goes on is not ended',
    role: 'admin',
    params: named,
    handle: async ({ home }, { params }) => (await home.cron()).remove(params.name),
  }),
  route({
    method: 'post',
    path: '/jobs/{name}/run',
    tag: jobs,
    summary: 'Begin a run by hand',
    role: 'operator',
    params: named,
    response: runReport,
    handle: async ({ home }, { params }) => passed((await home.cron()).run(params.name)),
  }),
  route({
    method: 'put',
    path: '/jobs/{name}/enabled',
    tag: jobs,
    summary: 'Let a job run by itself, or not any more',
    role: 'admin',
    params: named,
    body: enabledBody,
    handle: async ({ home }, { params, body }) => (await home.cron()).enable(params.name, body.enabled),
  }),
  route({
    method: 'get',
    path: '/jobs/{name}/next',
    tag: jobs,
    summary: 'The next runs of a job, and what is unusual about them',
    role: 'viewer',
    params: named,
    query: z.object({ count: count(1_000) }),
    response: preview,
    handle: async ({ home }, { params, query }) => {
      const cron = await home.cron();
      return passed(query.count === undefined ? cron.next(params.name) : cron.next(params.name, query.count));
    },
  }),
  route({
    method: 'get',
    path: '/scenarios',
    tag: scenarios,
    summary: 'All scenarios, without their code, and how each stands',
    role: 'viewer',
    response: z.array(listedScenario),
    handle: async ({ home }) => {
      const { kept, running } = await home.scenarios();
      const [list, statuses] = await Promise.all([kept.list(), running.status()]);
      const byName = new Map(
        passed<readonly ScenarioStatus[]>(statuses).map((status) => [status.name, status]),
      );
      return passed<readonly KeptScenario[]>(list).map((one) => ({
        ...one,
        status: byName.get(one.name) ?? null,
      }));
    },
  }),
  route({
    method: 'post',
    path: '/scenarios',
    tag: scenarios,
    summary: 'Add a scenario',
    role: 'admin',
    body: anyObject,
    handle: async ({ home }, { body }) => (await home.scenarios()).kept.add(body),
  }),
  route({
    method: 'get',
    path: '/scenarios/shipped',
    tag: scenarios,
    summary: 'Scenarios that come with RasPy, as files',
    role: 'viewer',
    response: z.array(scenarioFile),
    handle: async ({ home }) => passed((await home.scenarios()).kept.shipped()),
  }),
  route({
    method: 'post',
    path: '/scenarios/check',
    audited: false,
    tag: scenarios,
    summary: 'What is wrong with a scenario, and where; saves nothing',
    role: 'viewer',
    body: anyObject,
    response: z.array(mistake),
    handle: async ({ home }, { body }) => passed((await home.scenarios()).kept.check(body)),
  }),
  route({
    method: 'post',
    path: '/scenarios/import',
    tag: scenarios,
    summary: 'Add a scenario of a file, with what its entries are in this home',
    role: 'admin',
    body: z.object({ file: anyJson, mapping: anyObject }),
    response: z.object({ name: z.string(), notes: z.array(z.string()) }),
    handle: async ({ home }, { body }) =>
      passed((await home.scenarios()).kept.import(body.file, body.mapping)),
  }),
  route({
    method: 'get',
    path: '/scenarios/{name}',
    tag: scenarios,
    summary: 'A scenario with its code; null for one that cannot be used as it is stored',
    role: 'viewer',
    params: named,
    response: scenario.nullable(),
    handle: async ({ home }, { params }) => passed((await home.scenarios()).kept.get(params.name)),
  }),
  route({
    method: 'put',
    path: '/scenarios/{name}',
    tag: scenarios,
    summary: 'Put a scenario in the place of the one of its name, which is stopped',
    role: 'admin',
    params: named,
    body: anyObject,
    handle: async ({ home }, { params, body }) =>
      (await home.scenarios()).kept.update(nameless(body, params.name)),
  }),
  route({
    method: 'delete',
    path: '/scenarios/{name}',
    tag: scenarios,
    summary: 'Stop a scenario and delete it',
    role: 'admin',
    params: named,
    handle: async ({ home }, { params }) => (await home.scenarios()).kept.delete(params.name),
  }),
  route({
    method: 'post',
    path: '/scenarios/{name}/run',
    tag: scenarios,
    summary: 'Run a scenario by hand; one that was quarantined, too',
    role: 'operator',
    params: named,
    body: z.object({ payload: anyJson.optional() }),
    response: scenarioStatus,
    handle: async ({ home }, { params, body }) => {
      const { running } = await home.scenarios();
      return passed(
        body.payload === undefined ? running.run(params.name) : running.run(params.name, body.payload),
      );
    },
  }),
  route({
    method: 'post',
    path: '/scenarios/{name}/stop',
    tag: scenarios,
    summary: 'Stop a scenario; answers when what it held was given back',
    role: 'operator',
    params: named,
    response: scenarioStatus,
    handle: async ({ home }, { params }) => passed((await home.scenarios()).running.stop(params.name)),
  }),
  route({
    method: 'put',
    path: '/scenarios/{name}/enabled',
    tag: scenarios,
    summary: 'Let a scenario run, or not any more',
    role: 'admin',
    params: named,
    body: enabledBody,
    handle: async ({ home }, { params, body }) =>
      (await home.scenarios()).kept.enable(params.name, body.enabled),
  }),
  route({
    method: 'get',
    path: '/scenarios/{name}/trace',
    tag: scenarios,
    summary: 'Why it was fired, what it saw, sent and said, the oldest first',
    role: 'viewer',
    params: named,
    query: z.object({ count: count(1_000) }),
    response: z.array(traceEntry),
    handle: async ({ home }, { params, query }) => {
      const { running } = await home.scenarios();
      return passed(
        query.count === undefined ? running.trace(params.name) : running.trace(params.name, query.count),
      );
    },
  }),
  route({
    method: 'get',
    path: '/scenarios/{name}/export',
    tag: scenarios,
    summary: 'A scenario as a file to share: without the names of this home',
    role: 'viewer',
    params: named,
    response: scenarioFile,
    handle: async ({ home }, { params }) => passed((await home.scenarios()).kept.export(params.name)),
  }),
  route({
    method: 'get',
    path: '/scenarios/{name}/types',
    tag: scenarios,
    summary: 'What the code of a scenario can use, as TypeScript declarations',
    role: 'viewer',
    params: named,
    response: { type: 'text/plain; charset=utf-8', description: 'TypeScript declarations' },
    handle: async ({ home }, { params }) => {
      const { kept } = await home.scenarios();
      const found = passed<ScenarioDefinition | null>(await kept.get(params.name));
      return new Answer(scenarioTypes(found?.entries ?? {}), { type: 'text/plain; charset=utf-8' });
    },
  }),
];

/** A scenario as core lists it. */
type KeptScenario = DistributiveOmit<z.output<typeof listedScenario>, 'status'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What is put under a name is called so. @throws HttpProblem when it names itself otherwise */
function nameless(body: Readonly<Record<string, unknown>>, name: string): object {
  if (body['name'] !== undefined && body['name'] !== name) {
    throw new HttpProblem(400, 'OTHER_NAME', 'the name in the path and in the body are not the same');
  }
  return { ...body, name };
}
