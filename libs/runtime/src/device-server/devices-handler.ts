import type { DeviceHost } from '@raspy/devices';
import {
  ServiceRefusal,
  serviceHandler,
  StatusCode,
  type ServiceHandler,
  type ServiceHandlerOptions,
} from '@raspy/mdp-protocol';
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
};

/** Serves the devices of a host: an unknown device is 404, a bad argument 400, each with its reason. */
export function devicesHandler(
  host: DeviceHost,
  options: Pick<ServiceHandlerOptions, 'clock' | 'onError'> = {},
): ServiceHandler {
  return serviceHandler(
    devicesService,
    {
      listKeys: () => host.keys(),
      list: () => host.list(),
      info: ({ device }) => told(() => host.info(device)),
      get: ({ device, value }) =>
        told(() => (value === undefined ? host.get(device) : host.get(device, value))),
      exec: async ({ device, command, args }) => ({
        result: await toldLater(host.execute(device, command, args)),
        bytes: [],
      }),
    },
    { ...options, unknownAction: 'echo' },
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
