import type { Clock, Millis } from '@raspy/clock';
import type { Json } from '../sandbox/sandbox.js';
import {
  entryArgument,
  memberOf,
  numberArgument,
  optionalSpan,
  spanArgument,
  textArgument,
} from './arguments.js';
import { CallError } from './call-error.js';
import type { ScenarioDefinition } from './definition.js';
import type { Holds } from './holds.js';
import type { DeviceTarget, HomeLease, HomePort } from './ports.js';
import type { RunNeighbours } from './run.js';
import { shortJson } from './trace.js';

/** How long a lease lasts, and how long something is held, where the code does not say it. */
const LEASE_MS: Millis = 60_000;
const AT_MOST_MS: Millis = 3_600_000;
const SHORTEST_LEASE_MS: Millis = 1_000;
const MAX_HOLDS = 32;
const MAX_FRAMES = 16;
const MAX_LINES = 20;

/** A run as its calls see it. */
export interface CallContext {
  readonly definition: ScenarioDefinition;
  readonly home: HomePort;
  readonly clock: Clock;
  readonly holds: Holds;
  readonly neighbours: RunNeighbours;
  readonly traceText: string;
  isOver(): boolean;
  sent(text: string): void;
  saw(names: readonly string[]): void;
  say(
    lines: readonly { readonly level: 'info' | 'warn' | 'error'; readonly text: string }[],
    left: number,
  ): void;
  sleep(id: number, ms: Millis): Promise<void>;
  wake(id: number): void;
}

type Call = (
  context: CallContext,
  args: readonly Json[],
  signal: AbortSignal,
) => Promise<Json | undefined> | Json | undefined;

/** What the prelude may ask, by name. */
export const CALLS: Readonly<Record<string, Call>> = {
  sleep: async (context, [id, span]) => {
    await context.sleep(numberArgument(id, 'the timer'), spanArgument(span, 'the time to wait'));
    return null;
  },

  wake: (context, [id]) => {
    context.wake(numberArgument(id, 'the timer'));
    return null;
  },

  command: async (context, [name, command, args = {}, lease, seen], signal) => {
    const { name: entry, entry: target } = commanded(context, name);
    const action = textArgument(command, 'the command');
    const leaseMs = optionalSpan(lease, 'lease');
    const {
      result,
      lease: given,
      askedAt,
    } = await send(context, target, entry, action, args, {
      leaseMs,
      signal,
      seen,
    });
    if (given !== undefined) context.holds.take(entry, target, given, askedAt, undefined);
    return result;
  },

  hold: async (context, [name, values, atMost, lease, seen], signal) => {
    const { name: entry, entry: target } = commanded(context, name);
    const atMostMs = optionalSpan(atMost, 'atMost') ?? AT_MOST_MS;
    const leaseMs = optionalSpan(lease, 'lease') ?? LEASE_MS;
    if (leaseMs < SHORTEST_LEASE_MS) throw new CallError('BAD_ARGUMENT', 'a lease lasts a second at least');
    if (context.holds.list().length >= MAX_HOLDS) {
      throw new CallError('TOO_MUCH', `a scenario holds ${MAX_HOLDS} things at most`);
    }
    // Without a renewal, it must not last longer than it may be held.
    const shorter = Math.min(leaseMs, Math.max(atMostMs, SHORTEST_LEASE_MS));
    const { lease: given, askedAt } = await send(context, target, entry, 'set', values ?? {}, {
      leaseMs: shorter,
      signal,
      seen,
    });
    if (given === undefined) {
      throw new CallError(
        'NO_LEASE',
        `"${entry}" was set, but its server gives no leases: it stays as it is`,
      );
    }
    return context.holds.take(entry, target, given, askedAt, atMostMs);
  },

  release: async (context, [id, seen]) => {
    see(context, seen);
    const told = await context.holds.release(numberArgument(id, 'the hold'));
    context.sent(`given back${told ? '' : ': nobody could be told'}`);
    return told;
  },

  publish: async (context, [name, value = null, seen]) => {
    const path = textArgument(name, 'the name');
    if (!/^[A-Za-z0-9_-][A-Za-z0-9_.-]*(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*){0,7}$/.test(path)) {
      throw new CallError(
        'BAD_ARGUMENT',
        'the name has to be of letters, digits, "_", "-" and ".", with "/" between its parts',
      );
    }
    see(context, seen);
    context.sent(`${path} = ${shortJson(value)}`);
    await context.home.publish(`/scenario/${context.definition.name}/${path}`, value);
    return null;
  },

  request: async (context, [name, frames, options, seen], signal) => {
    const { entry } = entryArgument(context.definition.entries, name, 'service');
    const body = framesOf(frames);
    const expiresAfterMs = optionalSpan(memberOf(options, 'expiresAfter'), 'expiresAfter');
    const durable = memberOf(options, 'durable') === true;
    see(context, seen);
    return traced(context, `request to ${entry.service} ${shortJson(body)}`, () =>
      context.home.request(entry.service, body, {
        durable,
        signal,
        ...(expiresAfterMs !== undefined && { expiresAfterMs }),
      }),
    );
  },

  start: (context, [name, payload = null, seen]) => {
    const { entry } = entryArgument(context.definition.entries, name, 'scenario');
    see(context, seen);
    context.sent(`start scenario ${entry.name}`);
    context.neighbours.startScenario(entry.name, payload);
    return null;
  },

  stop: (context, [name, seen]) => {
    const { entry } = entryArgument(context.definition.entries, name, 'scenario');
    see(context, seen);
    context.sent(`stop scenario ${entry.name}`);
    context.neighbours.stopScenario(entry.name);
    return null;
  },

  cron: async (context, [action, job = null]) => {
    if (!context.definition.permissions.cron) {
      throw new CallError(
        'NOT_PERMITTED',
        'this scenario may not change jobs: it needs the permission "cron"',
      );
    }
    const { cron } = context.home;
    const doing: Readonly<Record<string, () => Promise<void>>> = {
      add: () => cron.add(job),
      update: () => cron.update(job),
      remove: () => cron.remove(textArgument(job, 'the job')),
      enable: () => cron.enable(textArgument(job, 'the job'), true),
      disable: () => cron.enable(textArgument(job, 'the job'), false),
      run: () => cron.run(textArgument(job, 'the job')),
    };
    const name = textArgument(action, 'the action');
    if (!Object.hasOwn(doing, name)) throw new CallError('BAD_ARGUMENT', `there is no action "${name}"`);
    await traced(context, `cron ${name} ${shortJson(job)}`, doing[name]!);
    return null;
  },

  variable: async (context, [name, value = null]) => {
    await context.neighbours.setVariable(variableName(name), value);
    return null;
  },

  forget: async (context, [name]) => {
    await context.neighbours.forgetVariable(variableName(name));
    return null;
  },

  log: (context, [lines, left]) => {
    if (!Array.isArray(lines)) throw new CallError('BAD_ARGUMENT', 'lines are a list');
    const said = (lines as readonly Json[]).slice(0, MAX_LINES).map((line) => {
      const [level, text] = Array.isArray(line) ? (line as readonly Json[]) : [];
      const said: { readonly level: 'info' | 'warn' | 'error'; readonly text: string } = {
        level: level === 'warn' || level === 'error' ? level : 'info',
        text: typeof text === 'string' ? text.slice(0, 1000) : '',
      };
      return said;
    });
    context.say(said, typeof left === 'number' && left > 0 ? left : 0);
    return null;
  },
};

