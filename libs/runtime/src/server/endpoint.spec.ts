import { VirtualClock } from '@raspy/clock';
import { bindEndpoint, connectEndpoint, peerEndpoint } from './endpoint.js';
import { newInstanceId } from './instance-id.js';

it('binds loopback for localhost, and connects to loopback where all addresses are bound', () => {
  expect(bindEndpoint('localhost', 1)).toBe('tcp://127.0.0.1:1');
  expect(bindEndpoint('0.0.0.0', 1)).toBe('tcp://0.0.0.0:1');
  expect(connectEndpoint('0.0.0.0', 1)).toBe('tcp://127.0.0.1:1');
  expect(connectEndpoint('*', 1)).toBe('tcp://127.0.0.1:1');
  expect(connectEndpoint('10.0.0.7', 1)).toBe('tcp://10.0.0.7:1');
  expect(peerEndpoint('tcp://0.0.0.0:77')).toBe('tcp://127.0.0.1:77');
  expect(peerEndpoint('ipc:///run/raspy')).toBe('ipc:///run/raspy');
});

it('names instances so that the earlier sorts first, and no two alike', () => {
  const clock = new VirtualClock();
  const first = newInstanceId(clock);
  const twin = newInstanceId(clock);
  clock.advanceBy(1);
  const later = newInstanceId(clock);
  expect(twin).not.toBe(first);
  expect(later > first && later > twin).toBe(true);
});
