import { parseScenario } from './parse-scenario.js';
import { ScenarioRepository } from './repository.js';
import { MemoryStore } from '../../test/memory-store.js';

const scenario = (code: string, entry = 'lamp') =>
  parseScenario({
    name: 'evening',
    mode: 'fired',
    entries: { [entry]: { kind: 'device', service: 'pi.fake.devices', device: entry } },
    code,
  });
const OLD = scenario('return 1;');
const NEW = scenario('return 2;', 'light');

async function found(store: MemoryStore): Promise<unknown> {
  const [first, ...more] = await new ScenarioRepository(store).load();
  expect(more).toEqual([]);
  return first === undefined ? undefined : 'json' in first ? parseScenario(first.json) : first;
}

describe('the store of scenarios', () => {
  it('has the keys of the manual', async () => {
    const store = new MemoryStore();
    await new ScenarioRepository(store).add(OLD);
    expect(store.json('main', 'keys')).toEqual(['evening']);
    expect(store.json('main', 'conf')).toEqual({ format: 'raspy-scenarios', version: 1 });
    expect(store.json('evening', 'code')).toBe('return 1;');
    expect(store.json('evening', 'entries')).toEqual(OLD.entries);
    expect(store.json('evening', 'conf')).toMatchObject({ mode: 'fired', enabled: true });
    expect([...store.values.keys()].filter((key) => key.endsWith('.next'))).toEqual([]);
  });

  it('has the old scenario or the new one, whole, wherever a change is cut off', async () => {
    const counted = new MemoryStore();
    await new ScenarioRepository(counted).add(OLD);
    const before = counted.changes;
    await new ScenarioRepository(counted).save(NEW);
    const changes = counted.changes - before;
    const outcomes: unknown[] = [];
    for (let left = 0; left <= changes; left++) {
      const store = new MemoryStore();
      await new ScenarioRepository(store).add(OLD);
      store.changesLeft = left;
      const saved = await new ScenarioRepository(store).save(NEW).then(
        () => true,
        (error: unknown) => (error as { code: string }).code,
      );
      expect(saved).toBe(left === changes ? true : 'SCENARIO_STORE');
      store.changesLeft = Infinity;
      const now = await found(store);
      outcomes.push(now);
      // What was gone on with once is the same the next time.
      expect(await found(store)).toEqual(now);
    }
    expect(outcomes).toEqual([OLD, ...Array.from({ length: changes }, () => NEW)]);
  });

  it('has a new scenario whole or not at all, and none that was deleted', async () => {
    const counted = new MemoryStore();
    await new ScenarioRepository(counted).add(OLD);
    for (let left = 0; left < counted.changes; left++) {
      const store = new MemoryStore();
      store.changesLeft = left;
      await expect(new ScenarioRepository(store).add(OLD)).rejects.toMatchObject({ code: 'SCENARIO_STORE' });
      store.changesLeft = Infinity;
      expect(await found(store)).toBeUndefined();
      // What was left over is no hindrance, nor part of what comes.
      store.values.set('scenario.evening.variables', Buffer.from('{"fills":3}'));
      await new ScenarioRepository(store).add(NEW);
      expect(await found(store)).toEqual(NEW);
      expect(store.json('evening', 'variables')).toBeUndefined();
    }
    const store = new MemoryStore();
    await new ScenarioRepository(store).add(OLD);
    store.changesLeft = 1;
    await expect(new ScenarioRepository(store).delete('evening')).rejects.toThrow();
    store.changesLeft = Infinity;
    expect(await found(store)).toBeUndefined();
  });

  it.each([
    ['a code that was changed by itself', 'code', '"return 3;"', /not those that were saved together/],
    ['no configuration', 'conf', '', /configuration is missing/],
    ['variables that are none', 'variables', '[]', /variables/],
  ])('does not run %s', async (_, key, text, why) => {
    const store = new MemoryStore();
    await new ScenarioRepository(store).add(OLD);
    store.values.set(`scenario.evening.${key}`, Buffer.from(text));
    expect(await found(store)).toEqual({ name: 'evening', broken: expect.stringMatching(why) as string });
  });

  it('refuses a list that is none, rather than taking it for an empty one', async () => {
    const store = new MemoryStore();
    store.values.set('scenario.main.keys', Buffer.from('{'));
    await expect(new ScenarioRepository(store).load()).rejects.toThrow(/scenario.main.keys/);
  });

  it('does not lose what somebody else adds to the list at the same time', async () => {
    const store = new MemoryStore();
    const compareAndSet = store.compareAndSet.bind(store);
    let others = 0;
    store.compareAndSet = (...args) => {
      if (others++ === 0) store.values.set('scenario.main.keys', Buffer.from('["other"]'));
      return compareAndSet(...args);
    };
    await new ScenarioRepository(store).add(OLD);
    expect(store.json('main', 'keys')).toEqual(['other', 'evening']);
    store.compareAndSet = () => Promise.resolve(false);
    await expect(new ScenarioRepository(store).delete('evening')).rejects.toThrow(/all the time/);
  });
});
