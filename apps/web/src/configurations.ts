import type { SessionLimits } from './access/sessions.js';
import { CHEAP_COST, PASSWORD_COST, type PasswordCost } from './access/password.js';

/** The manual's configurations. */
export const CONFIGURATIONS = ['development', 'testing', 'production'] as const;
export type ConfigurationName = (typeof CONFIGURATIONS)[number];

/** What differs between configurations; none of them opens a door. */
export interface Configuration {
  readonly name: ConfigurationName;
  readonly passwordCost: PasswordCost;
  readonly sessions: SessionLimits;
  /** Files of the user interface are looked for anew at each request, and browsers keep none. */
  readonly freshFiles: boolean;
  /** Answers tell the text of failures that nobody has foreseen; else only the log does. */
  readonly tellsFailures: boolean;
}

const PRODUCTION: Configuration = {
  name: 'production',
  passwordCost: PASSWORD_COST,
  sessions: {},
  freshFiles: false,
  tellsFailures: false,
};

export const configurations: Readonly<Record<ConfigurationName, Configuration>> = {
  production: PRODUCTION,
  testing: { ...PRODUCTION, name: 'testing', passwordCost: CHEAP_COST },
  development: { ...PRODUCTION, name: 'development', freshFiles: true, tellsFailures: true },
};
