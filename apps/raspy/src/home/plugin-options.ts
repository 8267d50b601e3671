import type { RaspyPlugin } from '@raspy/devices';
import type { StandardSchema } from '@raspy/mdp-protocol';

type Options = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Issues = readonly { readonly message: string; readonly path?: readonly PropertyKey[] }[];

/** The setting `pluginOptions`: what is set once for all devices of a plugin, by its short name, as its schema wants it. */
export function pluginOptionsSchema(plugins: readonly RaspyPlugin[]): StandardSchema<unknown, Options> {
  const validate = (value: unknown): { value: Options } | { issues: Issues } => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { issues: [{ message: 'must have one member for each plugin, by its short name' }] };
    }
    const issues = Object.entries(value).flatMap(([name, options]) => mistakesIn(name, options, plugins));
    return issues.length > 0 ? { issues } : { value: value as Options };
  };
  return { '~standard': { version: 1, vendor: 'raspy', validate } };
}

function mistakesIn(name: string, options: unknown, plugins: readonly RaspyPlugin[]): Issues {
  const plugin = plugins.find((one) => one.name === name);
  if (plugin === undefined) {
    const known = plugins.map((one) => one.name).join(', ') || 'none';
    return [{ message: `no plugin of this server is called "${name}": there are ${known}`, path: [name] }];
  }
  if (plugin.options === undefined) return [{ message: `the plugin ${name} has no options`, path: [name] }];
  const result = plugin.options.safeParse(options);
  return result.success
    ? []
    : result.error.issues.map(({ message, path }) => ({ message, path: [name, ...path] }));
}
