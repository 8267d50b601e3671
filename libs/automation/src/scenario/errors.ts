import type { CodeMistake } from '../sandbox/sandbox.js';

/** Codes of {@link ScenarioError}: compare these rather than classes, since two copies of the library may meet. */
export type ScenarioErrorCode =
  | 'INVALID_SCENARIO'
  | 'SCENARIO_CODE'
  | 'SCENARIO_FILE'
  | 'DUPLICATE_SCENARIO'
  | 'UNKNOWN_SCENARIO'
  | 'TOO_MANY_SCENARIOS'
  | 'SCENARIO_REFUSED'
  | 'SCENARIO_STORE';

/** One mistake in the JSON form of a scenario, a file or a mapping. */
export interface ScenarioMistake {
  /** Where it is, e.g. `entries.water.key`; empty for the whole. */
  readonly path: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
}

/** Base of all errors about scenarios. */
export abstract class ScenarioError extends Error {
  abstract readonly code: ScenarioErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The JSON form of a scenario is wrong; nothing was changed. All mistakes are listed with their paths. */
export class InvalidScenarioError extends ScenarioError {
  readonly code = 'INVALID_SCENARIO';
  constructor(
    /** Name of the scenario as far as it can be told. */
    readonly scenario: string,
    readonly mistakes: readonly ScenarioMistake[],
  ) {
    super(`the scenario "${scenario}" is wrong: ${listed(mistakes)}`);
  }
}

/** The code of a scenario cannot be read; nothing was changed. */
export class ScenarioCodeError extends ScenarioError {
  readonly code = 'SCENARIO_CODE';
  constructor(
    readonly scenario: string,
    readonly mistakes: readonly CodeMistake[],
  ) {
    super(
      `the code of the scenario "${scenario}" cannot be read: ${mistakes
        .map(({ line, column, message }) => `line ${line}, column ${column}: ${message}`)
        .join('; ')}`,
    );
  }
}

/** Why a file cannot be imported: it is no scenario, made by a newer version, hostile, or its mapping does not fit. */
export type FileTrouble = 'not a scenario' | 'newer version' | 'hostile' | 'wrong' | 'mapping';

/** A file cannot be imported; nothing was saved. All mistakes are listed with their paths. */
export class ScenarioFileError extends ScenarioError {
  readonly code = 'SCENARIO_FILE';
  constructor(
    readonly trouble: FileTrouble,
    readonly mistakes: readonly ScenarioMistake[],
  ) {
    super(`the file cannot be imported: ${listed(mistakes)}`);
  }
}

/** There is a scenario of this name already. */
export class DuplicateScenarioError extends ScenarioError {
  readonly code = 'DUPLICATE_SCENARIO';
  constructor(readonly scenario: string) {
    super(`there is a scenario "${scenario}" already: update it, or choose another name`);
  }
}

/** There is no scenario of this name. */
export class UnknownScenarioError extends ScenarioError {
  readonly code = 'UNKNOWN_SCENARIO';
  constructor(readonly scenario: string) {
    super(`there is no scenario "${scenario}"`);
  }
}

/** There are as many scenarios as the limit allows. */
export class TooManyScenariosError extends ScenarioError {
  readonly code = 'TOO_MANY_SCENARIOS';
  constructor(
    readonly scenario: string,
    readonly limit: number,
  ) {
    super(`there are ${limit} scenarios, the limit; "${scenario}" was not added`);
  }
}

/** The scenario cannot do this as it stands: it is disabled, broken, or core was started with `--safe-mode`. */
export class ScenarioRefusedError extends ScenarioError {
  readonly code = 'SCENARIO_REFUSED';
  constructor(
    readonly scenario: string,
    readonly reason: string,
  ) {
    super(`the scenario "${scenario}" ${reason}`);
  }
}

/**
 * The settings store did not do what it was asked. What runs goes on as it was; what is stored is the scenario as it
 * was before or, where only the answer was lost, as it was to be: never something between.
 */
export class ScenarioStoreError extends ScenarioError {
  readonly code = 'SCENARIO_STORE';
}

function listed(mistakes: readonly ScenarioMistake[]): string {
  return mistakes.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}
