import type {
  AuditLine,
  DurableRequest,
  Job,
  JobDefinition,
  ListedScenario,
  ScenarioFile,
  ScenarioStatus,
  Service,
  Token,
  TraceEntry,
  User,
} from '../../src/client.js';
import { THERMOSTAT_CODE } from './mock-texts.js';

type Mutable<T> = { -readonly [M in keyof T]: T[M] };

/** What the parts of a home that are not devices tell. */
export interface MockData {
  readonly scenarios: readonly ListedScenario[];
  readonly jobs: readonly Job[];
  readonly services: readonly Service[];
  readonly titanic: Mutable<DurableRequest>[];
  readonly users: readonly User[];
  readonly tokens: readonly Token[];
  readonly audit: readonly AuditLine[];
  readonly trace: readonly TraceEntry[];
  readonly code: string;
  readonly shipped: readonly ScenarioFile[];
}

const AUTO_TOP_OFF_LIKE: ScenarioFile = {
  format: 'raspy-scenario',
  version: 1,
  scenario: {
    name: 'auto-top-off',
    title: 'Auto top-off',
    description: 'Fills up what evaporates. What is not as it should be locks it until somebody has looked.',
    mode: 'background',
    policy: { afterRestart: 'leave', overlap: 'skip' },
  },
  entries: {
    level: { kind: 'value', title: 'Level of the water', type: 'number', unit: '%', maxAge: '2 min' },
    leak: {
      kind: 'value',
      title: 'Leak sensor on the floor: closed when it is wet',
      type: 'boolean',
      optional: true,
    },
    pump: { kind: 'device', title: 'Pump', type: 'actuator.pump' },
    low: { kind: 'setting', title: 'Fills below', value: 70, unit: '%', min: 0, max: 100 },
  },
  fires: [],
  permissions: { commands: ['pump'], cron: false },
  code: '',
};

/** A job with what is filled in of one that does not say it. */
const job = (
  definition: Pick<JobDefinition, 'name' | 'when' | 'does'> & { readonly title: string },
): JobDefinition => ({
  missed: 'skip',
  windowMs: 3_600_000,
  jitterSeconds: 0,
  overlap: 'skip',
  runWhileClockUntrusted: false,
  enabled: true,
  ...definition,
});
const command = (device: string, name: string, args?: object): JobDefinition['does'] => ({
  command: {
    ...{ service: 'pi.reef.devices', device, name, timeoutMs: 10_000 },
    ...(args !== undefined && { args: { ...args } }),
  },
});

