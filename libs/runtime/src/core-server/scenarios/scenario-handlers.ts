import { TRACE_LENGTH, type Json, type ScenarioFile, type ScenarioManager } from '@raspy/automation';
import {
  serviceHandler,
  StatusCode,
  type ServiceHandler,
  type ServiceHandlerOptions,
} from '@raspy/mdp-protocol';
import { howMany, refusing, yesOrNo, type StatusByCode } from '../refusals.js';
import { scenarioService, scenariosService } from './scenario-service.js';

/** Statuses for the codes of errors about scenarios; any other is a failure of ours and tells no details. */
const STATUS: StatusByCode = {
  INVALID_SCENARIO: StatusCode.BAD_REQUEST,
  SCENARIO_CODE: StatusCode.BAD_REQUEST,
  SCENARIO_FILE: StatusCode.BAD_REQUEST,
  DUPLICATE_SCENARIO: StatusCode.BAD_REQUEST,
  SCENARIO_REFUSED: StatusCode.BAD_REQUEST,
  UNKNOWN_SCENARIO: StatusCode.NOT_FOUND,
  TOO_MANY_SCENARIOS: StatusCode.ERROR,
  SCENARIO_STORE: StatusCode.ERROR,
};

/** What both handlers are made of. */
export interface ScenarioHandlerOptions extends Pick<ServiceHandlerOptions, 'clock' | 'onError'> {
  readonly manager: ScenarioManager;
  /** What is wrong with a scenario, without saving it. */
  readonly check: (json: unknown) => Promise<readonly { readonly path: string; readonly message: string }[]>;
  /** Files that come with RasPy. */
  readonly shipped: () => readonly ScenarioFile[];
}

/** Serves scenarios as they run: an unknown one is 404, one that cannot run now 400, each with its reason. */
export function runningHandler({ manager, ...options }: ScenarioHandlerOptions): ServiceHandler {
  return serviceHandler(
    scenarioService,
    {
      info: () => told(() => manager.names),
      status: ({ scenario }) =>
        told(() => (scenario === undefined ? manager.list() : manager.status(scenario))),
      run: ({ scenario, payload }) =>
        told(() => {
          manager.run(scenario, payload === null ? undefined : (payload as Json | undefined));
          return manager.status(scenario);
        }),
      stop: ({ scenario }) =>
        told(async () => {
          await manager.stop(scenario);
          return manager.status(scenario);
        }),
      trace: ({ scenario, count = TRACE_LENGTH }) =>
        told(() => manager.trace(scenario).slice(-howMany(count, TRACE_LENGTH))),
    },
    options,
  );
}

/** Serves scenarios as they are kept: a wrong one is 400 with all mistakes, and nothing was changed. */
export function keptHandler({ manager, check, shipped, ...options }: ScenarioHandlerOptions): ServiceHandler {
  return serviceHandler(
    scenariosService,
    {
      listKeys: () => told(() => [...manager.names]),
      list: () => told(() => manager.names.map((name) => withoutCode(manager, name))),
      get: ({ scenario }) => told(() => manager.info(scenario).definition ?? null),
      add: ({ scenario }) => told(() => manager.add(scenario)),
      update: ({ scenario }) => told(() => manager.update(scenario)),
      delete: ({ scenario }) => told(() => manager.delete(scenario)),
      enable: ({ scenario, enabled = true }) => told(() => manager.enable(scenario, yesOrNo(enabled))),
      check: ({ scenario }) => told(() => check(scenario)),
      export: ({ scenario }) => told(() => manager.export(scenario)),
      import: ({ file, mapping }) => told(() => manager.import(file, mapping as object)),
      shipped: () => told(() => shipped()),
    },
    options,
  );
}

function withoutCode(manager: ScenarioManager, name: string): object {
  const { definition, status } = manager.info(name);
  if (definition === undefined) return { name, broken: status.reason };
  const { code, ...rest } = definition;
  return { ...rest, codeLength: code.length };
}

function told<T>(work: () => T | Promise<T>): Promise<T> {
  return refusing(STATUS, work);
}
