import { toggle, type ProgramHost } from '@raspy/runtime';
import { command, type Command, type LoadedCommand } from '@raspy/runtime/cli';
import { driverLoader } from '../home/drivers.js';
import { homeSettings } from '../home/home-settings.js';
import type { LoadedHome } from '../home/load-home.js';
import type { ToolOptions } from '../tool.js';

const settings = {
  ...homeSettings(() => Promise.resolve({ plugins: [], failures: [] })),
  supervised: toggle({ description: 'For raspy start, which tells its hosts what to serve' }),
};

/** `raspy host <service>` */
export function host(options: Pick<ToolOptions, 'transport'> = {}): Command {
  return command({
    words: 'host',
    summary:
      'Run one device server of the settings file in this process, as raspy start does for isolated ones',
    details:
      'The broker has to be elsewhere. It ends when it is asked to, and with --supervised when raspy start is gone.',
    args: [['<service>', 'its name under servers in the file']],
    settings,
    examples: [['raspy host tank', 'the server tank, kept alive by a service manager']],
    load: loadHost,
    run: async ({ settings: home, args, host: program }) => {
      const { runAlone, runSupervised } = await import('../home/host.js');
      return home === undefined
        ? runSupervised(program, options)
        : runAlone(home, args[0]!, program, options);
    },
  });
}

/** With a supervisor, which says what to serve, nothing is read: the file may be another by now. */
async function loadHost(
  argv: readonly string[],
  { machine, clock }: ProgramHost,
): Promise<LoadedCommand<LoadedHome | undefined>> {
  if (argv.includes('--supervised')) {
    return { values: undefined, positionals: argv.filter((word) => !word.startsWith('-')) };
  }
  const { loadHome } = await import('../home/load-home.js');
  const home = await loadHome(argv, machine, driverLoader({ clock }), { serversFrom: 'arguments' });
  return { values: home, positionals: home.positionals };
}
