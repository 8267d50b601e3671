import {
  deviceConfigMistakes,
  deviceConfigSchema,
  DeviceRegistry,
  type DeviceConfig,
  type DeviceDriver,
} from '@raspy/devices';
import type { StandardIssue, StandardSchema } from '@raspy/mdp-protocol';

/**
 * The setting `devices`: a list of devices for `drivers`, each with the configuration that its type
 * asks for, and no name twice. It finds every mistake, with the path of each.
 * @param options - `partial`: there are drivers that are not known, and devices without one are not mistakes
 */
export function deviceListSchema(
  drivers: Iterable<DeviceDriver> | DeviceRegistry,
  { partial = false }: { readonly partial?: boolean } = {},
): StandardSchema<unknown, readonly DeviceConfig[]> {
  const registry = drivers instanceof DeviceRegistry ? drivers : new DeviceRegistry(drivers);
  const validate = (
    value: unknown,
  ): { value: readonly DeviceConfig[] } | { issues: readonly StandardIssue[] } => {
    if (!Array.isArray(value))
      return { issues: [{ message: 'must be a list: one "- name: …" for each device' }] };
    const issues = value.flatMap((entry: unknown, index) =>
      entryIssues(entry, registry, partial).map(({ message, path = [] }) => ({
        message,
        path: [index, ...path],
      })),
    );
    issues.push(...repeatedNames(value));
    return issues.length > 0 ? { issues } : { value: value as DeviceConfig[] };
  };
  return { '~standard': { version: 1, vendor: 'raspy', validate } };
}

function entryIssues(entry: unknown, registry: DeviceRegistry, partial: boolean): readonly StandardIssue[] {
  const issues = [...outerIssues(entry), ...innerIssues(entry, registry, partial)];
  const { oid } = (entry ?? {}) as { oid?: unknown };
  if (issues.length > 0 || !registry.oids().includes(String(oid))) return issues;
  // What the form alone does not tell: which plugin is meant, safety that contradicts itself or its type, …
  return deviceConfigMistakes(entry, registry).map(({ path, message }) => ({
    message,
    path: path.split(/[.[\]]+/).filter((part) => part !== ''),
  }));
}

function outerIssues(entry: unknown): readonly StandardIssue[] {
  return issuesOf(deviceConfigSchema, entry);
}

function innerIssues(entry: unknown, registry: DeviceRegistry, partial: boolean): readonly StandardIssue[] {
  const { oid, driver, config = {} } = (entry ?? {}) as { oid?: unknown; driver?: unknown; config?: unknown };
  if (typeof oid !== 'string') return [];
  const type = registry.get(oid, typeof driver === 'string' ? driver : undefined)?.type;
  if (type === undefined) {
    if (partial || registry.oids().includes(oid)) return [];
    return [{ message: `no driver for "${oid}": give one of ${registry.oids().join(', ')}`, path: ['oid'] }];
  }
  return issuesOf(type.config, config).map(({ message, path = [] }) => ({
    message,
    path: ['config', ...path],
  }));
}

function issuesOf(schema: StandardSchema, value: unknown): readonly StandardIssue[] {
  const result = schema['~standard'].validate(value);
  return result instanceof Promise ? [] : (result.issues ?? []);
}

function repeatedNames(entries: readonly unknown[]): { message: string; path: PropertyKey[] }[] {
  const seen = new Set<unknown>();
  return entries.flatMap((entry, index) => {
    const name = (entry as { name?: unknown } | null)?.name;
    if (typeof name !== 'string' || !seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ message: `"${name}" stands twice: names are unique in a server`, path: [index, 'name'] }];
  });
}