function variableName(name: Json | undefined): string {
  const text = textArgument(name, 'the name of a variable');
  if (/^[A-Za-z][A-Za-z0-9_.-]{0,99}$/.test(text)) return text;
  throw new CallError(
    'BAD_ARGUMENT',
    'a variable is named by 1 to 100 letters, digits, "_", "-", ".", a letter first',
  );
}

function framesOf(frames: Json | undefined): readonly string[] {
  if (
    Array.isArray(frames) &&
    frames.length >= 1 &&
    frames.length <= MAX_FRAMES &&
    (frames as readonly Json[]).every((frame) => typeof frame === 'string')
  ) {
    return frames as readonly string[];
  }
  throw new CallError('BAD_ARGUMENT', `the frames are a list of 1 to ${MAX_FRAMES} texts`);
}

function commanded(context: CallContext, name: Json | undefined): { name: string; entry: DeviceTarget } {
  const { entries, permissions } = context.definition;
  const found = entryArgument(entries, name, 'device');
  if (permissions.commands?.includes(found.name) === false) {
    throw new CallError('NOT_PERMITTED', `this scenario may not command "${found.name}"`);
  }
  const { service, device } = found.entry;
  return { name: found.name, entry: { service, device } };
}

function see(context: CallContext, seen: Json | undefined): void {
  if (!Array.isArray(seen)) return;
  context.saw((seen as readonly Json[]).filter((name) => typeof name === 'string').slice(0, 64));
}

async function send(
  context: CallContext,
  target: DeviceTarget,
  entry: string,
  command: string,
  args: Json,
  asked: {
    readonly leaseMs: Millis | undefined;
    readonly signal: AbortSignal;
    readonly seen: Json | undefined;
  },
): Promise<{ readonly result: Json; readonly lease?: HomeLease; readonly askedAt: Millis }> {
  const { leaseMs, signal, seen } = asked;
  see(context, seen);
  const askedAt = context.clock.now();
  const answer = await traced(context, `${entry} ${command} ${shortJson(args)}`, () =>
    context.home.command(target, command, args, {
      signal,
      trace: context.traceText,
      ...(leaseMs !== undefined && { leaseMs }),
    }),
  );
  if (context.isOver() && answer.lease !== undefined) {
    await context.holds.release(context.holds.take(entry, target, answer.lease, askedAt, undefined));
    throw new CallError('ENDED', 'the run is over');
  }
  return { ...answer, askedAt };
}

async function traced<T>(context: CallContext, text: string, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    context.sent(`${text}: done`);
    return result;
  } catch (error) {
    context.sent(`${text}: ${error instanceof Error ? error.message : 'failed'}`);
    throw error;
  }
}
