/**
 * What is missing for 1-Wire on a machine, and the lines to add.
 * @packageDocumentation
 */
import type { DeviceLog, DriverContext } from '@raspy/devices';
import type { OnewireBus } from '../bus.js';
import { familyOfChip } from '../families.js';
import { KernelBus } from '../kernel/kernel-bus.js';
import { OwserverBus } from '../owserver/owserver-bus.js';
import type { RomId } from '../rom-id.js';
import { serverAddress } from '../server-address.js';
import { gatherFacts, type GatherOptions } from './facts.js';
import { findingsOf, readingFindings, type Finding, type Reading } from './findings.js';

export type { Finding } from './findings.js';

/** What {@link examineOnewire} is told. */
export interface ExamineOptions extends GatherOptions {
  readonly clock: DriverContext['clock'];
  /** `HOST:PORT` of an owserver, which is looked at in place of the kernel. @default none */
  readonly owserver?: string | undefined;
}

/** Most thermometers that are read. */
const MOST_READ = 20;

/** Looks at a machine, reads its thermometers, and says what is as it should be and what is missing. Never rejects. */
export async function examineOnewire(options: ExamineOptions): Promise<Finding[]> {
  const { owserver, clock } = options;
  if (owserver !== undefined) {
    const address = serverAddress(owserver);
    if (address === undefined) return [{ level: 'missing', text: `"${owserver}" is no HOST:PORT.` }];
    const bus = new OwserverBus({ ...address, clock });
    return serverFindings(bus);
  }
  const facts = await gatherFacts(options);
  const findings = findingsOf(facts);
  if (facts.devicesError !== undefined) return findings;
  const bus = new KernelBus({ devicesDir: facts.devicesDir, clock, log: silent });
  try {
    const chips = (await bus.scan()).map(({ id }) => id);
    return [...findings, ...readingFindings(await readAll(bus, chips))];
  } catch {
    // Why it cannot be searched is among the findings.
    return findings;
  } finally {
    await bus.close();
  }
}

async function serverFindings(bus: OwserverBus): Promise<Finding[]> {
  try {
    const chips = await bus.scan();
    const listed = chips.map(({ id, alias }): Finding => {
      return {
        level: 'ok',
        text: `${id}${alias === undefined ? '' : ` (${alias})`}: ${familyOfChip(id).title}.`,
      };
    });
    const answers: Finding = {
      level: chips.length === 0 ? 'missing' : 'ok',
      text: `${bus.where} has ${chips.length} chips.`,
    };
    const readings = await readAll(
      bus,
      chips.map(({ id }) => id),
    );
    return [answers, ...listed, ...readingFindings(readings)];
  } catch (error) {
    const remedy = {
      title: 'on that machine',
      lines: ['sudo apt install owserver', 'systemctl status owserver'],
    };
    return [{ level: 'missing', text: (error as Error).message, remedy }];
  } finally {
    await bus.close();
  }
}

async function readAll(bus: OnewireBus, chips: readonly RomId[]): Promise<Reading[]> {
  const thermometers = chips.filter((id) => familyOfChip(id).kind === 'thermometer').slice(0, MOST_READ);
  // The first reading of one may be of before.
  await bus.convert(thermometers);
  return Promise.all(
    thermometers.map(async (id): Promise<Reading> => {
      try {
        const status = await bus.thermometer(id);
        const { celsius } = await bus.temperature(id);
        return { id, celsius, status };
      } catch (error) {
        return { id, error };
      }
    }),
  );
}

const silent: DeviceLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
