/** Names of packages that may be plugins: `raspy-plugin-…`, with or without a scope. */
export const PLUGIN_PACKAGE_PATTERN = /^(@[a-z0-9-~][a-z0-9-._~]*\/)?raspy-plugin-[a-z0-9-._~]+$/;

/** npm takes no longer names. */
const LONGEST_NAME = 214;

/** Whether a package of this name may be a plugin. */
export function isPluginPackageName(name: string): boolean {
  return name.length <= LONGEST_NAME && PLUGIN_PACKAGE_PATTERN.test(name);
}

/** `dht22` of `raspy-plugin-dht22` and of `@somebody/raspy-plugin-dht22`. */
export function shortNameOf(packageName: string): string {
  return packageName.replace(/^(@[^/]*\/)?raspy-plugin-/, '');
}
