import { describeDeviceType } from '../describe.js';
import type { DeviceDriver } from '../driver.js';
import { errorText } from '../error-text.js';
import { checkDeviceConfig } from '../host/device-config.js';
import { isDriver } from '../plugin.js';
import { DeviceRegistry } from '../registry.js';
import { aspectsOf, type Aspect } from './aspects.js';
import type { CheckDriverOptions } from './options.js';
import type { Visited } from './visit.js';

/** One check of a driver, for whatever runs tests: `for (const { name, run } of driverTests(driver)) it(name, run)`. */
export interface DriverTest {
  readonly name: string;
  /** @throws Error (rejects) saying what is wrong, a line each */
  run(): Promise<void>;
}

/**
 * Holds a driver against the contract that DeviceHost relies on: its type, opening, updates, polls, commands, writes,
 * sub-devices, the safe states of its outputs, another configuration, and that nothing is left after closing. Runs on
 * virtual clocks, so a minute takes no time.
 *
 * @returns what is wrong, one sentence each; an empty list when all is well
 */
export async function checkDriver(driver: DeviceDriver, options: CheckDriverOptions = {}): Promise<string[]> {
  const checked = visited(driver, options);
  if (Array.isArray(checked)) return checked;
  const complaints = new Set<string>();
  for (const { check } of aspectsOf(checked)) {
    for (const complaint of await check(checked)) complaints.add(complaint);
  }
  return [...complaints];
}

/** The same as {@link checkDriver}, as tests that can be listed and run one by one; each opens the device anew. */
export function driverTests(driver: DeviceDriver, options: CheckDriverOptions = {}): DriverTest[] {
  const checked = visited(driver, options);
  const declared = {
    name: 'declares a type that can travel, and takes the configuration',
    check: () => Promise.resolve(Array.isArray(checked) ? checked : []),
  };
  if (Array.isArray(checked)) return [testOf(declared)];
  return [
    testOf(declared),
    ...aspectsOf(checked).map(({ name, check }) => testOf({ name, check: () => check(checked) })),
  ];
}

function testOf({ name, check }: Pick<Aspect, 'name'> & { check(): Promise<string[]> }): DriverTest {
  return {
    name,
    run: async () => {
      const complaints = await check();
      if (complaints.length > 0) throw new Error([...new Set(complaints)].join('\n'));
    },
  };
}

/** What all aspects need, or why there can be none. */
function visited(driver: DeviceDriver, options: CheckDriverOptions): Visited | string[] {
  if (!isDriver(driver)) return ['a driver is { type, open } with a type from defineDeviceType'];
  try {
    JSON.stringify(describeDeviceType(driver.type));
    const registry = new DeviceRegistry([driver]);
    const { oid } = driver.type;
    const parsed = (config: Readonly<Record<string, unknown>>) =>
      checkDeviceConfig({ name: 'checked', oid, config }, registry).parsed;
    const config = parsed(options.config ?? {});
    const { changedConfig } = options;
    return {
      driver,
      options,
      config,
      changedConfig: changedConfig === undefined ? config : parsed(changedConfig),
    };
  } catch (error) {
    return [errorText(error)];
  }
}
