import { command, printable, renderTable, type Command } from '@raspy/runtime/cli';
import { askHome, type ServerStatus } from '@raspy/runtime/supervisor';
import { controlSettings, told } from '../control.js';
import type { HomeStatus } from '../home/running-home.js';

/** `raspy status` */
export function status(): Command {
  return command({
    words: 'status',
    summary: 'Tell how each server of the home is that runs here',
    details:
      'It asks the home itself, by the control socket in its data folder, so that it works when the broker does not. The exit ' +
      'code is 1 when a server neither serves nor starts, and 3 when no home runs.',
    settings: controlSettings,
    run: async ({ settings, host }) => {
      const home = (await askHome('status', {
        ...settings,
        clock: host.clock,
        system: { env: host.machine.env },
      })) as HomeStatus;
      const lines = settings.json ? [JSON.stringify(home)] : statusLines(home, host.clock.wallNow());
      return told(
        host,
        lines,
        home.servers.every(({ state }) => FINE.has(state)),
      );
    },
  });
}

const FINE: ReadonlySet<string> = new Set(['starting', 'ready', 'stopping']);

/** A home as lines for people. */
export function statusLines(home: HomeStatus, now: number): string[] {
  return [
    printable(`raspy ${home.version} on ${home.dataDir} (pid ${home.pid}, ${memory(home.residentBytes)})`),
    '',
    ...renderTable(
      ['SERVER', 'KIND', 'STATE', 'PROCESS', 'MEMORY', 'SINCE', 'RESTARTS', 'LAST END'],
      home.servers.map((server) => [
        server.name,
        server.kind,
        stateText(server),
        server.isolated ? String(server.pid ?? '-') : 'in this process',
        server.isolated ? memory(server.residentBytes) : '',
        duration(now - server.since),
        String(server.restarts),
        server.reason ?? '-',
      ]),
    ),
  ];
}

function stateText({ state, restartInMs }: ServerStatus): string {
  const inTime = restartInMs === undefined ? '' : ` in ${duration(restartInMs)}`;
  switch (state) {
    case 'waiting':
      return `restarts${inTime}`;
    case 'quarantined':
      return `quarantined, next try${inTime}`;
    default:
      return state;
  }
}

function memory(bytes: number | undefined): string {
  return bytes === undefined ? '-' : `${Math.round(bytes / 1024 / 1024)} MiB`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** As people say it: `12 s`, `3 min`, `2 d`. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const [unit, size] = UNITS.find((one) => seconds >= 2 * one[1]) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}
