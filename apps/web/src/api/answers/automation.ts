import {
  AFTER_ERROR,
  AFTER_RESTART,
  entrySchemas,
  FILE_FORMAT,
  FILE_VERSION,
  fireSchemas,
  jobSchema,
  SCENARIO_OVERLAPS,
  type Entry,
  type Fire,
  type Firing,
  type JobState,
  type Preview,
  type PreviewRun,
  type ScenarioDefinition,
  type ScenarioFile,
  type ScenarioStatus,
  type TimedEntry,
  type TraceEntry,
} from '@raspy/automation';
import type { JobReport, RunRecord, RunReport } from '@raspy/runtime/core-server';
import { z } from 'zod';
import { declared, instant, json, jsonObject } from './json.js';

const job = jobSchema.meta({ id: 'JobDefinition' });

const runRecord = declared<RunRecord>()(
  z.object({
    run: z.string(),
    due: instant,
    why: z.enum(['due', 'missed', 'by hand']),
    at: instant,
    outcome: z.enum(['begun', 'done', 'failed', 'unknown']),
    endedAt: instant.optional(),
    result: json.optional(),
    reason: z.string().optional(),
  }),
).meta({ id: 'RunRecord' });

const jobState = declared<JobState>()(
  z.object({
    job,
    next: instant.optional(),
    lastRun: instant.optional(),
    running: z.number(),
    waiting: z.number(),
    held: z.enum(['disabled', 'clock not trusted', 'no run any more']).optional(),
  }),
);
const lostRuns = z.object({ due: instant, count: z.number(), reason: z.string() });
/** A job as it stands; one that cannot be run as it is stored says why. */
export const jobReport = declared<JobReport>()(
  z.union([
    z.object({ name: z.string(), job: json, unreadable: z.string() }),
    jobState.extend({ name: z.string(), last: runRecord.optional(), lost: lostRuns.optional() }),
  ]),
).meta({ id: 'Job' });

export const runReport = declared<RunReport>()(
  z.union([
    runRecord,
    z.object({ outcome: z.literal('skipped'), reason: z.string() }),
    z.object({ outcome: z.literal('waiting') }),
  ]),
).meta({ id: 'RunReport' });

const previewRun = declared<PreviewRun>()(
  z.object({
    at: instant,
    local: z.string().meta({ examples: ['2026-10-25T02:30:00+02:00'] }),
    remarks: z.array(z.string()),
  }),
);
export const preview = declared<Preview>()(
  z.object({ runs: z.array(previewRun), notes: z.array(z.string()) }),
).meta({ id: 'Preview' });

const { value, variable, device, service, scenario: other, setting } = entrySchemas;
const timed = declared<TimedEntry>()(
  z.object({
    kind: z.enum(['cron', 'sun']),
    title: z.string().optional(),
    when: jobSchema.shape.when,
  }),
);
const entry = declared<Entry>()(z.union([value, variable, device, service, timed, other, setting])).meta({
  id: 'ScenarioEntry',
});
const fire = declared<Fire>()(z.union(Object.values(fireSchemas) as FireSchemas)).meta({
  id: 'ScenarioFire',
});
type FireSchemas = readonly (typeof fireSchemas)[keyof typeof fireSchemas][];

/** What a scenario and the file of one have in common. */
const described = z.object({
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  mode: z.enum(['background', 'fired']),
  policy: z.object({
    afterRestart: z.enum(AFTER_RESTART),
    afterError: z.enum(AFTER_ERROR).optional(),
    overlap: z.enum(SCENARIO_OVERLAPS),
  }),
});
const permissions = z.object({ commands: z.array(z.string()).optional(), cron: z.boolean() });

export const scenario = declared<ScenarioDefinition>()(
  described.extend({
    enabled: z.boolean(),
    entries: z.record(z.string(), entry),
    fires: z.array(fire),
    permissions,
    code: z.string(),
  }),
).meta({ id: 'Scenario' });

/** JSON of any form is `unknown` here. */
type ToldFiring = Omit<Firing, 'value' | 'payload'> & {
  readonly value?: unknown;
  readonly payload?: unknown;
};
const firing = declared<ToldFiring>()(
  z.object({
    why: z.enum(['start', 'by hand', 'condition', 'time', 'scenario']),
    at: instant,
    entry: z.string().optional(),
    value: json.optional(),
    payload: json.optional(),
    again: z.enum(['after an error', 'after a restart']).optional(),
  }),
).meta({ id: 'Firing' });

export const scenarioStatus = declared<
  Omit<ScenarioStatus, 'lastFiring'> & { readonly lastFiring?: ToldFiring }
>()(
  z.object({
    name: z.string(),
    title: z.string().optional(),
    mode: z.enum(['background', 'fired']),
    enabled: z.boolean(),
    safeMode: z.boolean(),
    state: z.enum(['off', 'idle', 'running', 'stopping', 'waiting to restart', 'quarantined', 'broken']),
    reason: z.string().optional(),
    restartsInMs: z.number().optional(),
    runs: z.number().meta({ description: 'Since core started' }),
    queued: z.number(),
    lastFiring: firing.optional(),
    lastEnd: z.object({ at: instant, text: z.string(), failed: z.boolean() }).optional(),
    holds: z.array(z.object({ entry: z.string(), leaseEndsInMs: z.number() })),
    fires: z.array(z.object({ fire, state: z.enum(['unknown', 'no', 'waiting', 'yes']).optional() })),
    troubles: z.array(z.string()),
  }),
).meta({ id: 'ScenarioStatus' });

const status = scenarioStatus.nullable();
/** A scenario without its code, and how it stands; one that cannot be used as it is stored says why. */
export const listedScenario = z
  .union([
    z.object({ name: z.string(), broken: z.string(), status }),
    scenario.omit({ code: true }).extend({ codeLength: z.number(), status }),
  ])
  .meta({ id: 'ListedScenario' });

export const traceEntry = declared<TraceEntry>()(
  z.object({
    at: instant,
    run: z.number().meta({ description: 'Number of the run, from 1; 0 when it belongs to none' }),
    kind: z.enum(['fired', 'skipped', 'saw', 'sent', 'said', 'ended', 'state']),
    text: z.string(),
  }),
).meta({ id: 'TraceEntry' });

export const scenarioFile = declared<ScenarioFile>()(
  z.object({
    format: z.literal(FILE_FORMAT),
    version: z.literal(FILE_VERSION),
    scenario: described,
    entries: z.record(z.string(), jsonObject),
    fires: z.array(fire),
    permissions,
    code: z.string(),
  }),
).meta({ id: 'ScenarioFile' });
