import { argumentsOf, parse } from '../describe.js';
import { writableValues, type ConfigOf, type DeviceType } from '../device-type.js';
import type { DeviceLog, DeviceSession, SessionPart } from '../driver.js';
import {
  CommandFailedError,
  CommandRefusedError,
  CommandTimeoutError,
  DeviceUnavailableError,
  InvalidArgumentError,
} from '../errors.js';
import { errorText } from '../error-text.js';
import type { OutputValue } from '../safety/definition.js';
import { commandOutput } from './command-output.js';
import type { DeviceMember } from './device-member.js';
import type { OutputGuard } from './output-guard.js';
import type { ResolvedHostOptions } from './options.js';
import { setArguments, setMistakes } from './set-arguments.js';
import { within } from './within.js';

/** What came of a command. */
export interface CommandOutcome {
  /** Plain JSON; `null` when it has none. A command given with a lease answers `{ lease, leaseMs }`. */
  readonly result: unknown;
  /** What came beside it, such as a picture. */
  readonly bytes: readonly Uint8Array[];
}

/** How a command is to be executed. */
export interface ExecuteOptions {
  /**
   * For how many milliseconds the guarded output that is set stays as it is, unless the lease is renewed; then it is
   * driven to its fail-safe state. Only for the built-in command `set`. @default no lease
   */
  readonly leaseMs?: number;
}

interface DeviceWorkParts {
  readonly log: DeviceLog;
  readonly options: ResolvedHostOptions;
  readonly guard: OutputGuard;
  /** Something may have been done, or half of it: what the readings say is no longer known to be true. */
  readonly doubt: (reason: string) => void;
}

const NOTHING: CommandOutcome = { result: null, bytes: [] };

/** Calls the handlers of an open session: with checked arguments, in time, and through the guard. */
export class DeviceWork {
  readonly #parts: DeviceWorkParts;

  constructor(parts: DeviceWorkParts) {
    this.#parts = parts;
  }

  /**
   * Checks the arguments at once.
   * @returns what does it, to be called when it is its turn and the session stands
   * @throws InvalidArgumentError
   */
  prepare(
    member: DeviceMember,
    command: string,
    args: unknown,
    options: ExecuteOptions,
  ): () => Promise<CommandOutcome> {
    const isSet = command === 'set';
    const schema = isSet ? setArguments(member.type) : argumentsOf(member.type.commands[command]!);
    const parsed = parse(schema, args ?? {});
    const wrong = parsed.mistakes ?? [];
    const mistakes = [
      ...(isSet ? setMistakes(member.type, wrong) : wrong),
      ...this.#leaseMistakes(member, command, options),
    ];
    if (mistakes.length > 0) throw new InvalidArgumentError(member.name, command, mistakes);
    const data = (parsed as { data: Record<string, unknown> }).data;
    return isSet
      ? () => this.#set(member, data, options.leaseMs)
      : () => this.#execute(member, command, data);
  }

  /**
   * Sets one value, whatever the guard thinks of it.
   * @throws CommandRefusedError, CommandFailedError, CommandTimeoutError (rejects)
   */
  async write(member: DeviceMember, value: string, to: unknown): Promise<void> {
    const { write } = sessionOf(member);
    const handlers = write as unknown as Record<string, (to: unknown) => unknown>;
    await this.#call(member, 'set', () => handlers[value]!(to));
  }

  /** Gives an open session a changed configuration. @returns whether it took it */
  async configure(session: DeviceSession | undefined, config: ConfigOf<DeviceType>): Promise<boolean> {
    if (session?.configure === undefined) return false;
    const { options, log } = this.#parts;
    try {
      const outcome = await within(options.clock, options.operationTimeoutMs, () =>
        session.configure!(config),
      );
      return outcome.inTime && outcome.value;
    } catch (error) {
      log.warn('the device did not take its new configuration, and is opened anew', {
        reason: errorText(error),
      });
      return false;
    }
  }