/** A made-up home, relative to an instant. */
export function mockData(now: number): MockData {
  const minutes = (count: number): number => now + count * 60_000;
  const thermostat: Exclude<ListedScenario, { readonly broken: string }> = {
    name: 'thermostat',
    title: 'Thermostat of the reef',
    description: 'Keeps the water warm by the heater, and says so when it cannot.',
    mode: 'background',
    enabled: true,
    entries: {
      water: {
        kind: 'value',
        key: '/device/pi.reef/water-temperature/temperature',
        type: 'number',
        unit: '°C',
        maxAge: '2 min',
        optional: false,
      },
      heater: { kind: 'device', service: 'pi.reef.devices', device: 'heater', type: 'actuator.heater' },
      target: { kind: 'setting', title: 'Target', value: 25.5, unit: '°C', min: 18, max: 30 },
    },
    fires: [],
    policy: { overlap: 'skip', afterRestart: 'leave' },
    permissions: { commands: ['heater'], cron: false },
    codeLength: THERMOSTAT_CODE.length,
    status: null,
  };
  const status: ScenarioStatus = {
    name: 'thermostat',
    mode: 'background',
    state: 'idle',
    runs: 0,
    enabled: true,
    safeMode: false,
    queued: 0,
    holds: [{ entry: 'heater', leaseEndsInMs: 41_000 }],
    fires: [],
    troubles: [],
  };
  const scenarios: readonly ListedScenario[] = [
    {
      ...thermostat,
      status: { ...status, state: 'running', runs: 3, lastFiring: { why: 'start', at: minutes(-312) } },
    },
    {
      ...thermostat,
      name: 'feeding',
      title: 'Feeding time',
      description: 'Rests the pumps for ten minutes, and doses.',
      mode: 'fired',
      status: {
        ...status,
        state: 'idle',
        runs: 41,
        holds: [],
        lastFiring: { why: 'time', at: minutes(-95), entry: 'noon' },
        lastEnd: { at: minutes(-85), text: 'done', failed: false },
      },
    },
    {
      ...thermostat,
      name: 'leak-alarm',
      title: 'Leak alarm',
      mode: 'fired',
      status: {
        ...status,
        state: 'quarantined',
        runs: 5,
        holds: [],
        reason:
          'it failed five times within a minute: TypeError: cannot read "value" of undefined (line 4, column 12)',
        lastEnd: { at: minutes(-12), text: 'failed', failed: true },
      },
    },
    {
      name: 'old-lights',
      broken: 'mode: is missing',
      status: { ...status, name: 'old-lights', state: 'broken', reason: 'mode: is missing', holds: [] },
    },
  ];
  const jobs: readonly Job[] = [
    {
      name: 'light-on',
      job: job({
        name: 'light-on',
        title: 'Light on',
        when: { cron: '30 8 * * *', timeZone: 'Europe/Paris', timeChange: 'usual' },
        does: command('moonlight', 'set', { level: 80 }),
      }),
      next: minutes(204),
      lastRun: minutes(-1236),
      running: 0,
      waiting: 0,
      last: {
        ...{ run: 'r1', due: minutes(-1236), why: 'due', at: minutes(-1236) },
        ...{ outcome: 'done', endedAt: minutes(-1236), result: null },
      },
    },
    {
      name: 'light-off',
      job: job({
        name: 'light-off',
        title: 'Light off after sunset',
        when: { sun: 'sunset', offsetMinutes: 45 },
        does: command('moonlight', 'off'),
      }),
      next: minutes(711),
      running: 0,
      waiting: 0,
    },
    {
      name: 'dose-calcium',
      job: job({
        name: 'dose-calcium',
        title: 'Calcium',
        when: { everySeconds: 21_600 },
        does: command('doser', 'dose', { ml: 2.5 }),
      }),
      next: minutes(35),
      running: 0,
      waiting: 0,
      last: {
        ...{ run: 'r2', due: minutes(-325), why: 'due', at: minutes(-325), outcome: 'failed' },
        reason: 'the device "doser" has not answered in time',
      },
    },
    {
      name: 'feed-fish',
      job: { name: 'feed-fish', title: 'Feed the fish', when: { cron: 'at noon' } },
      unreadable: 'when.cron: has 2 fields, not five or six',
    },
  ];
  const services = ['pi.reef', 'pi.lounge', 'pi.garden', 'pi.core', 'pi.broker'].flatMap((server, index) =>
    ['mmi', 'statistics', ...(index < 3 ? ['devices'] : [])].map((part) => ({
      name: `${server}.${part}`,
      workers: server === 'pi.garden' && part === 'devices' ? 0 : 1,
      busy: part === 'devices' && index === 0 ? 1 : 0,
      waiting: server === 'pi.garden' && part === 'devices' ? 2 : 0,
    })),
  );
  const requests: readonly Omit<DurableRequest, 'acceptedAt'>[] = [
    {
      id: '5f0c7a10b6f14b0a9c1f2a7d40e0a001',
      service: 'pi.garden.devices',
      state: 'waiting',
      at: minutes(-3),
      attempts: 0,
      bodyBytes: 64,
    },
    {
      id: '5f0c7a10b6f14b0a9c1f2a7d40e0a002',
      service: 'pi.mail.send',
      state: 'dead',
      at: minutes(-190),
      attempts: 5,
      reason: 'nobody has answered within 60 s',
      bodyBytes: 2481,
    },
    {
      id: '5f0c7a10b6f14b0a9c1f2a7d40e0a003',
      service: 'pi.reef.devices',
      state: 'done',
      at: minutes(-411),
      attempts: 1,
      bodyBytes: 52,
      replyBytes: 9,
    },
  ];
  const titanic = requests.map((request) => ({ ...request, acceptedAt: request.at - 4000 }));
  const users: readonly User[] = [
    { name: 'ada', role: 'admin', createdAt: minutes(-90_000) },
    { name: 'linus', role: 'operator', createdAt: minutes(-40_000) },
    { name: 'wall-tablet', role: 'viewer', createdAt: minutes(-9000) },
  ];
  const tokens: readonly Token[] = [
    {
      id: 't1',
      title: 'Grafana',
      owner: 'ada',
      scope: 'read',
      createdAt: minutes(-9000),
      expiresAt: minutes(120_000),
    },
    {
      id: 't2',
      title: 'Old phone',
      owner: 'linus',
      scope: 'operate',
      createdAt: minutes(-90_000),
      expiresAt: minutes(-400),
    },
  ];
  const change = (at: number, who: string, what: string, status = 200, code?: string) => ({
    at: minutes(at),
    who,
    address: '192.168.1.20',
    what,
    status,
    ...(code !== undefined && { code }),
  });
  const audit = [
    change(-4, 'ada', 'POST /api/v1/devices/pi.reef/moonlight/commands/set'),
    change(-61, 'linus', 'POST /api/v1/devices/pi.reef/top-off-pump/commands/set', 409, 'SAFETY_REFUSED'),
    change(-1500, 'ada', 'PUT /api/v1/jobs/dose-calcium'),
    change(-1580, 'ada', 'POST /api/v1/login'),
    change(-1581, '', 'POST /api/v1/login', 401, 'LOGIN'),
  ];
  const trace: readonly TraceEntry[] = [
    { at: minutes(-312), run: 3, kind: 'fired', text: 'core started' },
    { at: minutes(-312), run: 3, kind: 'saw', text: 'water is 25.08 °C, good' },
    { at: minutes(-311), run: 3, kind: 'sent', text: 'heater set {"on":true}, lease 60 s: done' },
    { at: minutes(-290), run: 3, kind: 'said', text: 'warm enough: 25.62 °C' },
    { at: minutes(-290), run: 3, kind: 'sent', text: 'heater released' },
  ];
  return {
    scenarios,
    jobs,
    services,
    titanic,
    users,
    tokens,
    audit,
    trace,
    code: THERMOSTAT_CODE,
    shipped: [AUTO_TOP_OFF_LIKE],
  };
}
