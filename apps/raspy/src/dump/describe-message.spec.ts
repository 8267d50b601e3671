import { describeMessage } from './describe-message.js';

const frames = (...given: (string | number)[]) =>
  given.map((frame) => (typeof frame === 'number' ? Buffer.from([frame]) : Buffer.from(frame)));

it.each([
  [frames('', 'MDPW01', 1, 'echo'), 'MDP/Worker 0.1 READY echo'],
  [frames('', 'MDPW01', 2, 'client', '', 'body'), 'MDP/Worker 0.1 REQUEST'],
  [frames('', 'MDPW01', 4), 'MDP/Worker 0.1 HEARTBEAT'],
  [frames('', 'MDPW02', 5), 'MDP/Worker 0.2 HEARTBEAT'],
  [frames('', 'MDPW01', 9), 'MDP/Worker 0.1 invalid command'],
  [frames('', 'MDPW01'), 'MDP/Worker 0.1 invalid command'],
  [frames('', 'MDPC01', 'echo', 'x'), 'MDP/Client 0.1 request echo'],
  [frames('', 'MDPC01'), 'MDP/Client 0.1 request'],
  [frames('corr', '', 'MDPC01', 'echo', 'x'), 'MDP/Client 0.1 request echo'],
  [frames('MDPC02', 1, 'echo', 'x'), 'MDP/Client 0.2 REQUEST echo'],
  [frames('hello'), 'unknown'],
  [frames('valueOf', '__prt_'), 'unknown'],
  [[], 'unknown'],
])('knows what a message is: %#', (message, told) => {
  expect(describeMessage(message, 'to-broker')).toBe(told);
});

it('tells replies of MDP 0.1 from requests by their direction', () => {
  expect(describeMessage(frames('', 'MDPC01', 'echo', 'x'), 'to-peer')).toBe('MDP/Client 0.1 reply echo');
});
