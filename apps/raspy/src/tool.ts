import { VERSION } from '@raspy/runtime';
import type { ToolDefinition } from '@raspy/runtime/cli';
import type { Importer } from '@raspy/runtime/plugins';
import type { SpawnChild } from '@raspy/runtime/supervisor';
import type { Transport } from '@raspy/wire';
import { cronAdd, cronDisable, cronEnable, cronRemove, cronRun, cronUpdate } from './commands/cron-change.js';
import { cronInfo, cronLs, cronNext } from './commands/cron-show.js';
import { cronPreview } from './commands/cron-preview.js';
import { deviceAdd, deviceConfig, deviceRemove } from './commands/device-configure.js';
import { deviceExec, deviceSet } from './commands/device-exec.js';
import { deviceGet } from './commands/device-get.js';
import { deviceLs } from './commands/device-ls.js';
import { deviceWatch } from './commands/device-watch.js';
import { doctor } from './commands/doctor.js';
import { dump } from './commands/dump.js';
import { kvDump, kvGet, kvLs, kvSet, kvWatch } from './commands/kv.js';
import { pluginCheck } from './commands/plugin-check.js';
import { pluginLs } from './commands/plugin-ls.js';
import { request } from './commands/request.js';
import {
  scenarioAdd,
  scenarioCheck,
  scenarioDelete,
  scenarioDisable,
  scenarioEnable,
  scenarioRun,
  scenarioStop,
  scenarioUpdate,
} from './commands/scenario-change.js';
import { scenarioExport, scenarioImport, scenarioShipped, scenarioTypes } from './commands/scenario-share.js';
import { scenarioLs, scenarioShow, scenarioStatus, scenarioTrace } from './commands/scenario-show.js';
import { serviceLs } from './commands/service-ls.js';
import { settingsDelete, settingsGet, settingsLs, settingsSet } from './commands/settings.js';
import { host } from './commands/host.js';
import { reload } from './commands/reload.js';
import { shell } from './commands/shell.js';
import { start } from './commands/start.js';
import { status } from './commands/status.js';
import { stop } from './commands/stop.js';
import { mib } from './commands/mib.js';
import { top } from './commands/top.js';
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
  /** Imports device plugins. @default Node's `import` */
  readonly importPlugin?: Importer;
  /** Starts device servers that are isolated. @default processes of this very program */
  readonly spawnHost?: SpawnChild;
  /** What relative paths are relative to. @default the process's current folder */
  readonly cwd?: string;
}

/** The `raspy` command. */
export function raspyTool(options: ToolOptions = {}): ToolDefinition {
  return {
    name: 'raspy',
    version: VERSION,
    summary: 'Starts a RasPy home, and talks to it by hand.',
    commands: [
      start(options),
      status(),
      reload(),
      stop(),
      host(options),
      serviceLs(options),
      top(options),
      mib(options),
      request(options),
      deviceLs(options),
      deviceGet(options),
      deviceWatch(options),
      deviceExec(options),
      deviceSet(options),
      deviceConfig(options),
      deviceAdd(options),
      deviceRemove(options),
      cronLs(options),
      cronInfo(options),
      cronNext(options),
      cronPreview(),
      cronAdd(options),
      cronUpdate(options),
      cronRemove(options),
      cronEnable(options),
      cronDisable(options),
      cronRun(options),
      scenarioLs(options),
      scenarioStatus(options),
      scenarioTrace(options),
      scenarioShow(options),
      scenarioRun(options),
      scenarioStop(options),
      scenarioAdd(options),
      scenarioUpdate(options),
      scenarioCheck(),
      scenarioEnable(options),
      scenarioDisable(options),
      scenarioDelete(options),
      scenarioShipped(options),
      scenarioImport(options),
      scenarioExport(options),
      scenarioTypes(options),
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
      pluginLs(options),
      pluginCheck(options),
      shell(options),
      doctor(),
      dump(options),
    ],
    examples: [
      ['raspy start', 'a home: the broker and some fake devices'],
      ["raspy request mmi.discovery '.*'", 'ask the broker for all services'],
      ['raspy device get lamp', 'what a device says'],
      ['raspy kv watch /device', 'every reading of the home as it changes'],
      ["raspy cron add lights --cron '0 7 * * *' --device=lamp --args='{\"on\":true}'", 'every day at seven'],
      ['raspy titanic ls --state=dead', 'durable requests that were given up'],
    ],
  };
}
