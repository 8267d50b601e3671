import { command, printable, type Command } from '@raspy/runtime/cli';
import { askHome, type ReloadReport } from '@raspy/runtime/supervisor';
import { controlSettings, told } from '../control.js';

/** `raspy reload` */
export function reload(): Command {
  return command({
    words: 'reload',
    summary: 'Have the home that runs here read its settings anew, and apply what has changed',
    details:
      'A mistake changes nothing, is told with its place, and ends with exit code 2. Only servers and devices that differ are ' +
      'touched; servers that died get another chance. The exit code is 1 when something could not be applied.',
    settings: controlSettings,
    run: async ({ settings, host }) => {
      const report = (await askHome('reload', {
        ...settings,
        clock: host.clock,
        system: { env: host.machine.env },
      })) as ReloadReport;
      const lines = settings.json ? [JSON.stringify(report)] : reportLines(report);
      return told(host, lines, report.actions.every(isWell));
    },
  });
}

type Done = ReloadReport['actions'][number];

function isWell({ problem, devices }: Done): boolean {
  return problem === undefined && Object.keys(devices?.failed ?? {}).length === 0;
}

const DONE = { start: 'started', stop: 'stopped', restart: 'restarted', devices: 'its devices' };

/** A reload as lines for people. */
export function reportLines({ actions, needsRestart }: ReloadReport): string[] {
  const lines = actions.flatMap((action) => {
    const { type, server, problem, devices } = action;
    const told = [DONE[type], ...(problem === undefined ? [] : [`but: ${problem}`])].join(', ');
    if (devices === undefined) return [`${server}: ${told}`];
    const { failed, ...changes } = devices;
    const lists = Object.entries(changes)
      .filter(([, names]) => names.length > 0)
      .map(([what, names]) => `${what} ${names.join(', ')}`);
    return [
      `${server}: ${[told, ...lists].join('; ')}`,
      ...Object.entries(failed).map(([device, reason]) => `${server}.${device}: failed: ${reason}`),
    ];
  });
  return [
    ...(lines.length === 0 ? ['no server has changed'] : lines),
    ...needsRestart.map((what) => `needs a restart of the home (raspy stop, raspy start): ${what}`),
  ].map(printable);
}
