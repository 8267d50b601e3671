import { VirtualClock } from '@raspy/clock';
import { StatisticsManager } from '@raspy/statistics';
import type { SubService } from '../server/raspy-server.js';
import { RequestStatistics } from './request-statistics.js';

it('tells how long requests take and how many fail, by service', async () => {
  const clock = new VirtualClock();
  const manager = new StatisticsManager({ clock });
  const service: SubService = {
    suffix: 'devices',
    handle: async ([frame]) => {
      await clock.advanceByAsync(40);
      if (frame === undefined) throw new Error('none');
      return [frame];
    },
  };
  const measured = new RequestStatistics(manager, clock).measured(service);
  const context = {} as Parameters<SubService['handle']>[1];
  expect(await measured.handle([Buffer.from('x')], context)).toEqual([Buffer.from('x')]);
  await expect(measured.handle([], context)).rejects.toThrow('none');
  expect(manager.all()).toMatchObject({
    'requests.duration.count{service="devices"}': 2,
    'requests.duration.sum{service="devices"}': 0.08,
    'requests.failed.64{service="devices"}': 1,
  });
});
