import {
  ExitCode,
  integer,
  programSettings,
  serverSettings,
  toolSettings,
  type ProgramHost,
} from '@raspy/runtime';

/** What the commands take that ask a home by its control socket. */
export const controlSettings = {
  dataDir: { ...serverSettings.dataDir, description: 'Data folder of the home that is asked' },
  json: toolSettings.json,
  config: programSettings.config,
  logLevel: toolSettings.logLevel,
  timeoutMs: integer({
    description: 'Milliseconds to wait for the answer',
    hint: 'MS',
    default: 30_000,
    min: 1,
    max: 3_600_000,
  }),
};

/** Writes lines, and ends well or as failed. */
export function told(host: ProgramHost, lines: readonly string[], isWell = true): ExitCode {
  host.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return isWell ? ExitCode.OK : ExitCode.FAILED;
}
