import { frameText } from '@raspy/wire';
import { ModelBus } from '../../test/support/model-bus.js';
import { defaultTransport } from '@raspy/wire';
import { KvPublisherClient } from './kv-publisher-client.js';
import { KvSubscriberClient } from './kv-subscriber-client.js';

describe("the manual's clients", () => {
  let bus: ModelBus;

  beforeEach(async () => {
    bus = await ModelBus.start('kvmsg');
  });

  it('publish and subscribe under a subtree', async () => {
    const publisher = new KvPublisherClient({ ...bus.options, subtree: '/event' });
    const subscriber = new KvSubscriberClient({ ...bus.options, subtree: 'event' });
    const told: string[] = [];
    const statuses: string[] = [];
    subscriber.changes$.subscribe((change) => told.push(change.type));
    subscriber.status$.subscribe((status) => statuses.push(status));
    publisher.status$.subscribe((status) => statuses.push(`publisher ${status}`));
    await bus.advance();
    publisher.send('a', '1');
    publisher.send('/b', '2', { ifOffline: 'fail' });
    publisher.delete('b');
    await bus.advance();
    expect([...bus.server.entries.keys()]).toEqual(['/event/a']);
    expect(told).toEqual(['snapshot', 'set', 'set', 'delete']);
    expect(subscriber.entries().map(({ key, body }) => `${key}=${frameText(body)}`)).toEqual(['/event/a=1']);
    expect([publisher.status, subscriber.status]).toEqual(['synced', 'synced']);
    expect(publisher.statistics().sent).toBe(3);
    expect(subscriber.statistics().updates).toBe(3);
    await publisher[Symbol.asyncDispose]();
    await subscriber[Symbol.asyncDispose]();
    expect(statuses).toEqual([
      'syncing',
      'publisher syncing',
      'publisher synced',
      'synced',
      'publisher closed',
      'closed',
    ]);
  });

  it('of everything, when no subtree is given', async () => {
    const publisher = new KvPublisherClient(bus.options);
    const subscriber = new KvSubscriberClient(bus.options);
    await bus.advance();
    publisher.send('a', '1');
    await bus.advance();
    expect(subscriber.entries()).toMatchObject([{ key: '/a' }]);
    await Promise.all([publisher.close(), subscriber.close()]);
  });

  it('share one transport when they are given none', async () => {
    expect(defaultTransport()).toBe(defaultTransport());
    const publisher = new KvPublisherClient();
    const subscriber = new KvSubscriberClient();
    expect([publisher.status, subscriber.status]).toEqual(['syncing', 'syncing']);
    await Promise.all([publisher.close(), subscriber.close()]);
  });
});