  /** Closes a session; what goes wrong is in the log. */
  async close(session: DeviceSession): Promise<void> {
    const { options, log } = this.#parts;
    const { clock, operationTimeoutMs } = options;
    try {
      const outcome = await within(clock, operationTimeoutMs, () => session.close());
      if (!outcome.inTime) log.warn('the device did not close in time', { operationTimeoutMs });
    } catch (error) {
      log.warn('the device did not close properly', { reason: errorText(error) });
    }
  }

  async #set(
    member: DeviceMember,
    values: Record<string, unknown>,
    leaseMs: number | undefined,
  ): Promise<CommandOutcome> {
    const { guard } = this.#parts;
    const output = guard.outputOf(member.name);
    let outcome = NOTHING;
    for (const name of writableValues(member.type)) {
      if (!Object.hasOwn(values, name) || values[name] === undefined) continue;
      if (name !== output) {
        await this.write(member, name, values[name]);
        continue;
      }
      const value = values[name] as OutputValue;
      sessionOf(member);
      const granted = guard.request(member.name, value, leaseMs);
      let done = false;
      try {
        await this.write(member, name, value);
        done = true;
      } finally {
        guard.applied(member.name, value, done);
      }
      if (granted !== undefined) outcome = { result: granted, bytes: [] };
    }
    return outcome;
  }

  async #execute(
    member: DeviceMember,
    command: string,
    args: Record<string, unknown>,
  ): Promise<CommandOutcome> {
    const { guard } = this.#parts;
    const recorded = guard.spend(member.name, command, args);
    if (recorded !== undefined) await recorded;
    const withBytes = member.type.commands[command]!.bytes === true;
    try {
      const { commands } = sessionOf(member);
      const handlers = commands as unknown as Record<string, (args: unknown) => unknown>;
      return await this.#call(member, command, () => handlers[command]!(args), withBytes);
    } catch (error) {
      const isDone = !(error instanceof CommandRefusedError || error instanceof DeviceUnavailableError);
      if (!isDone) guard.refund(member.name, command, args);
      throw error;
    }
  }

  async #call(
    member: DeviceMember,
    command: string,
    handler: () => unknown,
    withBytes = false,
  ): Promise<CommandOutcome> {
    const { clock, operationTimeoutMs } = this.#parts.options;
    try {
      const outcome = await within(clock, operationTimeoutMs, handler, () =>
        // It has been done after all, perhaps after something else was: nobody knows what holds.
        this.#settledLate(member),
      );
      if (!outcome.inTime) throw new CommandTimeoutError(member.name, command, operationTimeoutMs);
      return commandOutput(outcome.value, withBytes);
    } catch (error) {
      // Told by code: the driver may stand on another copy of this library.
      const { code } = (error ?? {}) as { code?: unknown };
      if (code === 'COMMAND_REFUSED') throw new CommandRefusedError(errorText(error), { cause: error });
      const failure =
        error instanceof CommandTimeoutError
          ? error
          : new CommandFailedError(member.name, command, errorText(error), { cause: error });
      this.#parts.doubt(failure.message);
      throw failure;
    }
  }

  #settledLate(member: DeviceMember): void {
    const { guard, doubt } = this.#parts;
    doubt('a command ended after its time');
    guard.uncertain(member.name);
  }

  #leaseMistakes(
    member: DeviceMember,
    command: string,
    { leaseMs }: ExecuteOptions,
  ): { path: string; message: string }[] {
    if (leaseMs === undefined) return [];
    const { guard } = this.#parts;
    if (command !== 'set' || guard.outputOf(member.name) === undefined) {
      return [{ path: 'leaseMs', message: 'a lease is for the command "set" of a guarded output' }];
    }
    return leaseMs > 0 && Number.isFinite(leaseMs)
      ? []
      : [{ path: 'leaseMs', message: 'must be a positive number of milliseconds' }];
  }
}

/** @throws DeviceUnavailableError when it was lost while something else was waited for */
function sessionOf(member: DeviceMember): SessionPart {
  if (member.session === undefined) throw new DeviceUnavailableError(member.name, 'its session has ended');
  return member.session;
}
