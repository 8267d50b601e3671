import { deviceConfigSchema, DeviceRegistry, type DeviceConfig, type DeviceDriver } from '@raspy/devices';
import type { StandardIssue, StandardSchema } from '@raspy/mdp-protocol';

/**
 * The setting `devices`: a list of devices for `drivers`, each with the configuration that its type
 * asks for, and no name twice. It finds every mistake, with the path of each.
 */
export function deviceListSchema(
  drivers: Iterable<DeviceDriver>,
): StandardSchema<unknown, readonly DeviceConfig[]> {
  const registry = new DeviceRegistry(drivers);
  const validate = (
    value: unknown,
  ): { value: readonly DeviceConfig[] } | { issues: readonly StandardIssue[] } => {
    if (!Array.isArray(value))
      return { issues: [{ message: 'must be a list: one "- name: …" for each device' }] };
    const issues = value.flatMap((entry: unknown, index) =>
      [...outerIssues(entry), ...innerIssues(entry, registry)].map(({ message, path = [] }) => ({
        message,
        path: [index, ...path],
      })),
    );
    issues.push(...repeatedNames(value));
    return issues.length > 0 ? { issues } : { value: value as DeviceConfig[] };
  };
  return { '~standard': { version: 1, vendor: 'raspy', validate } };
}

function outerIssues(entry: unknown): readonly StandardIssue[] {
  return issuesOf(deviceConfigSchema, entry);
}

function innerIssues(entry: unknown, registry: DeviceRegistry): readonly StandardIssue[] {
  const { oid, config = {} } = (entry ?? {}) as { oid?: unknown; config?: unknown };
  if (typeof oid !== 'string') return [];
  const type = registry.get(oid)?.type;
  if (type === undefined) {
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
