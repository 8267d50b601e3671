import { StatisticsOptionError } from '../errors.js';
import type { Family } from '../family-view.js';

/**
 * Where items lie below: 32473 is the number that RFC 5612 keeps free for examples, so that no vendor's objects are ever there,
 * and 5514 is the port of RasPy's broker. RasPy has no number of its own at IANA.
 */
export const DEFAULT_BASE = '1.3.6.1.4.1.32473.5514';

/** Columns of the table of an item with labels. */
export const COLUMN = { index: 1, first: 2, second: 3, labels: 10 } as const;

/** The arc below the base that holds the items. */
export const ITEMS = 1;

/** Below an item: the table of its series. */
export const TABLE = 3;

/** Whether an item is a table, since it has labels or several managers have it. */
export function isTable(family: Family): boolean {
  return family.labelNames.length > 0 || family.members.length > 1;
}

/** A type of SMIv2. */
export type SnmpSyntax = 'Integer32' | 'Counter32' | 'Counter64' | 'RaspyText';

/** The one or two objects that tell an item. */
export function objectsOf(family: Family): readonly {
  readonly column: number;
  readonly suffix: string;
  readonly syntax: SnmpSyntax;
  readonly note: string;
  /** Whether it is in the unit of the item. */
  readonly measured: boolean;
}[] {
  switch (family.item.kind) {
    case 'integer':
      return [
        {
          column: COLUMN.first,
          suffix: '',
          syntax: 'Integer32',
          note: 'It stands still at the ends of Integer32.',
          measured: true,
        },
      ];
    case 'counter':
      return [
        { column: COLUMN.first, suffix: '', syntax: 'Counter32', note: 'Modulo 2^32.', measured: true },
        {
          column: COLUMN.second,
          suffix: '64',
          syntax: 'Counter64',
          note: 'The same, 64 bits wide.',
          measured: true,
        },
      ];
    case 'float':
      return [
        { column: COLUMN.first, suffix: '', syntax: 'RaspyText', note: 'A decimal number.', measured: true },
      ];
    case 'string':
      return [
        {
          column: COLUMN.first,
          suffix: '',
          syntax: 'RaspyText',
          note: 'Cut after 255 bytes of UTF-8.',
          measured: true,
        },
      ];
    case 'histogram':
      return [
        {
          column: COLUMN.first,
          suffix: 'Count',
          syntax: 'Counter64',
          note: 'Number of observations.',
          measured: false,
        },
        {
          column: COLUMN.second,
          suffix: 'Sum',
          syntax: 'RaspyText',
          note: 'Sum of all observations, a decimal number.',
          measured: true,
        },
      ];
  }
}

/** The base as numbers. @throws StatisticsOptionError when it is neither below `enterprises` nor below `experimental` */
export function checkBase(base: string): readonly number[] {
  const numbers = base.split('.').map(Number);
  const valid =
    /^1\.3\.6\.1\.(?:4\.1|3)(?:\.(?:0|[1-9]\d{0,9})){1,16}$/.test(base) &&
    numbers.every((number) => number <= 0x7fffffff);
  if (!valid)
    throw new StatisticsOptionError(
      `base ${JSON.stringify(base)} has to lie below 1.3.6.1.4.1 (enterprises) or 1.3.6.1.3 (experimental)`,
    );
  return numbers;
}
