import type { LogLevel } from '../config/common-settings.js';

/** What else a line carries besides its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where a program tells what happens; each line has a message for people and fields for programs. */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  trace(message: string, fields?: LogFields): void;
  /** A logger whose every line carries `fields` too. */
  child(fields: LogFields): Logger;
}

/** The levels that have lines, all but `silent`. */
export type LineLevel = Exclude<LogLevel, 'silent'>;

/** Tells nobody: for parts that are used without a program around them. */
export const silentLogger: Logger = {
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
  trace: nothing,
  child: () => silentLogger,
};

function nothing(): void {
  // What this logger is for.
}
