import { programSettings, toolSettings } from '@raspy/runtime';
import { pluginsSettings } from '@raspy/runtime/plugins';

/** What the commands about plugins take. */
export const pluginToolSettings = {
  ...pluginsSettings,
  json: toolSettings.json,
  config: programSettings.config,
  logLevel: toolSettings.logLevel,
};
