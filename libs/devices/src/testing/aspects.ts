import { readableValues, subdevicesOf, writableValues, type DeviceType } from '../device-type.js';
import type { OutputValue } from '../safety/definition.js';
import { Visit, type Member, type Visited } from './visit.js';
import { writableTo } from './writable-to.js';

/** One part of the contract. */
export interface Aspect {
  readonly name: string;
  /** @returns what is wrong */
  check(visited: Visited): Promise<string[]>;
}

const OBSERVE_MS = 60_000;
const SETTLE_MS = 2_000;

const REPORTS: Aspect = {
  name: 'opens, reports its values, and closes',
  check: (visited) =>
    new Visit(visited).run(async (visit) => {
      const { observeMs = OBSERVE_MS, silentValues = [] } = visited.options;
      await visit.clock.advanceByAsync(observeMs);
      if (visit.session.poll !== undefined) await visit.attempt('poll', () => visit.session.poll?.());
      for (const { prefix, type } of visit.members) {
        for (const name of readableValues(type)) {
          const full = prefix + name;
          if (!visit.seen.has(full) && !silentValues.includes(full)) {
            visit.wrong.push(`value "${full}" never came`);
          }
        }
      }
    }),
};

const REOPENS: Aspect = {
  name: 'can be opened again after it was closed',
  check: async (visited) => {
    const brief = (visit: Visit): Promise<void> => visit.clock.advanceByAsync(0);
    const first = new Visit(visited);
    return [...(await first.run(brief)), ...(await new Visit(visited, first.clock).run(brief))];
  },
};

const COMMANDS: Aspect = {
  name: 'executes its commands',
  check: (visited) =>
    new Visit(visited).run(async (visit) => {
      for (const { name, args = {}, subdevice } of visited.options.commands ?? []) {
        const prefix = subdevice === undefined ? '' : `${subdevice}.`;
        const member = visit.members.find((one) => one.prefix === prefix);
        if (member === undefined) visit.wrong.push(`the type has no sub-device "${subdevice!}"`);
        else await visit.execute(member, name, args);
      }
    }),
};

const WRITES: Aspect = {
  name: 'sets its values',
  check: (visited) =>
    new Visit(visited).run(async (visit) => {
      visit.believes = true;
      for (const member of visit.members) {
        for (const name of writableValues(member.type)) {
          for (const value of valuesFor(visited, member, name)) await visit.write(member, name, value);
        }
      }
    }),
};

const SAFE: Aspect = {
  name: 'drives its outputs to their safe states, and reports them',
  check: (visited) =>
    new Visit(visited).run(async (visit) => {
      visit.believes = true;
      for (const member of visit.members) {
        const { safety } = member.type;
        if (safety === undefined) continue;
        const { output } = safety;
        const active = valuesFor(visited, member, output);
        const off = safety.off ?? (typeof active[0] === 'boolean' ? false : 0);
        for (const safe of new Set([off, safety.failSafe ?? off])) {
          const other = active.find((value) => value !== safe);
          if (other !== undefined) await reach(visit, member, output, other as OutputValue);
          await reach(visit, member, output, safe);
        }
      }
    }),
};

const CONFIGURES: Aspect = {
  name: 'takes another configuration while it is open',
  check: (visited) =>
    new Visit(visited).run(async (visit) => {
      const { session } = visit;
      if (session.configure === undefined) return;
      await visit.clock.advanceByAsync(0);
      await visit.attempt('configure', async () => {
        const taken: unknown = await session.configure!(visited.changedConfig);
        if (typeof taken !== 'boolean') throw new TypeError('it must return whether the session took it');
      });
      visit.believes = true; // another configuration may let the value jump
      await visit.clock.advanceByAsync(visited.options.observeMs ?? OBSERVE_MS);
    }),
};

/** What there is to check of this driver. */
export function aspectsOf({ driver, options }: Visited): Aspect[] {
  const types: DeviceType[] = [driver.type, ...Object.values(subdevicesOf(driver.type))];
  return [
    REPORTS,
    ...(options.commands === undefined ? [] : [COMMANDS]),
    ...(types.some((type) => writableValues(type).length > 0) ? [WRITES] : []),
    ...(types.some(({ safety }) => safety !== undefined) ? [SAFE] : []),
    CONFIGURES,
    REOPENS,
  ];
}

function valuesFor({ options }: Visited, { prefix, type }: Member, name: string): readonly unknown[] {
  return options.writes?.[prefix + name] ?? writableTo(type.values[name]!);
}

/** Sets an output and waits until it says so, unless there is no reading of it. */
async function reach(visit: Visit, member: Member, output: string, value: OutputValue): Promise<void> {
  await visit.write(member, output, value);
  if (member.readings.get(output) === undefined) return;
  const { settleMs = SETTLE_MS } = visit.options;
  const isThere = (): boolean => isNear(member.readings.get(output)!.value, value);
  if (await visit.until(isThere, settleMs)) return;
  const is = JSON.stringify(member.readings.get(output)!.value);
  visit.wrong.push(
    `value "${member.prefix}${output}" is ${is} ${settleMs} ms after it was set to ${JSON.stringify(value)}`,
  );
}

/** Equal, but for the steps in which an amount is set. */
function isNear(reported: unknown, value: OutputValue): boolean {
  if (typeof value === 'boolean' || typeof reported !== 'number') return reported === value;
  return Math.abs(reported - value) <= 0.01 * Math.max(1, Math.abs(value));
}
