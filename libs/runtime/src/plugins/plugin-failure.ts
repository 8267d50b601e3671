/** Why a package cannot be used as a plugin; literal, so that programs may compare. */
export type PluginFailureCode =
  /** Its name is none of a plugin, or its package or its export is called otherwise. */
  | 'PLUGIN_NAME'
  /** It is not installed. */
  | 'PLUGIN_NOT_FOUND'
  /** Its package.json cannot be read. */
  | 'PLUGIN_MANIFEST'
  /** It lacks the keyword. */
  | 'PLUGIN_KEYWORD'
  /** It does not say that it brings drivers. */
  | 'PLUGIN_KIND'
  /** It is written for another version of the plugin interface, or does not say for which. */
  | 'PLUGIN_API'
  /** It depends on what it has to share with RasPy; told to authors only. */
  | 'PLUGIN_PEERS'
  /** It would use a copy of `@raspy/devices` that RasPy does not use. */
  | 'PLUGIN_SECOND_COPY'
  /** It finds no `@raspy/devices`. */
  | 'PLUGIN_NO_DEVICES'
  /** A plugin of the same short name comes before it. */
  | 'PLUGIN_DUPLICATE'
  /** It has no file to import. */
  | 'PLUGIN_ENTRY'
  /** Importing it throws. */
  | 'PLUGIN_IMPORT_FAILED'
  /** Importing it does not end. */
  | 'PLUGIN_IMPORT_TIMEOUT'
  /** It does not export a plugin. */
  | 'PLUGIN_EXPORT'
  /** A device type of it cannot be described. */
  | 'PLUGIN_TYPES'
  /** A device type of it has an oid that belongs to others. */
  | 'PLUGIN_OIDS';

/** One thing that is wrong with a package. */
export interface PluginMistake {
  readonly code: PluginFailureCode;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** One thing that is wrong with a package that was named; a package may have several. */
export interface PluginFailure extends PluginMistake {
  readonly packageName: string;
}
