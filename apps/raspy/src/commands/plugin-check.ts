import type { DeviceTypeDescription } from '@raspy/devices';
import { ExitCode, UsageError } from '@raspy/runtime';
import { command, printable, renderTable, type Command } from '@raspy/runtime/cli';
import {
  checkPluginPackage,
  findPackage,
  isPluginPackageName,
  pluginsFolder,
  type PluginReport,
} from '@raspy/runtime/plugins';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pluginToolSettings } from '../plugins.js';
import type { ToolOptions } from '../tool.js';

const { plugins: _, ...settings } = pluginToolSettings;

/** `raspy plugin check <plugin>` */
export function pluginCheck(options: ToolOptions): Command {
  return command({
    words: 'plugin check',
    summary: 'Check a device plugin before it is published: package.json, import and device types',
    details:
      'It tells every mistake, and its device types; --json prints these as JSON, with the JSON Schemas that they travel ' +
      'by. The exit code is 1 when there is a mistake. How drivers behave is for the test of the plugin: checkDriver of ' +
      '@raspy/devices/testing.',
    args: [['<plugin>', 'its folder, or the name of one that is installed']],
    settings,
    examples: [['raspy plugin check .', 'the plugin in the current folder']],
    run: async ({ settings: { json, pluginsDir }, args, host }) => {
      const cwd = options.cwd ?? process.cwd();
      const folder = await folderOf(args[0]!, await pluginsFolder({ pluginsDir }, cwd), cwd);
      const { importPlugin } = options;
      const report = await checkPluginPackage(folder, {
        clock: host.clock,
        ...(importPlugin !== undefined && { importer: importPlugin }),
      });
      const lines = json ? [JSON.stringify(report)] : reportLines(report);
      host.stdout.write(lines.map((line) => `${line}\n`).join(''));
      return report.mistakes.length > 0 ? ExitCode.FAILED : ExitCode.OK;
    },
  });
}

/** @throws UsageError (rejects) when there is neither such a folder nor such a package */
async function folderOf(plugin: string, from: string, cwd: string): Promise<string> {
  const installed = isPluginPackageName(plugin) ? await findPackage(plugin, from) : undefined;
  const folder = installed ?? resolve(cwd, plugin);
  if (existsSync(folder)) return folder;
  throw new UsageError(
    `there is no folder ${folder}, and no package ${plugin} is installed in ${from}: give the folder of a plugin`,
  );
}

function reportLines({ packageName, version, folder, types, mistakes }: PluginReport): string[] {
  const table = renderTable(['TYPE', 'TITLE', 'VALUES', 'COMMANDS'], types.map(typeRow));
  const verdict =
    mistakes.length === 0
      ? 'no mistakes'
      : `${mistakes.length} ${mistakes.length === 1 ? 'mistake' : 'mistakes'}`;
  return [
    printable(`${packageName || '(no name)'} ${version} in ${folder}`),
    ...(types.length > 0 ? ['', ...table] : []),
    '',
    ...mistakes.map(({ code, message }) => printable(`${code}: ${message}`)),
    verdict,
  ];
}

function typeRow({ oid, title, values, commands }: DeviceTypeDescription): string[] {
  const names = (members: object): string => Object.keys(members).join(' ') || '-';
  return [oid, title, names(values), names(commands)];
}
