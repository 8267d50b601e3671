'use strict';
const { defineDeviceType, definePlugin } = require('@raspy/devices');
const { BehaviorSubject, map } = require('rxjs');
const { z } = require('zod');

const blindType = defineDeviceType({
  oid: 'stranger.blind',
  title: 'Roller blind',
  config: z.object({ closedPercent: z.number().min(0).max(100).default(0) }),
  values: { closed: { title: 'Closed', schema: z.number(), unit: '%', range: [0, 100] } },
  commands: {
    move: { title: 'Move', args: z.object({ percent: z.number().min(0).max(100) }) },
  },
});

const blindDriver = {
  type: blindType,
  open({ closedPercent }) {
    const closed = new BehaviorSubject(closedPercent);
    return {
      values$: closed.pipe(map((value) => ({ name: 'closed', value }))),
      commands: { move: ({ percent }) => closed.next(percent) },
      close: () => closed.complete(),
    };
  },
};

exports.blindDriver = blindDriver;
exports.plugin = definePlugin({ name: 'stranger', drivers: [blindDriver] });
