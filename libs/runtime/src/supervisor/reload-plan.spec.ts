import fc from 'fast-check';
import { planReload, type ServerPlan } from './reload-plan.js';

const broker: ServerPlan = {
  name: 'broker',
  kind: 'broker',
  isolated: false,
  settings: { port: 5514, flushMs: 500 },
  fixed: true,
};
const lamp = { name: 'lamp', oid: 'fake.lamp' };
const tank: ServerPlan = {
  name: 'tank',
  kind: 'devices',
  isolated: true,
  settings: { port: 5514, plugins: ['a'] },
  devices: [lamp],
};
const air: ServerPlan = { ...tank, name: 'air', isolated: false };

it('does nothing when nothing has changed', () => {
  expect(planReload([broker, tank, air], [air, broker, tank])).toMatchObject({
    actions: [],
    needsRestart: [],
  });
});

it('starts what is new, stops what is gone, and touches nothing else', () => {
  expect(planReload([broker, tank], [broker, air]).actions).toEqual([
    { type: 'stop', server: 'tank' },
    { type: 'start', server: 'air' },
  ]);
});

it('restarts a server whose settings differ, or its place', () => {
  const other = { ...tank, settings: { ...tank.settings, plugins: ['a', 'b'] } };
  expect(planReload([tank, air], [other, air]).actions).toEqual([{ type: 'restart', server: 'tank' }]);
  expect(planReload([tank], [{ ...tank, isolated: false }]).actions).toEqual([
    { type: 'restart', server: 'tank' },
  ]);
});

it('changes devices without a restart', () => {
  const devices = [lamp, { name: 'pump', oid: 'fake.lamp' }];
  expect(planReload([tank, air], [{ ...tank, devices }, air]).actions).toEqual([
    { type: 'devices', server: 'tank', devices },
  ]);
  const { devices: _, ...without } = tank;
  expect(planReload([tank], [without]).actions).toEqual([{ type: 'restart', server: 'tank' }]);
});

it('never restarts the broker: its changes wait, and so do those that others have to share with it', () => {
  const moved = (plan: ServerPlan): ServerPlan => ({ ...plan, settings: { ...plan.settings, port: 6000 } });
  const plan = planReload(
    [broker, tank],
    [{ ...moved(broker), settings: { port: 6000, flushMs: 100 } }, moved(tank)],
    ['port'],
  );
  expect(plan.actions).toEqual([]);
  expect(plan.needsRestart).toEqual(['broker: port', 'broker: flushMs']);
  expect(plan.servers).toEqual([broker, tank]);
  // Where the broker is elsewhere, the server just follows it.
  expect(planReload([tank], [moved(tank)], ['port']).actions).toEqual([{ type: 'restart', server: 'tank' }]);
});

it('neither drops nor takes up a broker', () => {
  expect(planReload([broker, tank], [tank])).toEqual({
    actions: [],
    needsRestart: ['broker: is not wanted any more'],
    servers: [broker, tank],
  });
  expect(planReload([tank], [broker, tank])).toEqual({
    actions: [],
    needsRestart: ['broker: is new'],
    servers: [tank],
  });
});

it('comes from any servers to any others in one step, and acts once on each that differs', () => {
  const plans = fc.uniqueArray(
    fc.record(
      {
        name: fc.constantFrom('a', 'b', 'c', 'd'),
        kind: fc.constantFrom('devices', 'fake'),
        isolated: fc.boolean(),
        settings: fc.record({ port: fc.nat(2) }, { noNullPrototype: true }),
        devices: fc.array(fc.constant(lamp), { maxLength: 2 }),
      },
      { noNullPrototype: true },
    ),
    { selector: ({ name }) => name },
  );
  fc.assert(
    fc.property(plans, plans, (before, after) => {
      const { actions, servers, needsRestart } = planReload(before, after, ['port']);
      expect(needsRestart).toEqual([]);
      expect(servers).toEqual(after);
      expect(planReload(servers, after).actions).toEqual([]);
      const touched = actions.map(({ server }) => server);
      expect(new Set(touched).size).toBe(touched.length);
      const same = after.filter((plan) => before.some((one) => fc.stringify(one) === fc.stringify(plan)));
      for (const { name } of same) expect(touched).not.toContain(name);
    }),
  );
});
