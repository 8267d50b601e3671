import type { Entry } from '../../src/machine/entry.js';
import type { Lane } from '../../src/machine/lane.js';
import type { TitanicMachine } from '../../src/machine/titanic-machine.js';

type Counts = Readonly<
  Record<'kept' | 'bytes' | 'waiting' | 'running' | 'held' | 'dead' | 'closedKeys', number>
>;

/** What the machine's counts must be, counted anew over everything that it keeps. */
function recount(machine: TitanicMachine): Counts {
  const counts = { kept: 0, bytes: 0, waiting: 0, running: 0, held: 0, dead: 0, closedKeys: 0 };
  for (const entry of machine.all()) {
    if (entry.inFlight) counts.running++;
    if (entry.state === 'closed' && !entry.closing && !entry.inFlight) {
      counts.closedKeys++;
      continue;
    }
    counts.kept++;
    counts.bytes += (entry.bodyKept ? entry.record.bodyBytes : 0) + entry.replyBytes;
    if (entry.state === 'waiting') counts.waiting++;
    if (entry.state === 'held') counts.held++;
    if (entry.state === 'dead') counts.dead++;
  }
  return counts;
}

/** What the machine counts itself. */
function counted(machine: TitanicMachine): Counts {
  const { kept, bytes, waiting, running, held, dead, closedKeys } = machine.statistics();
  return { kept, bytes, waiting, running, held, dead, closedKeys };
}

/** Throws unless the machine's counts are right, in all and for each service. */
export function checkCounts(machine: TitanicMachine): void {
  const right = JSON.stringify(recount(machine));
  const told = JSON.stringify(counted(machine));
  if (told !== right) throw new Error(`it counts ${told}, and has ${right}`);
  const lanes = new Map<Lane, Entry[]>();
  for (const entry of machine.all()) {
    const { lane } = entry;
    const of = lanes.get(lane);
    if (of === undefined) lanes.set(lane, [entry]);
    else of.push(entry);
  }
  for (const [lane, entries] of lanes) {
    const has = (which: (entry: Entry) => boolean): number => entries.filter(which).length;
    const running = has(({ inFlight }) => inFlight);
    const waiting = has(({ state }) => state === 'waiting');
    const kept = has((entry) => entry.state !== 'closed' || entry.closing || entry.inFlight);
    if (lane.running !== running || lane.waiting !== waiting || lane.kept !== kept) {
      throw new Error(
        `${lane.text} counts ${lane.running}, ${lane.waiting}, ${lane.kept}; has ${running}, ${waiting}, ${kept}`,
      );
    }
    if (running + waiting > 0 && !lane.watched) throw new Error(`${lane.text} is not watched`);
  }
}
