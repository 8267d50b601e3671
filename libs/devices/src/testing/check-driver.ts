import { VirtualClock } from '@raspy/clock';
import { checkDeviceConfig } from '../host/device-config.js';
import { errorText } from '../error-text.js';
import { DeviceReadings } from '../host/device-readings.js';
import { checkSession } from '../host/session-check.js';
import type { DeviceDriver, DeviceSession } from '../driver.js';
import { isDriver } from '../plugin.js';
import { DeviceRegistry } from '../registry.js';
import { argumentsOf, describeDeviceType } from '../describe.js';
import type { Reading } from '../reading.js';
import { silentLog } from '../logs.js';

/** Options of {@link checkDriver}. */
export interface CheckDriverOptions {
  /** A configuration with which the device can be opened. @default {} */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Commands to execute, in order, with arguments that are right. @default none */
  readonly commands?: readonly { readonly name: string; readonly args?: Readonly<Record<string, unknown>> }[];
  /** Milliseconds of virtual time during which the session is watched. @default 60000 */
  readonly observeMs?: number;
  /** Names of values that need not come within that time. @default none */
  readonly silentValues?: readonly string[];
}

/**
 * Holds a driver against the contract that DeviceHost relies on: its type, opening, updates, polls, commands, and
 * that nothing is left after closing. Runs on a virtual clock, so a minute takes no time.
 *
 * @returns what is wrong, one sentence each; an empty list when all is well
 */
export async function checkDriver(driver: DeviceDriver, options: CheckDriverOptions = {}): Promise<string[]> {
  if (!isDriver(driver)) return ['a driver is { type, open } with a type from defineDeviceType'];
  let parsed: Readonly<Record<string, unknown>>;
  try {
    JSON.stringify(describeDeviceType(driver.type));
    const registry = new DeviceRegistry([driver]);
    const { oid } = driver.type;
    ({ parsed } = checkDeviceConfig({ name: 'checked', oid, config: options.config ?? {} }, registry));
  } catch (error) {
    return [errorText(error)];
  }
  // Twice, since a driver that keeps state between sessions shows it at the second one.
  return [
    ...new Set([
      ...(await checkOnce(driver, parsed, options)),
      ...(await checkOnce(driver, parsed, options)),
    ]),
  ];
}

async function checkOnce(
  driver: DeviceDriver,
  config: Readonly<Record<string, unknown>>,
  options: CheckDriverOptions,
): Promise<string[]> {
  const { commands = [], observeMs = 60_000, silentValues = [] } = options;
  const clock = new VirtualClock();
  const wrong: string[] = [];
  const attempt = async (what: string, run: () => unknown): Promise<void> => {
    const progress = { ended: false };
    const guarded = async (): Promise<void> => {
      try {
        await run();
      } catch (error) {
        wrong.push(`${what}: ${errorText(error)}`);
      }
      progress.ended = true;
    };
    void guarded();
    for (let waited = 0; !progress.ended && waited < 10_000; waited += 100) await clock.advanceByAsync(100);
    if (!progress.ended) wrong.push(`${what} did not end within 10 s`);
  };

  let session: DeviceSession | undefined;
  await attempt('open', async () => {
    session = checkSession(
      driver.type,
      await driver.open(config, { clock, name: 'checked', log: silentLog }),
    );
  });
  if (session === undefined) return wrong;
  const opened = session;

  for (const name of Object.keys(opened.commands)) {
    if (!Object.hasOwn(driver.type.commands, name))
      wrong.push(`the type does not declare the command "${name}"`);
  }
  const seen = new Set<string>();
  const readings = new DeviceReadings(driver.type, clock, (name, reading) => {
    seen.add(name);
    // Who can be polled need not speak by himself.
    if (reading.quality === 'good' || (reading.quality === 'stale' && opened.poll !== undefined)) return;
    wrong.push(`value "${name}" is ${reading.quality}: ${shown(reading)}`);
  });
  const subscription = opened.values$.subscribe({
    next: (update) => {
      const problem = readings.take(update);
      if (problem !== undefined) wrong.push(`an update is none: ${problem}`);
    },
    error: (error: unknown) => wrong.push(`values$ failed: ${errorText(error)}`),
  });

  await clock.advanceByAsync(observeMs);
  if (opened.poll !== undefined) await attempt('poll', () => opened.poll?.());
  for (const name of Object.keys(driver.type.values)) {
    if (!seen.has(name) && !silentValues.includes(name)) wrong.push(`value "${name}" never came`);
  }
  for (const { name, args = {} } of commands) {
    await attempt(`command "${name}"`, async () => {
      if (!Object.hasOwn(driver.type.commands, name)) throw new Error('the type does not declare it');
      const schema = argumentsOf(driver.type.commands[name]!);
      const handlers = opened.commands as Record<string, (args: unknown) => unknown>;
      JSON.stringify(await handlers[name]!(schema.parse(args)));
    });
  }
  readings.close();
  subscription.unsubscribe();
  await attempt('close', () => opened.close());
  if (clock.nextAt !== Infinity) wrong.push('a timer is left after close');
  return wrong;
}

function shown({ value, reason }: Reading): string {
  return `${JSON.stringify(value)} (${reason ?? ''})`;
}
