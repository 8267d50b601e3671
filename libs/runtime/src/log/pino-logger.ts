import { pino, type DestinationStream, type Logger as Pino } from 'pino';
import type { LogLevel } from '../config/common-settings.js';
import type { LogFields, Logger } from './logger.js';

/** How {@link createLogger} writes. */
export interface LoggerOptions {
  /** Field `name` of each line, e.g. `raspy-broker`. */
  readonly name: string;
  readonly level: LogLevel;
  /** Lines for people instead of JSON: for a terminal. */
  readonly pretty?: boolean;
  /** With `pretty`: whether levels are coloured. */
  readonly colour?: boolean;
  /** Where lines go, e.g. `process.stderr`. */
  readonly destination: DestinationStream;
}

/** A logger of JSON lines: `level` and `time` as text, `name`, `pid`, the fields, and `msg`. */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  const { destination } = options;
  const stream =
    options.pretty === true ? await prettyStream(options.colour === true, destination) : destination;
  return new PinoLogger(
    pino(
      {
        name: options.name,
        level: options.level,
        base: { pid: process.pid },
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      stream,
    ),
  );
}

/** In this process and not in a worker thread, which would cost memory and lose the last lines. */
async function prettyStream(colorize: boolean, destination: DestinationStream): Promise<DestinationStream> {
  const { prettyFactory } = await import('pino-pretty');
  const pretty = prettyFactory({
    colorize,
    translateTime: 'HH:MM:ss',
    ignore: 'pid,hostname',
    singleLine: true,
  });
  return { write: (line) => destination.write(pretty(line)) };
}

class PinoLogger implements Logger {
  constructor(private readonly pino: Pino) {}

  error(message: string, fields: LogFields = {}): void {
    this.pino.error(fields, message);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.pino.warn(fields, message);
  }

  info(message: string, fields: LogFields = {}): void {
    this.pino.info(fields, message);
  }

  debug(message: string, fields: LogFields = {}): void {
    this.pino.debug(fields, message);
  }

  trace(message: string, fields: LogFields = {}): void {
    this.pino.trace(fields, message);
  }

  child(fields: LogFields): Logger {
    return new PinoLogger(this.pino.child(fields));
  }
}
