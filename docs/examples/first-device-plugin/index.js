import { defineDeviceType, definePlugin } from '@raspy/devices';
import { loadavg } from 'node:os';
import { Subject } from 'rxjs';
import { z } from 'zod';

export const loadType = defineDeviceType({
  oid: 'board.load',
  title: 'Load of this computer',
  config: z.object({
    everySeconds: z.number().min(1).max(3600).default(5).meta({ title: 'Seconds between readings' }),
  }),
  values: {
    load: { title: 'Programs that want to run', schema: z.number().min(0), staleAfterMs: 7_300_000 },
    peak: { title: 'Highest load so far', schema: z.number().min(0) },
  },
  commands: {
    forget: { title: 'Forget the highest load' },
  },
});

export const loadDriver = {
  type: loadType,
  open({ everySeconds }, { clock }) {
    const values$ = new Subject();
    let peak = 0;
    const measure = () => {
      const [load] = loadavg();
      peak = Math.max(peak, load);
      values$.next({ name: 'load', value: load });
      values$.next({ name: 'peak', value: peak });
    };
    const tick = () => {
      cancel = clock.schedule(clock.now() + everySeconds * 1000, tick);
      measure();
    };
    let cancel = clock.schedule(clock.now(), tick);
    return {
      values$,
      commands: {
        forget: () => {
          peak = 0;
          measure();
        },
      },
      poll: measure,
      close: () => cancel(),
    };
  },
};

export const plugin = definePlugin({ name: 'board', drivers: [loadDriver] });
