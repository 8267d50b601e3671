import {
  Exporters,
  startLog,
  StatisticsBoard,
  supervise,
  withTracing,
  type LogLevel,
  type Logger,
  type Part,
  type ProgramHost,
} from '@raspy/runtime';
import { command, LiveRegion, type Command } from '@raspy/runtime/cli';
import { prepareDataDir } from '@raspy/runtime';
import { driverLoader } from '../home/drivers.js';
import type { HomePresenter } from '../home/home-view.js';
import { homeSettings } from '../home/home-settings.js';
import { jsonPresenter, livePresenter, plainPresenter } from '../home/presenters.js';
import type { RunningHome } from '../home/running-home.js';
import type { ToolOptions } from '../tool.js';

/** All must have ended within two seconds of Ctrl-C. */
const STOP_DEADLINE_MS = 1_500;
/** Between two looks at the home: lively on a terminal, calm where lines pile up. */
const LIVE_EVERY_MS = 1_000;
const PLAIN_EVERY_MS = 5_000;

/** `raspy start` */
export function start(options: ToolOptions): Command {
  return command({
    words: 'start',
    summary:
      'Start a home, the broker and the device servers of the settings file, and show its services and devices until Ctrl-C',
    details:
      'A server that dies is started again alone; raspy status tells how each is, raspy reload applies what has changed in ' +
      'the file, as SIGHUP does, and raspy stop ends the home. Without settings of device servers there is one with fake devices.',
    settings: homeSettings(() => Promise.resolve({ plugins: [], failures: [] })),
    examples: [
      ['raspy start --broker-port=0', 'a second home beside one that runs; it needs a --data-dir of its own'],
      ['raspy start --servers=broker', 'the broker alone'],
    ],
    load: async (argv, host) => {
      // Loaded here, as is what follows, since the other commands need none of it.
      const { loadHome } = await import('../home/load-home.js');
      const home = await loadHome(argv, host.machine, loaderFor(host, options));
      return { values: home, positionals: home.positionals };
    },
    run: async ({ settings: home, argv, host }) => {
      const { values } = home;
      await prepareDataDir(values.dataDir);
      const { presenter, everyMs, logHost } = presentationFor(host, values.json);
      const logger = await startLog('raspy', values.logLevel, logHost);
      const { clock } = host;
      const tracing = { isOn: values.tracing, clock, warn: (text: string) => logger.warn(text) };
      return withTracing(tracing, async () => {
        const [{ RunningHome: Running }, { HomeView }] = await Promise.all([
          import('../home/running-home.js'),
          import('../home/home-view.js'),
        ]);
        const board = new StatisticsBoard();
        const exporters = new Exporters({ values, board, clock, logger });
        const running = new Running({
          home,
          host,
          logger: (level) => loggerOf(level, values.logLevel, logger, logHost),
          log: logger,
          output: (line) => logHost.stderr.write(line),
          reread: async () => {
            const { loadHome } = await import('../home/load-home.js');
            return loadHome(argv, host.machine, loaderFor(host, options));
          },
          load: loaderFor(host, options),
          board,
          ...options,
        });
        const { endpoint } = running;
        const told: Part[] = [];
        if (values.metrics !== '' || values.snmp !== '') {
          const { HomeStatistics } = await import('../home/home-statistics.js');
          const servers: RunningHome['servers'] = () => running.servers();
          const { hostname } = values;
          told.push(
            new HomeStatistics({ hostname, endpoint, servers, board, clock, logger, ...options }),
            exporters,
          );
        }
        const { webUrl } = running;
        const view = new HomeView({ endpoint, webUrl, presenter, clock, everyMs, ...options });
        return supervise({
          parts: [running, ...told, view],
          host: running,
          clock,
          logger,
          stopDeadlineMs: STOP_DEADLINE_MS,
        });
      });
    },
  });
}

function loaderFor({ clock }: ProgramHost, { importPlugin, cwd }: ToolOptions) {
  return driverLoader({
    clock,
    ...(importPlugin !== undefined && { importPlugin }),
    ...(cwd !== undefined && { cwd }),
  });
}

/** Servers share the log of the home, unless theirs tells more or less. */
async function loggerOf(level: LogLevel, ours: LogLevel, logger: Logger, host: LogHost): Promise<Logger> {
  return level === ours ? logger : startLog('raspy', level, host);
}

type LogHost = Pick<ProgramHost, 'stderr' | 'machine'>;

interface Presentation {
  readonly presenter: HomePresenter;
  readonly everyMs: number;
  /** The host with a log that does not tear the live lines apart. */
  readonly logHost: LogHost;
}

function presentationFor(host: ProgramHost, json: boolean): Presentation {
  const { stdout, stderr, pid, machine } = host;
  const readyLine = (endpoint: string): string => `raspy ready on ${endpoint} (pid ${pid})`;
  if (json) return { presenter: jsonPresenter(stdout, pid), everyMs: LIVE_EVERY_MS, logHost: host };
  if (!stdout.isTTY) {
    return { presenter: plainPresenter(stdout, readyLine), everyMs: PLAIN_EVERY_MS, logHost: host };
  }
  const region = new LiveRegion(stdout);
  const logHost = stderr.isTTY
    ? { machine, stderr: { ...stderr, isTTY: true, write: (text: string) => region.above(text) } }
    : host;
  return { presenter: livePresenter(region, readyLine), everyMs: LIVE_EVERY_MS, logHost };
}
