import {
  boundPortSetting,
  builtinTitanicSetting,
  devicesSetting,
  kvServerSettings,
  maxMessageSetting,
  prepareDataDir,
  serverSettings,
  serviceSetting,
  startLog,
  supervise,
  titanicSettings,
  toggle,
  toolSettings,
  type ProgramHost,
} from '@raspy/runtime';
import { command, LiveRegion, type Command } from '@raspy/runtime/cli';
import type { HomePresenter } from '../home/home-view.js';
import { jsonPresenter, livePresenter, plainPresenter } from '../home/presenters.js';
import type { ToolOptions } from '../tool.js';

/** All must have ended within two seconds of Ctrl-C. */
const STOP_DEADLINE_MS = 1_500;
/** Between two looks at the home: lively on a terminal, calm where lines pile up. */
const LIVE_EVERY_MS = 1_000;
const PLAIN_EVERY_MS = 5_000;

const settings = {
  ...serverSettings,
  brokerPort: boundPortSetting,
  maxMessageMb: maxMessageSetting,
  ...kvServerSettings,
  titanic: builtinTitanicSetting,
  ...titanicSettings,
  service: { ...serviceSetting('fake'), description: 'Name of the device server on the bus' },
  devices: devicesSetting(
    async () => (await import('../home/drivers.js')).drivers,
    'a water temperature, a water level and a lamp',
  ),
  json: toggle({ description: 'Print JSON lines: ready, services, readings' }),
  logLevel: toolSettings.logLevel,
};

/** `raspy start` */
export function start(options: ToolOptions): Command {
  return command({
    words: 'start',
    summary:
      'Start a home, broker and fake devices in one process, and show its services and devices until Ctrl-C',
    settings,
    examples: [['raspy start --broker-port=0', 'a second home beside one that runs']],
    run: async ({ settings: values, host }) => {
      await prepareDataDir(values.dataDir);
      const { presenter, everyMs, logHost } = presentationFor(host, values.json);
      const logger = await startLog('raspy', values.logLevel, logHost);
      // Loaded here, since the other commands need none of it.
      const [{ composeHome }, { HomeView }] = await Promise.all([
        import('../home/module.js'),
        import('../home/home-view.js'),
      ]);
      const { clock } = host;
      const home = composeHome({ settings: values, clock, logger, ...options });
      const view = new HomeView({ endpoint: home.endpoint, presenter, clock, everyMs, ...options });
      return supervise({
        parts: [...home.parts, view],
        host,
        clock,
        logger,
        stopDeadlineMs: STOP_DEADLINE_MS,
      });
    },
  });
}

interface Presentation {
  readonly presenter: HomePresenter;
  readonly everyMs: number;
  /** The host with a log that does not tear the live lines apart. */
  readonly logHost: ProgramHost;
}

function presentationFor(host: ProgramHost, json: boolean): Presentation {
  const { stdout, stderr, pid } = host;
  const readyLine = (endpoint: string): string => `raspy ready on ${endpoint} (pid ${pid})`;
  if (json) return { presenter: jsonPresenter(stdout, pid), everyMs: LIVE_EVERY_MS, logHost: host };
  if (!stdout.isTTY) {
    return { presenter: plainPresenter(stdout, readyLine), everyMs: PLAIN_EVERY_MS, logHost: host };
  }
  const region = new LiveRegion(stdout);
  const logHost = stderr.isTTY
    ? { ...host, stderr: { ...stderr, write: (text: string) => region.above(text) } }
    : host;
  return { presenter: livePresenter(region, readyLine), everyMs: LIVE_EVERY_MS, logHost };
}
