import { serverAddress } from './server-address.js';

it.each([
  ['pi2', { host: 'pi2', port: 4304 }],
  ['127.0.0.1:4305', { host: '127.0.0.1', port: 4305 }],
  ['[::1]:4304', { host: '::1', port: 4304 }],
  ['[fe80::1]', { host: 'fe80::1', port: 4304 }],
])('%s is one', (text, address) => {
  expect(serverAddress(text)).toEqual(address);
});

it.each(['', ':4304', 'pi:0', 'pi:65536', 'pi:x', '::1', 'a b:1', 'tcp://pi:4304'])('%p is none', (text) => {
  expect(serverAddress(text)).toBeUndefined();
});
