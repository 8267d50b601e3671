import type { DeviceConfig, DeviceHost } from '@raspy/devices';
import {
  ServiceRefusal,
  serviceHandler,
  StatusCode,
  type ServiceHandler,
  type ServiceHandlerOptions,
} from '@raspy/mdp-protocol';
import type { DeviceList } from './device-list.js';
import { devicesService } from './devices-service.js';

/** Statuses for the codes of device errors; any other is a failure of ours and tells no details. */
const STATUS: Readonly<Record<string, StatusCode>> = {
  UNKNOWN_DEVICE: StatusCode.NOT_FOUND,
  UNKNOWN_VALUE: StatusCode.NOT_FOUND,
  UNKNOWN_COMMAND: StatusCode.NOT_IMPLEMENTED,
  INVALID_ARGUMENT: StatusCode.BAD_REQUEST,
  COMMAND_REFUSED: StatusCode.ERROR,
  COMMAND_FAILED: StatusCode.ERROR,
  COMMAND_TIMEOUT: StatusCode.ERROR,
  DEVICE_UNAVAILABLE: StatusCode.ERROR,
  DEVICE_BUSY: StatusCode.ERROR,
  HOST_CLOSED: StatusCode.ERROR,
  INVALID_CONFIG: StatusCode.BAD_REQUEST,
  DUPLICATE_DEVICE: StatusCode.BAD_REQUEST,
  TOO_MANY_DEVICES: StatusCode.ERROR,
  SAFETY_REFUSED: StatusCode.ERROR,
  UNKNOWN_LEASE: StatusCode.NOT_FOUND,
  FOUND_DEVICE: StatusCode.BAD_REQUEST,
};

/** What {@link devicesHandler} is told. */
export interface DevicesHandlerOptions extends Pick<
  ServiceHandlerOptions,
  'clock' | 'onError' | 'idempotency'
> {
  /** Why devices cannot be looked for now. @default they can, or nobody looks */
  readonly troubles?: () => readonly string[];
}

/** Serves the devices of a host: an unknown device is 404, a bad argument 400, each with its reason. */
export function devicesHandler(
  host: DeviceHost,
  list: DeviceList,
  { troubles = () => [], ...options }: DevicesHandlerOptions = {},
): ServiceHandler {
  const builtIn = async (device: string, command: string, args: object): Promise<unknown> =>
    (await toldLater(host.execute(device, command, args))).result;
  return serviceHandler(
    devicesService,
    {
      listKeys: () => {
        // PROTOCOLS §7: a bus that cannot be looked at is answered by 500 alone; the log has said why.
        if (!list.isConfigured && troubles().length > 0) throw new ServiceRefusal(StatusCode.ERROR);
        return host.keys();
      },
      list: () => host.list(),
      info: ({ device }) => told(() => host.info(device)),
      get: ({ device, value }) =>
        told(() => (value === undefined ? host.get(device) : host.get(device, value))),
      exec: async ({ device, command, args }, { leaseMs }) => {
        const lease = leaseMs === undefined ? {} : { leaseMs };
        const { result, bytes } = await toldLater(host.execute(device, command, args, lease));
        return { result, bytes: [...bytes] };
      },
      renew: ({ lease, leaseMs }) => {
        told(() => host.renew(lease, milliseconds(leaseMs)));
      },
      release: ({ lease }) => told(() => host.release(lease)),
      types: () => host.types(),
      config: async ({ device, members }) => {
        if (members !== undefined) await toldLater(list.configure(device, changeable(members)));
        return told(() => list.configuration(device));
      },
      add: ({ config }) => toldLater(list.add(config as DeviceConfig)),
      remove: ({ device }) => toldLater(list.remove(device)),
      poll: ({ device, seconds }) => builtIn(device, 'poll', seconds === undefined ? {} : { seconds }),
      log: ({ device, enabled }) => builtIn(device, 'log', enabled === undefined ? {} : { enabled }),
      reset: ({ device }) => builtIn(device, 'reset', {}),
    },
    { ...options, unknownAction: 'echo' },
  );
}

function milliseconds(leaseMs: unknown): number {
  if (typeof leaseMs === 'number' && leaseMs > 0) return leaseMs;
  throw new ServiceRefusal(StatusCode.BAD_REQUEST, 'leaseMs must be a positive number of milliseconds');
}

/** Members of a device's configuration that can be changed; what they hold is checked by the host. */
const CHANGEABLE = ['calibration', 'config', 'log', 'pollSeconds', 'safety'];

function changeable(members: unknown): Partial<DeviceConfig> {
  const names = typeof members === 'object' && members !== null ? Object.keys(members) : [''];
  const unknown = names.filter((name) => !CHANGEABLE.includes(name));
  if (unknown.length === 0) return members as Partial<DeviceConfig>;
  throw new ServiceRefusal(
    StatusCode.BAD_REQUEST,
    `${unknown.join(', ') || 'this'} cannot be changed: give a JSON object with ${CHANGEABLE.join(', ')}`,
  );
}

function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw refusal(error);
  }
}

async function toldLater<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw refusal(error);
  }
}

function refusal(error: unknown): unknown {
  const { code } = error as { code?: unknown };
  const status = typeof code === 'string' ? STATUS[code] : undefined;
  return status !== undefined && error instanceof Error
    ? new ServiceRefusal(status, error.message, { cause: error })
    : error;
}
