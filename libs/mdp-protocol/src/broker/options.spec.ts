import { MdpOptionError } from '../option-error.js';
import { BrokerRig } from '../../test/support/broker-rig.js';
import { resolveBrokerOptions, type BrokerOptions } from './options.js';

describe('broker options', () => {
  it('have the defaults of PROTOCOLS §1 and §4', () => {
    const resolved = resolveBrokerOptions({});
    expect(resolved).toMatchObject({
      heartbeatIntervalMs: 3_500,
      heartbeatLiveness: 5,
      expiryMs: 17_500,
      maxTotalQueuedRequests: 200_000,
      maxTotalQueuedBytes: 256 * 1024 * 1024,
      maxServicesWithoutWorker: 10_000,
      maxMessageBytes: 64 * 1024 * 1024,
      maxMessageFrames: 10_000,
      maxBuiltinRequests: 10_000,
      builtinServices: [],
    });
    expect(resolved.policyOf('echo')).toEqual({
      policy: {
        requestTtlMs: 30_000,
        busyExpiryMs: 60_000,
        maxAttempts: 1,
        onWorkerLost: 'fail',
        maxQueuedRequests: 100_000,
        maxQueuedBytes: 64 * 1024 * 1024,
      },
      mistakes: [],
    });
  });

  it('without meaning are refused, all mistakes at once', () => {
    const options = {
      heartbeatIntervalMs: 0,
      heartbeatLiveness: 1.5,
      requestTtlMs: NaN,
      maxAttempts: 0,
      onWorkerLost: 'retry',
    } as unknown as BrokerOptions;
    const refused = (): unknown => resolveBrokerOptions(options);
    expect(refused).toThrow(MdpOptionError);
    expect(refused).toThrow(
      'heartbeatIntervalMs must be a number from 10 to 3600000, not 0; ' +
        'heartbeatLiveness must be an integer from 2 to 1000, not 1.5; ' +
        'requestTtlMs must be a number from 1 to 1099511627776, not NaN; ' +
        'maxAttempts must be an integer from 1 to 1000, not 0; ' +
        `onWorkerLost must be 'fail' or 'silent', not "retry"`,
    );
  });

  it('a service may have its own, on top of those of the broker', () => {
    const { policyOf } = resolveBrokerOptions({
      maxAttempts: 2,
      service: (name) => (name === 'slow' ? { busyExpiryMs: 600_000 } : undefined),
    });
    expect(policyOf('slow').policy).toMatchObject({ busyExpiryMs: 600_000, maxAttempts: 2 });
    expect(policyOf('other').policy).toMatchObject({ busyExpiryMs: 60_000, maxAttempts: 2 });
  });

  it.each<[string, BrokerOptions['service'], string]>([
    ['nonsense', () => ({ maxAttempts: -1 }), 'maxAttempts must be an integer from 1 to 1000, not -1'],
    [
      'an exception',
      () => {
        throw new Error('no such file');
      },
      'the service option threw: Error: no such file',
    ],
  ])(
    'a policy that is %s is reported; the service has the defaults, and works',
    (_what, service, mistake) => {
      const rig = new BrokerRig({ service: service! });
      const worker = rig.worker('worker', 'echo');
      const client = rig.client('client');
      client.request('echo', 'x');
      worker.reply('y');
      expect(client.bodies()).toEqual([['y']]);
      expect(rig.eventsOf('policy-refused')).toEqual([
        { type: 'policy-refused', service: 'echo', mistakes: [mistake] },
      ]);
    },
  );

  it('mistakes that are always the same are told once, others up to a bound', () => {
    const rig = new BrokerRig({
      service: (name) => {
        throw new Error(name.startsWith('same') ? 'same' : name);
      },
    });
    const client = rig.client('client');
    for (let i = 0; i < 100; i++) client.request(`same ${i}`, 'x');
    expect(rig.eventsOf('policy-refused')).toHaveLength(1);
    for (let i = 0; i < 100; i++) client.request(`other ${i}`, 'x');
    expect(rig.eventsOf('policy-refused')).toHaveLength(20);
  });
});
