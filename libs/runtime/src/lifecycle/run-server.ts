import type { Clock } from '@raspy/clock';
import { readCommandLine } from '../config/command-line.js';
import { exporterSettings, type LogLevel } from '../config/common-settings.js';
import { renderHelp } from '../config/help.js';
import { loadSettings } from '../config/load-settings.js';
import type { SettingsOf, SettingsShape } from '../config/setting.js';
import type { Logger } from '../log/logger.js';
import { StatisticsBoard } from '../statistics/board.js';
import { Exporters, type ExporterValues } from '../statistics/exporters.js';
import { complain, UsageError } from './complain.js';
import { prepareDataDir } from './data-dir.js';
import type { Part } from './executive.js';
import { ExitCode, exitCodeOf } from './exit-code.js';
import { wantsColour, type ProgramHost } from './host.js';
import { supervise } from './supervise.js';
import { withTracing } from './tracing.js';

/** What a server gets to compose itself from. */
export interface ServerContext<S extends SettingsShape> {
  readonly settings: SettingsOf<S>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes the registries of its servers, for exporters. */
  readonly board: StatisticsBoard;
}

/** The parts of a server. */
export interface Composition {
  /** In the order in which they start; they stop in reverse. */
  readonly parts: readonly Part[];
  /** What the ready line tells between `<name> ready` and the process id, e.g. `on tcp://127.0.0.1:5514`. */
  readonly ready: () => string;
}

/** A server program. */
export interface ServerDefinition<S extends SettingsShape> {
  /** Its command, e.g. `raspy-broker`. */
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** `serverSettings` and its own. */
  readonly settings: S;
  readonly examples?: readonly (readonly [string, string])[];
  /** Makes the parts; they are started afterwards. Only here is anything loaded that costs time. */
  compose(context: ServerContext<S>): Composition | Promise<Composition>;
}

/** Settings that have at least what every server needs. */
export type ServerShape = SettingsShape & {
  readonly logLevel: { readonly read: unknown };
  readonly dataDir: { readonly read: unknown };
  readonly tracing: { readonly read: unknown };
};

/**
 * The whole life of a server process: settings, log, data folder, start, one line on stdout when it serves, orderly end.
 * @returns the exit code; what went wrong stands on stderr by then
 */
export async function runServer<S extends ServerShape>(
  definition: ServerDefinition<S>,
  host: ProgramHost,
): Promise<ExitCode> {
  const { name } = definition;
  const settings = { ...definition.settings, ...exporterSettings };
  const typed = readCommandLine(host.argv, settings);
  if (typed.help) {
    host.stdout.write(renderHelp({ ...definition, settings, usage: `${name} [options]` }, host.machine));
    return ExitCode.OK;
  }
  if (typed.version) {
    host.stdout.write(`${name} ${definition.version}\n`);
    return ExitCode.OK;
  }
  host.outputIsCourtesy();
  try {
    const { values, positionals, file } = await loadSettings(settings, host.argv, host.machine);
    if (positionals.length > 0) {
      throw new UsageError(`takes no arguments, and got ${positionals.map((word) => `"${word}"`).join(' ')}`);
    }
    const { logLevel, dataDir, tracing } = values as {
      logLevel: LogLevel;
      dataDir: string;
      tracing: boolean;
    };
    const logger = await startLog(name, logLevel, host);
    logger.debug('settings', { file: file ?? 'none', values });
    await prepareDataDir(dataDir);
    const { clock } = host;
    const board = new StatisticsBoard();
    const exporters = new Exporters({ values: values as unknown as ExporterValues, board, clock, logger });
    return await withTracing({ isOn: tracing, clock, warn: (text) => logger.warn(text) }, async () => {
      const { parts, ready } = await definition.compose({ settings: values, clock, logger, board });
      return supervise({
        parts: [...parts, exporters],
        host,
        clock,
        logger,
        onReady: () => {
          host.stdout.write(`${name} ready ${ready()} (pid ${host.pid})\n`);
        },
      });
    });
  } catch (error) {
    complain(host, name, error);
    return exitCodeOf(error);
  }
}

/** The log of a program: on stderr, for people on a terminal, JSON lines elsewhere. */
export async function startLog(
  name: string,
  level: LogLevel,
  host: Pick<ProgramHost, 'stderr' | 'machine'>,
): Promise<Logger> {
  const { createLogger } = await import('../log/pino-logger.js');
  return createLogger({
    name,
    level,
    pretty: host.stderr.isTTY,
    colour: wantsColour(host, host.stderr),
    destination: host.stderr,
  });
}
