import { action, bytes, defineService, json, keys, optional, rest, text } from '@raspy/mdp-protocol';

/** `<hostname>.<service>.devices` (PROTOCOLS §7, §7.1): what a device server answers. */
export const devicesService = defineService({
  listKeys: action('list_keys', { title: 'Names of the devices', result: [keys('keys')] }),
  list: action('list', { title: 'All devices with their readings', result: [json('devices')] }),
  info: action('info', {
    title: 'All about one device: type, commands, configuration, readings',
    params: [text('device')],
    result: [json('info')],
  }),
  get: action('get', {
    title: 'The latest reading of one value, or of all values by name',
    params: [text('device'), optional(text('value'))],
    result: [json('reading')],
  }),
  exec: action('exec', {
    title: 'Executes a command of a device',
    params: [text('device'), text('command'), optional(json('args'))],
    result: [json('result'), rest(bytes('bytes'))],
  }),
  renew: action('renew', {
    title: 'Lets a lease last for so many milliseconds from now on',
    params: [text('lease'), json('leaseMs')],
  }),
  release: action('release', {
    title: 'Ends a lease: its output is driven to the fail-safe state',
    params: [text('lease')],
  }),
  types: action('types', {
    title: 'The types of device that it has drivers for, with JSON Schemas',
    result: [json('types')],
  }),
  config: action('config', {
    title: 'The whole configuration of a device; with members given, those are changed',
    params: [text('device'), optional(json('members'))],
    result: [json('config')],
  }),
  add: action('add', {
    title: 'Adds a device, which outlives a restart',
    params: [json('config')],
  }),
  remove: action('remove', {
    title: 'Makes the outputs of a device safe, and removes it, for good',
    params: [text('device')],
  }),
  poll: action('poll', {
    title: 'Reads a device now, or sets the seconds between polls',
    params: [text('device'), optional(json('seconds'))],
    result: [json('result')],
  }),
  log: action('log', {
    title: 'Whether a history of a device is kept, or is to be',
    params: [text('device'), optional(json('enabled'))],
    result: [json('result')],
  }),
  reset: action('reset', {
    title: 'Closes a device and opens it again',
    params: [text('device')],
    result: [json('result')],
  }),
});
