import { peerText, textFrame } from '@raspy/wire';
import { BrokerRig } from '../../test/support/broker-rig.js';

describe('reports of what was dropped', () => {
  function flood(rig: BrokerRig, times: number): void {
    for (let i = 0; i < times; i++) rig.client(`peer ${i}`).send('', 'MDPC01', 'echo');
  }

  it('the first at once, then once a second with how many there were', () => {
    const rig = new BrokerRig();
    flood(rig, 100);
    expect(rig.eventsOf('dropped')).toEqual([
      { type: 'dropped', cause: 'no-body', count: 1, peer: '706565722030' },
    ]);
    rig.advance(999);
    flood(rig, 1);
    rig.advance(1);
    flood(rig, 50);
    rig.advance(1_000);
    expect(rig.eventsOf('dropped').map(({ count }) => count)).toEqual([1, 100, 50]);
    expect(rig.machine.statistics().dropped).toEqual({ 'no-body': 151 });
    rig.advance(10_000);
    flood(rig, 1);
    expect(rig.eventsOf('dropped').map(({ count }) => count)).toEqual([1, 100, 50, 1]);
  });

  it('each cause on its own', () => {
    const rig = new BrokerRig();
    flood(rig, 5);
    rig.peer('stranger').heartbeat();
    rig.advance(500);
    rig.peer('liar').ready('mmi.x');
    rig.advance(1_500);
    expect(rig.eventsOf('dropped').map(({ cause, count, peer }) => [cause, count, peer])).toEqual([
      ['no-body', 1, peerText(textFrame('peer 0'))],
      ['unknown-worker', 1, 'stranger'],
      ['refused-name', 1, 'liar'],
      ['no-body', 4, peerText(textFrame('peer 4'))],
    ]);
    expect(rig.machine.nextDeadline).toBe(Infinity);
  });

  it('with the service where there is one', () => {
    const rig = new BrokerRig({ maxQueuedRequests: 0 });
    rig.client('client').request('ghost', 'x');
    expect(rig.eventsOf('dropped')).toEqual([
      { type: 'dropped', cause: 'queue-full', count: 1, peer: 'client', service: 'ghost' },
    ]);
  });
});
