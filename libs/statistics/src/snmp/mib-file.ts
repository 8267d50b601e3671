import { StatisticsOptionError } from '../errors.js';
import { FamilyView, type Family } from '../family-view.js';
import type { StatisticsManager } from '../statistics-manager.js';
import { checkBase, COLUMN, DEFAULT_BASE, isTable, ITEMS, objectsOf, TABLE } from './mib-layout.js';

/** What {@link mibFile} is told. */
export interface MibFileOptions {
  readonly managers: StatisticsManager | readonly StatisticsManager[];
  /** The same as the agent's. @default `1.3.6.1.4.1.32473.5514`, below the number for examples of RFC 5612 */
  readonly base?: string;
  /** Name of the module. @default `RASPY-MIB` */
  readonly module?: string;
  /** When it was changed last, as SMIv2 writes it in UTC. @default `202611270000Z` */
  readonly lastUpdated?: string;
}

/**
 * The MIB module, SMIv2, of what an agent tells about these managers, so that tools call its objects by their names. The same
 * items make the same text, in whatever order they were added.
 *
 * @throws StatisticsOptionError
 */
export function mibFile(options: MibFileOptions): string {
  const { managers, base = DEFAULT_BASE, module = 'RASPY-MIB', lastUpdated = '202611270000Z' } = options;
  const numbers = checkBase(base);
  if (!/^[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*$/.test(module) || module.length > 64)
    throw new StatisticsOptionError(
      `module ${JSON.stringify(module)} has to be upper-case letters, digits and "-"`,
    );
  if (!/^\d{12}Z$/.test(lastUpdated))
    throw new StatisticsOptionError('lastUpdated has to be written as 202611270000Z');
  const enterprises = numbers[4] === 4;
  const parent = enterprises ? 'enterprises' : 'experimental';
  const below = numbers.slice(enterprises ? 6 : 5).join(' ');
  const families = [...new FamilyView(managers).families()].sort((a, b) => (a.oid < b.oid ? -1 : 1));
  const names = new Names();
  return [
    `${module} DEFINITIONS ::= BEGIN`,
    '',
    'IMPORTS',
    '    MODULE-IDENTITY, OBJECT-TYPE, Integer32, Unsigned32,',
    `    Counter32, Counter64, ${parent}`,
    '        FROM SNMPv2-SMI',
    '    TEXTUAL-CONVENTION',
    '        FROM SNMPv2-TC;',
    '',
    'raspy MODULE-IDENTITY',
    `    LAST-UPDATED "${lastUpdated}"`,
    '    ORGANIZATION "RasPy"',
    '    CONTACT-INFO "See the documentation of RasPy."',
    '    DESCRIPTION  "Statistics of RasPy, made from the items that are registered."',
    `    ::= { ${parent} ${below} }`,
    '',
    'RaspyText ::= TEXTUAL-CONVENTION',
    '    DISPLAY-HINT "255t"',
    '    STATUS       current',
    '    DESCRIPTION  "A text in UTF-8."',
    '    SYNTAX       OCTET STRING (SIZE (0..255))',
    '',
    `raspyItems OBJECT IDENTIFIER ::= { raspy ${ITEMS} }`,
    '',
    ...families.flatMap((family) => itemLines(family, names.of(family))),
    'END',
    '',
  ].join('\n');
}

function itemLines(family: Family, name: string): string[] {
  const group = [`${name} OBJECT IDENTIFIER ::= { raspyItems ${family.item.number} }`, ''];
  return isTable(family) ? [...group, ...tableLines(family, name)] : [...group, ...scalarLines(family, name)];
}

function scalarLines(family: Family, name: string): string[] {
  return objectsOf(family).flatMap(({ column, suffix, syntax, note, measured }) =>
    objectLines({
      name: `${name}Value${suffix}`,
      syntax,
      unit: measured ? family.item.unit : '',
      description: `${family.oid}: ${family.item.doc} ${note}`,
      place: `${name} ${column - 1}`,
    }),
  );
}

interface Column {
  readonly name: string;
  readonly syntax: string;
  readonly column: number;
  readonly unit: string;
  readonly description: string;
}

function tableLines(family: Family, name: string): string[] {
  const columns: readonly Column[] = [
    {
      name: `${name}Index`,
      syntax: 'Unsigned32',
      column: COLUMN.index,
      unit: '',
      description: 'Number of the row while the agent runs.',
    },
    ...objectsOf(family).map(({ column, suffix, syntax, note, measured }) => ({
      name: `${name}Value${suffix}`,
      syntax,
      column,
      unit: measured ? family.item.unit : '',
      description: `${family.oid}: ${family.item.doc} ${note}`,
    })),
    ...family.labelNames.map((label, index) => ({
      name: `${name}Label${upper(label)}`,
      syntax: 'RaspyText',
      column: COLUMN.labels + index,
      unit: '',
      description: `The label ${label} of ${family.oid}.`,
    })),
  ];
  const entry = `${upper(name)}Entry`;
  return [
    `${name}Table OBJECT-TYPE`,
    `    SYNTAX      SEQUENCE OF ${entry}`,
    '    MAX-ACCESS  not-accessible',
    '    STATUS      current',
    `    DESCRIPTION "${escapeText(`All series of ${family.oid}.`)}"`,
    `    ::= { ${name} ${TABLE} }`,
    '',
    `${name}Entry OBJECT-TYPE`,
    `    SYNTAX      ${entry}`,
    '    MAX-ACCESS  not-accessible',
    '    STATUS      current',
    `    DESCRIPTION "${escapeText(`One series of ${family.oid}.`)}"`,
    `    INDEX       { ${name}Index }`,
    `    ::= { ${name}Table 1 }`,
    '',
    `${entry} ::= SEQUENCE {`,
    columns.map(({ name: column, syntax }) => `    ${column} ${syntax}`).join(',\n'),
    '}',
    '',
    ...columns.flatMap((column) =>
      objectLines({
        ...column,
        syntax: column.column === COLUMN.index ? 'Unsigned32 (1..4294967295)' : column.syntax,
        access: column.column === COLUMN.index ? 'not-accessible' : 'read-only',
        place: `${name}Entry ${column.column}`,
      }),
    ),
  ];
}

function objectLines(object: {
  readonly name: string;
  readonly syntax: string;
  readonly unit: string;
  readonly description: string;
  readonly place: string;
  readonly access?: string;
}): string[] {
  return [
    `${object.name} OBJECT-TYPE`,
    `    SYNTAX      ${object.syntax}`,
    ...(object.unit === '' ? [] : [`    UNITS       "${object.unit}"`]),
    `    MAX-ACCESS  ${object.access ?? 'read-only'}`,
    '    STATUS      current',
    `    DESCRIPTION "${escapeText(object.description)}"`,
    `    ::= { ${object.place} }`,
    '',
  ];
}

/** SMI has texts of ASCII without double quotes, and no way to write others: they become what comes closest. */
function escapeText(text: string): string {
  return text
    .replaceAll('"', "'")
    .replaceAll('\\', '/')
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '?');
}

/** Names of objects: `broker.requests` is `raspyBrokerRequests`, with its number where two would be called the same. */
class Names {
  readonly #taken = new Set(['raspyItems']);

  of({ oid, item }: Family): string {
    const words = oid.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
    const plain = `raspy${words.map(upper).join('')}`;
    const name = plain.length > 40 || this.#taken.has(plain) ? `${plain.slice(0, 30)}N${item.number}` : plain;
    this.#taken.add(name);
    return name;
  }
}

function upper(word: string): string {
  return word
    .split('_')
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('');
}
