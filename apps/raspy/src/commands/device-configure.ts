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
        description: 'The device server, <hostname>.<service>; needed where there are several',
        hint: 'NAME',
        default: undefined,
      }),
    },
    examples: [['raspy device add \'{"name":"lamp2","oid":"fake.lamp"}\'', 'a second lamp']],
    run: ({ settings, args, host }) => {
      const config = parseJson(args[0]!);
      return withBus(settings, host.clock, options, async (bus) => {
        const service = await serviceCalled(bus, settings.server);
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

async function serviceCalled(bus: Bus, server: string | undefined): Promise<string> {
  const services = await findDeviceServices(bus);
  const names = services.map((service) => service.replace(/\.devices$/, ''));
  const found = server === undefined ? services : services.filter((_, index) => names[index] === server);
  if (found.length === 1) return found[0]!;
  throw new UsageError(
    services.length === 0
      ? 'there is no device server on the bus: raspy start runs one'
      : `say which device server with --server, one of ${names.join(', ')}`,
  );
}
