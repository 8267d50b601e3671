import type { ScenarioStatus, TraceEntry } from '@raspy/automation';
import type { Clock, Millis } from '@raspy/clock';
import { serviceClient, type ServiceClient } from '@raspy/mdp-protocol';
import {
  connectEndpoint,
  scenarioService,
  scenariosService,
  text,
  toolSettings,
  UsageError,
} from '@raspy/runtime';
import { withBus, type Bus, type BusSettings } from './bus.js';
import { spanText } from './time-text.js';
import type { ToolOptions } from './tool.js';

/** Names of the services that keep scenarios. */
const SCENARIO_SERVICES = '\\.scenarios$';

/** Settings of commands about scenarios. */
export const scenarioSettings = {
  ...toolSettings,
  server: text({
    description: 'The server that has the scenarios, where there is more than one: <hostname>.<service>',
    hint: 'NAME',
    default: '',
    defaultText: 'the one that there is',
    from: 'command',
  }),
};

/** Both services of the scenarios of a home, for one command. */
export interface ScenarioClients {
  /** As they run. */
  readonly running: ServiceClient<(typeof scenarioService)['actions']>;
  /** As they are kept. */
  readonly kept: ServiceClient<(typeof scenariosService)['actions']>;
  readonly bus: Bus;
}

/** Nobody has scenarios. */
class NoScenariosError extends Error {
  override readonly name = 'NoScenariosError';
  readonly code = 'NO_SCENARIOS';

  constructor(endpoint: string) {
    super(
      `nobody at ${endpoint} has scenarios: raspy start runs core unless --servers leaves it out, or start raspy-core`,
    );
  }
}

/**
 * Connects to whoever has the scenarios of the home, works, and disconnects.
 * @throws Error (rejects) with code `NO_BROKER` or `NO_SCENARIOS` and what to do when it was not reached
 */
export async function withScenarios<T>(
  settings: BusSettings & { readonly server: string },
  clock: Clock,
  options: ToolOptions,
  work: (clients: ScenarioClients) => Promise<T>,
): Promise<T> {
  return withBus(settings, clock, options, async (bus) => {
    const server = await serverOf(bus, settings);
    return work({
      running: serviceClient(scenarioService, bus.client, `${server}.scenario`),
      kept: serviceClient(scenariosService, bus.client, `${server}.scenarios`),
      bus,
    });
  });
}

async function serverOf(bus: Bus, settings: BusSettings & { readonly server: string }): Promise<string> {
  const { server } = settings;
  if (server !== '') return server.replace(/\.scenarios?$/, '');
  const found = (await bus.mmi.discover(SCENARIO_SERVICES)).map((name) => name.replace(/\.scenarios$/, ''));
  if (found.length > 1) {
    throw new UsageError(
      `more than one server has scenarios: give --server=NAME, one of ${found.join(', ')}`,
    );
  }
  if (found[0] !== undefined) return found[0];
  throw new NoScenariosError(connectEndpoint(settings.brokerIp, settings.brokerPort));
}

/** How scenarios stand, as far as that is known here. */
export function asStatuses(list: unknown): readonly ScenarioStatus[] {
  return Array.isArray(list) ? list.filter(isStatus) : [];
}

/** @throws Error for what is no status */
export function asStatus(value: unknown): ScenarioStatus {
  if (isStatus(value)) return value;
  throw new Error('the server has told of a scenario in a form that is not known here');
}

function isStatus(value: unknown): value is ScenarioStatus {
  const { name, state } = (value ?? {}) as { readonly name?: unknown; readonly state?: unknown };
  return typeof name === 'string' && typeof state === 'string';
}

/** What a scenario did, as far as that is known here. */
export function asTrace(value: unknown): readonly TraceEntry[] {
  return Array.isArray(value) ? value.filter(isTraceEntry) : [];
}

function isTraceEntry(value: unknown): value is TraceEntry {
  const { at, text: said } = (value ?? {}) as { readonly at?: unknown; readonly text?: unknown };
  return typeof at === 'number' && typeof said === 'string';
}

/** How a scenario stands, in a few words. */
export function stateText({ state, reason, restartsInMs, safeMode, enabled }: ScenarioStatus): string {
  if (state === 'off') return safeMode ? 'off: core runs in safe mode' : enabled ? 'off' : 'disabled';
  if (state === 'waiting to restart' && restartsInMs !== undefined)
    return `begins again in ${spanText(restartsInMs)}: ${reason ?? ''}`;
  return reason === undefined ? state : `${state}: ${reason}`;
}

/** How the last run of a scenario went. */
export function lastRunText({ lastEnd }: ScenarioStatus, wallNow: Millis): string {
  return lastEnd === undefined ? '' : `${lastEnd.text}, ${spanText(wallNow - lastEnd.at)} ago`;
}
