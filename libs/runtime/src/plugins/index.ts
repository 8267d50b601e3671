/**
 * Device plugins made by others: loading the packages that are named, and clear refusals.
 * @packageDocumentation
 */
export { checkPluginPackage } from './check-package.js';
export { driversOf, loadPlugins } from './load-plugins.js';
export { findPackage, installedPlugins } from './package-files.js';
export { isPluginPackageName } from './package-name.js';
export { pluginsFolder, pluginsSettings } from './settings.js';
export type { CheckPackageOptions, PluginReport } from './check-package.js';
export type { Importer } from './import-plugin.js';
export type { InstalledPlugin } from './package-files.js';
export type { LoadedPlugin, LoadedPlugins, LoadPluginsOptions } from './load-plugins.js';
export type { PluginFailure, PluginFailureCode, PluginMistake } from './plugin-failure.js';
