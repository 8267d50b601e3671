/** One mistake in the settings. */
export interface SettingProblem {
  /** Where it stands: `--broker-port`, `RASPY_BROKER_PORT`, or `/etc/raspy/raspy.yaml:3:14, broker-port`. */
  readonly where: string;
  /** What is wrong and what would be right. */
  readonly problem: string;
}

/** Thrown when settings do not fit; it tells every mistake at once. Programs end with exit code 2. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'SETTINGS';

  constructor(readonly problems: readonly SettingProblem[]) {
    super(problems.map(({ where, problem }) => `${where}: ${problem}`).join('\n'));
  }
}
