import type { RaspyPlugin } from '@raspy/devices';
import type { StandardSchema } from '@raspy/mdp-protocol';

type Options = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Issues = readonly { readonly message: string; readonly path?: readonly PropertyKey[] }[];

/**
 * The setting `pluginOptions`: what is set once for all devices of a plugin, by its short name, as its schema wants it; what
 * is left out has its default.
 *
 * @param partial - whether plugins could not be loaded: the server tells of those, whose options nobody can judge
 */
export function pluginOptionsSchema(
  plugins: readonly RaspyPlugin[],
  { partial = false }: { readonly partial?: boolean } = {},
): StandardSchema<unknown, Options> {
  const validate = (value: unknown): { value: Options } | { issues: Issues } => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { issues: [{ message: 'must have one member for each plugin, by its short name' }] };
    }
    const outcomes = Object.entries(value).map(([name, options]) => {
      return [name, optionsOf(name, options, plugins, partial)] as const;
    });
    const issues = outcomes.flatMap(([, outcome]) => ('issues' in outcome ? outcome.issues : []));
    if (issues.length > 0) return { issues };
    const sound = outcomes.flatMap(([name, outcome]) => ('value' in outcome ? [[name, outcome.value]] : []));
    return { value: Object.fromEntries(sound) as Options };
  };
  return { '~standard': { version: 1, vendor: 'raspy', validate } };
}

type Outcome = { readonly value: Options[string] } | { readonly issues: Issues };

function optionsOf(
  name: string,
  options: unknown,
  plugins: readonly RaspyPlugin[],
  partial: boolean,
): Outcome {
  const plugin = plugins.find((one) => one.name === name);
  if (plugin === undefined) {
    if (partial) return { value: {} };
    const known = plugins.map((one) => one.name).join(', ') || 'none';
    const message = `no plugin of this server is called "${name}": there are ${known}`;
    return { issues: [{ message, path: [name] }] };
  }
  if (plugin.options === undefined)
    return { issues: [{ message: `the plugin ${name} has no options`, path: [name] }] };
  const result = plugin.options.safeParse(options);
  if (result.success) return { value: result.data };
  return {
    issues: result.error.issues.map(({ message, path }) => ({ message, path: [name, ...path] })),
  };
}
