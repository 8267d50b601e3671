import { ExitCode, text, toolSettings, UsageError } from '@raspy/runtime';
import { command, printable, type Command } from '@raspy/runtime/cli';
import { withBus, type Bus } from '../bus.js';
import { devicesClient, findDevice, findDeviceServices } from '../devices.js';
import { parseJson } from '../json-argument.js';
import type { ToolOptions } from '../tool.js';

const DEVICE = ['<device>', 'its name, or <hostname>.<service>.<name>'] as const;

/** `raspy device add <json>` */
export function deviceAdd(options: ToolOptions): Command {
  return command({
    words: 'device add',
    summary: 'Add a device to a running server; it outlives a restart',
    args: [['<json>', 'its configuration: {"name":…,"oid":…,"config":{…}}']],
    settings: {
      ...toolSettings,
      server: text<string | undefined>({
        description: 'The device server, <hostname>.<service>; needed where several have a driver for it',
        hint: 'NAME',
        default: undefined,
      }),
    },
    examples: [['raspy device add \'{"name":"lamp2","oid":"fake.lamp"}\'', 'a second lamp']],
    run: ({ settings, args, host }) => {
      const config = parseJson(args[0]!);
      return withBus(settings, host.clock, options, async (bus) => {
        const service = await serviceFor(bus, settings.server, config);
        await devicesClient(bus, service).add(config);
        return ExitCode.OK;
      });
    },
  });
}

/** `raspy device remove <device>` */
export function deviceRemove(options: ToolOptions): Command {
  return command({
    words: 'device remove',
    summary: 'Make the outputs of a device safe, and remove it; it stays removed after a restart',
    args: [DEVICE],
    settings: toolSettings,
    run: ({ settings, args, host }) =>
      withBus(settings, host.clock, options, async (bus) => {
        const { service, device } = await findDevice(bus, args[0]!);
        await devicesClient(bus, service).remove(device.name);
        return ExitCode.OK;
      }),
  });
}

/** `raspy device config <device> [json]` */
export function deviceConfig(options: ToolOptions): Command {
  return command({
    words: 'device config',
    summary: 'Print the configuration of a device, or change members of it',
    details: 'What is changed outlives a restart, until the settings file is edited for that device.',
    args: [
      DEVICE,
      ['[json]', 'members to change: {"config":{…},"pollSeconds":…,"log":…,"calibration":…,"safety":…}'],
    ],
    settings: toolSettings,
    run: ({ settings, args, host }) => {
      const [name, json] = args as [string, string?];
      const members = json === undefined ? undefined : parseJson(json);
      return withBus(settings, host.clock, options, async (bus) => {
        const { service, device } = await findDevice(bus, name);
        const config = await devicesClient(bus, service).config(device.name, members);
        host.stdout.write(`${printable(JSON.stringify(config))}\n`);
        return ExitCode.OK;
      });
    },
  });
}

/** The server that is named; else the one that has a driver for the device. */
async function serviceFor(bus: Bus, server: string | undefined, config: unknown): Promise<string> {
  const services = await findDeviceServices(bus);
  if (services.length === 0)
    throw new UsageError('there is no device server on the bus: raspy start runs one');
  const names = (some: readonly string[]): string =>
    some.map((service) => service.replace(/\.devices$/, '')).join(', ');
  if (server !== undefined) {
    const named = services.find((service) => service === `${server}.devices`);
    if (named !== undefined) return named;
    throw new UsageError(`say which device server with --server, one of ${names(services)}`);
  }
  if (services.length === 1) return services[0]!;
  const oid = String((config as { readonly oid?: unknown } | null)?.oid);
  const have = await Promise.all(services.map((service) => hasDriver(bus, service, oid)));
  const fitting = services.filter((_, index) => have[index]);
  if (fitting.length === 1) return fitting[0]!;
  throw new UsageError(
    fitting.length === 0
      ? `no driver for "${oid}" on any of ${names(services)}: name its plugin in the settings of a device server`
      : `say which device server with --server, one of ${names(fitting)}`,
  );
}

/** A server that does not tell its types may have it. */
async function hasDriver(bus: Bus, service: string, oid: string): Promise<boolean> {
  try {
    const types = await devicesClient(bus, service).types();
    return (
      Array.isArray(types) && types.some((type) => (type as { readonly oid?: unknown } | null)?.oid === oid)
    );
  } catch {
    return true;
  }
}
