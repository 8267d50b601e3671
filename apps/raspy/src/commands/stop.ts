import type { Clock } from '@raspy/clock';
import { command, printable, type Command } from '@raspy/runtime/cli';
import { askHome, ControlError } from '@raspy/runtime/supervisor';
import { controlSettings, told } from '../control.js';
import type { StoppedHome } from '../home/running-home.js';
import { pause } from '../pause.js';

/** `raspy stop` */
export function stop(): Command {
  return command({
    words: 'stop',
    summary: 'End the home that runs here in good order, and wait until it has ended',
    details: 'The exit code is 3 when no home runs.',
    settings: controlSettings,
    run: async ({ settings, host }) => {
      const { clock, machine, pid } = host;
      const until = clock.now() + settings.timeoutMs;
      const stopped = (await askHome('stop', {
        ...settings,
        clock,
        system: { env: machine.env },
      })) as StoppedHome;
      // Nobody can wait for the end of the process that one is in.
      if (stopped.pid !== pid) await untilGone(stopped.pid, clock, until);
      const lines = settings.json
        ? [JSON.stringify(stopped)]
        : [
            ...stopped.servers.map(({ server, outcome }) => printable(`${server}: ${outcome}`)),
            `the home has ended (pid ${stopped.pid})`,
          ];
      return told(host, lines);
    },
  });
}

async function untilGone(pid: number, clock: Clock, until: number): Promise<void> {
  while (isAlive(pid)) {
    if (clock.now() >= until) {
      throw new ControlError(
        'CONTROL_TIMEOUT',
        `the home has stopped its servers, and its process ${pid} still runs`,
      );
    }
    await pause(clock, 20, new AbortController().signal);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
