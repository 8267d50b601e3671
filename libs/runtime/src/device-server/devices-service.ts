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
});
