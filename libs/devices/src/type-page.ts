import { describeDeviceType, type DeviceTypeDescription, type JsonSchema } from './describe.js';
import type { DeviceType } from './device-type.js';

/**
 * The documentation of a device type in Markdown: its configuration, values, commands, sub-devices and safety, and where
 * they are on the bus. All of it comes from the declaration.
 */
export function deviceTypePage(type: DeviceType): string {
  const description = describeDeviceType(type);
  return `${sections(description, 1, '<device>').join('\n\n')}\n`;
}

function sections(type: DeviceTypeDescription, depth: number, device: string): string[] {
  const heading = '#'.repeat(depth);
  const part = (title: string, body: string[]): string[] =>
    body.length === 0 ? [] : [`${heading}# ${title}`, ...body];
  return [
    `${heading} ${cell(type.title)}`,
    `\`${type.oid}\``,
    ...part('Configuration', members(type.config)),
    ...part('Values', values(type, device)),
    ...part('Commands', commands(type)),
    ...part('Safety', safety(type)),
    ...Object.entries(type.subdevices ?? {}).flatMap(([name, sub]) =>
      sections(sub, depth + 1, `${device}.${name}`),
    ),
  ];
}

function members(schema: JsonSchema): string[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  if (properties.length === 0) return [];
  const required = (schema['required'] ?? []) as readonly string[];
  return table(
    ['Member', 'Meaning', 'Form', 'Default'],
    properties.map(([name, member]) => [
      code(name),
      text(member['title']),
      form(member),
      required.includes(name)
        ? 'must be given'
        : member['default'] === undefined
          ? ''
          : json(member['default']),
    ]),
  );
}

function values({ values: all }: DeviceTypeDescription, device: string): string[] {
  const entries = Object.entries(all);
  if (entries.length === 0) return [];
  const readable = entries.filter(([, { access }]) => access !== 'write').map(([name]) => name);
  return [
    ...table(
      ['Value', 'Meaning', 'Form', 'Unit', 'Access', 'Checks'],
      entries.map(([name, value]) => [
        code(name),
        cell(value.title),
        form(value.schema) + (value.kind === undefined || value.kind === 'gauge' ? '' : `, ${value.kind}`),
        cell(value.unit ?? ''),
        { read: 'read', readwrite: 'read, set', write: 'set' }[value.access],
        checks(value).join('; '),
      ]),
    ),
    ...(readable.length === 0
      ? []
      : [
          `In the key/value tree: ${readable
            .map((name) => code(`/device/<hostname>.<service>/${device}/${name}`))
            .join(', ')}.`,
        ]),
  ];
}

function checks(value: DeviceTypeDescription['values'][string]): string[] {
  const { range, staleAfterMs, maxChangePerSecond, stuckAfterMs } = value;
  return [
    ...(range === undefined ? [] : [`suspect outside ${range[0]} to ${range[1]}`]),
    ...(maxChangePerSecond === undefined ? [] : [`suspect above ${maxChangePerSecond} a second`]),
    ...(stuckAfterMs === undefined ? [] : [`suspect when the same for ${duration(stuckAfterMs)}`]),
    ...(staleAfterMs === undefined ? [] : [`stale after ${duration(staleAfterMs)}`]),
  ];
}

function commands({ commands: all }: DeviceTypeDescription): string[] {
  const entries = Object.entries(all);
  if (entries.length === 0) return [];
  return table(
    ['Command', 'Meaning', 'Arguments', 'Brings'],
    entries.map(([name, { title, args, bytes }]) => [
      code(name),
      cell(title),
      argumentsText(args),
      bytes === true ? 'bytes' : '',
    ]),
  );
}

function argumentsText(schema: JsonSchema): string {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  const required = (schema['required'] ?? []) as readonly string[];
  return properties
    .map(
      ([name, member]) =>
        `${code(name)}${required.includes(name) ? '' : ' (may be left out)'}: ${form(member)}`,
    )
    .join('; ');
}

function safety({ safety: declared }: DeviceTypeDescription): string[] {
  if (declared === undefined) return [];
  const { output, failSafe, boot, leaseRequired, maxLeaseMs, maxOnMs, minOffMs, duty, budgets, latch } =
    declared;
  const safe = failSafe === undefined ? 'off' : json(failSafe);
  return [
    [
      `${code(output)} is guarded by the device's host. When control, an input or the host is lost it is ${safe}.`,
      ...(boot === undefined ? [] : [`When the host starts: ${boot}.`]),
      ...(leaseRequired === true ? ['It is on only under a lease, which whoever controls it renews.'] : []),
      ...(maxLeaseMs === undefined ? [] : [`A lease lasts ${duration(maxLeaseMs)} at most.`]),
      ...(maxOnMs === undefined ? [] : [`On for ${duration(maxOnMs)} at most at a time.`]),
      ...(minOffMs === undefined ? [] : [`Off for ${duration(minOffMs)} at least.`]),
      ...(duty === undefined
        ? []
        : [`On for ${duration(duty.onMs)} at most in any ${duration(duty.windowMs)}.`]),
      ...(budgets ?? []).map(
        ({ command, argument, max, maxAtOnce = max, windowMs }) =>
          `${code(command)}: ${code(argument)} up to ${maxAtOnce} at once, and ${max} in any ${duration(windowMs)}.`,
      ),
      ...(latch === undefined || latch.length === 0
        ? []
        : [`A trip of ${latch.map(code).join(', ')} holds until it is acknowledged.`]),
    ]
      .map((line) => `- ${line}`)
      .join('\n'),
  ];
}

/** What a schema allows, in a few words. */
function form(schema: JsonSchema): string {
  const { type, minimum, maximum, exclusiveMinimum, items } = schema;
  if (schema['const'] !== undefined) return json(schema['const']);
  if (Array.isArray(schema['enum'])) return schema['enum'].map(json).join(', ');
  const union = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(union)) return union.map((one) => form(one as JsonSchema)).join(' or ');
  if (type === 'array') return `list of ${items === undefined ? 'anything' : form(items as JsonSchema)}`;
  const bounds = [
    ...(isBound(exclusiveMinimum)
      ? [`above ${exclusiveMinimum}`]
      : isBound(minimum)
        ? [`from ${minimum}`]
        : []),
    ...(isBound(maximum) ? [`to ${maximum}`] : []),
  ].join(' ');
  const name = type === 'integer' ? 'whole number' : typeof type === 'string' ? type : 'anything';
  return bounds === '' ? name : `${name} ${bounds}`;
}

/** zod gives whole numbers the bounds of what JavaScript counts exactly, which tell nobody anything. */
function isBound(bound: unknown): bound is number {
  return typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
}

function duration(ms: number): string {
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ] as const)
    // oxfmt-ignore
    if (ms >= size && ms % size === 0) return `${ms / size} ${unit}`;
  return `${ms} ms`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')];
}

function text(value: unknown): string {
  return typeof value === 'string' ? cell(value) : '';
}

function cell(value: string): string {
  return value.replace(/[|<\\]/g, '\\$&').replace(/\s+/g, ' ');
}

function code(value: string): string {
  return `\`${value}\``;
}

function json(value: unknown): string {
  return code(JSON.stringify(value));
}
