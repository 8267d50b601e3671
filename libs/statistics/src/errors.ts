/** Codes of {@link StatisticsError}: compare these rather than classes, since two copies of the library may meet. */
export type StatisticsErrorCode =
  | 'STATISTICS_DUPLICATE'
  | 'STATISTICS_LABELS'
  | 'STATISTICS_LISTEN'
  | 'STATISTICS_OID'
  | 'STATISTICS_OPTION'
  | 'STATISTICS_STEP'
  | 'STATISTICS_UNKNOWN'
  | 'STATISTICS_VALUE';

/** Base of all errors about statistics. */
export abstract class StatisticsError extends Error {
  abstract readonly code: StatisticsErrorCode;

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** A text is not the oid of an item. */
export class StatisticsOidError extends StatisticsError {
  readonly code = 'STATISTICS_OID';
  constructor(readonly oid: string) {
    super(
      `${JSON.stringify(oid)} is no oid: give names of letters, digits, "_" and "-", joined by dots, such as "broker.requests", ` +
        'that begin with a letter, up to 128 characters',
    );
  }
}

/** What an item is to be called is taken, by the same oid or by one that is told under the same name. */
export class DuplicateStatisticError extends StatisticsError {
  readonly code = 'STATISTICS_DUPLICATE';
  constructor(
    readonly oid: string,
    /** The name that is taken, e.g. a number of SNMP. */
    readonly taken: string,
    /** Oid of the item that has it. */
    readonly by: string,
    remedy: string,
  ) {
    super(`"${oid}" was not added: "${by}" has ${taken} already; ${remedy}`);
  }
}

/** There is no item of this oid. */
export class UnknownStatisticError extends StatisticsError {
  readonly code = 'STATISTICS_UNKNOWN';
  constructor(readonly oid: string) {
    super(`there is no item ${JSON.stringify(oid)}: add it first`);
  }
}

/** A value has not the type of its item, or lies where the item has no values; the item keeps its value. */
export class StatisticsValueError extends StatisticsError {
  readonly code = 'STATISTICS_VALUE';
  constructor(
    readonly oid: string,
    readonly value: unknown,
    readonly expected: string,
  ) {
    super(`${shown(value)} is no value of "${oid}": give ${expected}`);
  }
}

/** A counter was to go down, or by a part of one; it keeps its value. */
export class CounterStepError extends StatisticsError {
  readonly code = 'STATISTICS_STEP';
  constructor(
    readonly oid: string,
    readonly step: unknown,
  ) {
    super(
      `the counter "${oid}" cannot be raised by ${shown(step)}: give a whole number from 0; ` +
        'for what goes down take SnmpInteger',
    );
  }
}

/** The labels that were given are not those of the item. */
export class StatisticsLabelsError extends StatisticsError {
  readonly code = 'STATISTICS_LABELS';
  constructor(
    readonly oid: string,
    reason: string,
  ) {
    super(`labels of "${oid}": ${reason}`);
  }
}

/** An option of an item, of the manager or of an exporter has no meaning; the message names it. */
export class StatisticsOptionError extends StatisticsError {
  readonly code = 'STATISTICS_OPTION';
}

/** An exporter cannot listen where it was told to. */
export class StatisticsListenError extends StatisticsError {
  readonly code = 'STATISTICS_LISTEN';
  constructor(
    /** `metrics` or `snmp`. */
    readonly exporter: string,
    readonly host: string,
    readonly port: number,
    override readonly cause: unknown,
  ) {
    super(
      `${exporter} cannot listen on ${host}:${port}: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}

/** At most 64 characters of a value, for messages. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 64 ? `${text.slice(0, 61)}...` : text;
}
