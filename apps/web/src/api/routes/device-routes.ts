import { z } from 'zod';
import { reaches } from '../../access/roles.js';
import { listDevices } from '../../home/device-list.js';
import { HttpProblem } from '../../problem.js';
import { deviceConfig, deviceInfo, deviceType, listedDevice } from '../answers/devices.js';
import { json } from '../answers/json.js';
import { Answer, passed, route, type Route } from '../route.js';
import { anyJson, anyObject, device, leaseMs, server, serverName, thingName } from '../schemas.js';

const tag = 'Devices';
/** Commands that change how a device is set up, not what it does. */
const CONFIGURING: ReadonlySet<string> = new Set(['config', 'log', 'poll']);

/** Devices: what they are, tell and do. */
export const deviceRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/devices',
    tag,
    summary: 'All devices with their readings; those of servers that do not answer as failed',
    role: 'viewer',
    response: z.array(listedDevice),
    handle: ({ home }) => listDevices(home),
  }),
  route({
    method: 'post',
    path: '/devices/{server}',
    tag,
    summary: 'Add a device: { name, oid, config }',
    role: 'admin',
    params: server,
    body: anyObject,
    handle: ({ home }, { params, body }) => home.devices(params.server).add(body),
  }),
  route({
    method: 'get',
    path: '/devices/{server}/types',
    tag,
    summary: 'The types of device that a server has drivers for, with JSON Schemas',
    role: 'viewer',
    params: server,
    response: z.array(deviceType),
    handle: ({ home }, { params }) => passed(home.devices(params.server).types()),
  }),
  route({
    method: 'get',
    path: '/devices/{server}/{device}',
    tag,
    summary: 'All about one device: type, commands, configuration, readings',
    role: 'viewer',
    params: device,
    response: deviceInfo,
    handle: ({ home }, { params }) => passed(home.devices(params.server).info(params.device)),
  }),
  route({
    method: 'delete',
    path: '/devices/{server}/{device}',
    tag,
    summary: 'Make the outputs of a device safe, and remove it',
    role: 'admin',
    params: device,
    handle: ({ home }, { params }) => home.devices(params.server).remove(params.device),
  }),
  route({
    method: 'post',
    path: '/devices/{server}/{device}/commands/{command}',
    tag,
    summary:
      'Carry out a command, once; with leaseMs its output is safe again after that time unless it is renewed',
    role: 'operator',
    params: device.extend({ command: thingName }),
    body: z.object({ args: anyJson.optional(), leaseMs: leaseMs.optional() }),
    response: z.object({ result: json }),
    handle: async ({ home }, { params, body, caller, header }) => {
      if (CONFIGURING.has(params.command) && !reaches(caller.role!, 'admin')) {
        throw new HttpProblem(403, 'ROLE', `the command ${params.command} needs the role admin`);
      }
      const key = header('idempotency-key');
      const options = {
        ...(body.leaseMs !== undefined && { leaseMs: body.leaseMs }),
        ...(key !== undefined && { key }),
      };
      const devices = home.devices(params.server).with(options);
      const { args } = body;
      const { result } = await (args === undefined
        ? devices.exec(params.device, params.command)
        : devices.exec(params.device, params.command, args));
      return { result };
    },
  }),
  route({
    method: 'get',
    path: '/devices/{server}/{device}/photo',
    tag,
    summary: 'A picture of a camera, taken now',
    role: 'viewer',
    params: device,
    response: { type: 'image/*', description: 'The picture' },
    handle: async ({ home }, { params }) => {
      const { bytes } = await home.devices(params.server).exec(params.device, 'photo');
      const [picture] = bytes;
      if (picture === undefined) throw new HttpProblem(404, 'NO_PICTURE', 'the device gave no picture');
      return new Answer(picture, { type: imageType(picture), headers: { 'cache-control': 'no-store' } });
    },
  }),
  route({
    method: 'get',
    path: '/devices/{server}/{device}/config',
    tag,
    summary: 'The whole configuration of a device',
    role: 'viewer',
    params: device,
    response: deviceConfig,
    handle: ({ home }, { params }) => passed(home.devices(params.server).config(params.device)),
  }),
  route({
    method: 'patch',
    path: '/devices/{server}/{device}/config',
    tag,
    summary: 'Change members of the configuration of a device; answers the whole',
    role: 'admin',
    params: device,
    body: anyObject,
    response: deviceConfig,
    handle: ({ home }, { params, body }) => passed(home.devices(params.server).config(params.device, body)),
  }),
  route({
    method: 'post',
    path: '/leases/{server}/{lease}/renew',
    audited: false,
    tag,
    summary: 'Let a lease last for so many milliseconds from now on',
    role: 'operator',
    params: z.object({ server: serverName, lease: thingName }),
    body: z.object({ leaseMs }),
    handle: ({ home }, { params, body }) => home.devices(params.server).renew(params.lease, body.leaseMs),
  }),
  route({
    method: 'delete',
    path: '/leases/{server}/{lease}',
    tag,
    summary: 'End a lease: its output is driven to the fail-safe state',
    role: 'operator',
    params: z.object({ server: serverName, lease: thingName }),
    handle: ({ home }, { params }) => home.devices(params.server).release(params.lease),
  }),
];

/** By the first bytes; what is no picture is no page either. */
function imageType(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (start.startsWith('\u00ff\u00d8\u00ff')) return 'image/jpeg';
  if (start.startsWith('\u0089PNG')) return 'image/png';
  if (start.startsWith('GIF8')) return 'image/gif';
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp';
  return 'application/octet-stream';
}
