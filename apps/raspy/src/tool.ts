import { VERSION } from '@raspy/runtime';
import type { ToolDefinition } from '@raspy/runtime/cli';
import type { Transport } from '@raspy/wire';
import { deviceExec } from './commands/device-exec.js';
import { deviceGet } from './commands/device-get.js';
import { deviceLs } from './commands/device-ls.js';
import { deviceWatch } from './commands/device-watch.js';
import { dump } from './commands/dump.js';
import { kvDump, kvGet, kvLs, kvSet, kvWatch } from './commands/kv.js';
import { request } from './commands/request.js';
import { serviceLs } from './commands/service-ls.js';
import { settingsDelete, settingsGet, settingsLs, settingsSet } from './commands/settings.js';
import { start } from './commands/start.js';
import { titanicDrop, titanicRetry } from './commands/titanic-end.js';
import { titanicImportIni } from './commands/titanic-import-ini.js';
import { titanicLs } from './commands/titanic-ls.js';
import { titanicShow } from './commands/titanic-show.js';
import { titanicSubmit } from './commands/titanic-submit.js';

/** What the commands run on; tests hand in a network of their own. */
export interface ToolOptions {
  /** @default zeromq, one for the process */
  readonly transport?: Transport;
  /** Takes what is no text on its way to standard output. @default the process's own */
  readonly writeBytes?: (bytes: Uint8Array) => void;
}

/** The `raspy` command. */
export function raspyTool(options: ToolOptions = {}): ToolDefinition {
  return {
    name: 'raspy',
    version: VERSION,
    summary: 'Starts a RasPy home, and talks to it by hand.',
    commands: [
      start(options),
      serviceLs(options),
      request(options),
      deviceLs(options),
      deviceGet(options),
      deviceWatch(options),
      deviceExec(options),
      kvGet(options),
      kvSet(options),
      kvLs(options),
      kvWatch(options),
      kvDump(options),
      titanicLs(options),
      titanicShow(options),
      titanicRetry(options),
      titanicDrop(options),
      titanicSubmit(options),
      titanicImportIni(options),
      settingsLs(options),
      settingsGet(options),
      settingsSet(options),
      settingsDelete(options),
      dump(options),
    ],
    examples: [
      ['raspy start', 'a home: the broker and some fake devices'],
      ["raspy request mmi.discovery '.*'", 'ask the broker for all services'],
      ['raspy device get lamp', 'what a device says'],
      ['raspy kv watch /device', 'every reading of the home as it changes'],
      ['raspy titanic ls --state=dead', 'durable requests that were given up'],
    ],
  };
}
