import { z } from 'zod';

/** Ways in which a fake device fails. */
export type FaultKind =
  /** It repeats the value that it told last. */
  | 'stuck'
  /** Its value moves away from the true one, `perHour`. */
  | 'drift'
  /** It shows 85 °C, as probes do that have lost their power. */
  | 'power-on'
  /** Its values cannot be read. */
  | 'crc'
  /** It is gone; with `periodSeconds` it comes and goes. */
  | 'missing'
  /** Commands, writes and polls take `ms`. */
  | 'slow'
  /** What it shows jumps to and fro once in `periodSeconds`: a contact to its opposite, a number `by` so much. */
  | 'flapping'
  /** It takes orders, stays as it is, and says so. */
  | 'relay-stuck';

/** One fault; instants are those of the monotonic clock. */
export interface Fault {
  readonly kind: FaultKind;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly perHour: number;
  readonly ms: number;
  readonly by: number;
  readonly periodSeconds?: number | undefined;
}

const DEFAULT_PERIOD_SECONDS = 4;
const POWER_ON_CELSIUS = 85;
/** Faults that one device can have at a time, by configuration and by command. */
export const MAX_FAULTS = 16;

const parameters = {
  perHour: z.number().min(-1e6).max(1e6).default(1).meta({ title: 'drift: change an hour' }),
  ms: z.int().min(1).max(60_000).default(2_000).meta({ title: 'slow: milliseconds that everything takes' }),
  by: z.number().min(-1e6).max(1e6).default(10).meta({ title: 'flapping: how far a number jumps' }),
  periodSeconds: z
    .number()
    .min(0.02)
    .max(86_400)
    .optional()
    .meta({ title: 'flapping, missing: seconds from once to again' }),
};
const usedBy: Record<keyof typeof parameters, readonly FaultKind[]> = {
  perHour: ['drift'],
  ms: ['slow'],
  by: ['flapping'],
  periodSeconds: ['flapping', 'missing'],
};

type Kinds = readonly [FaultKind, ...FaultKind[]];

/** The member `faults` of a configuration. */
export function faultsConfig(kinds: Kinds) {
  return z
    .array(
      z.strictObject({
        kind: z.enum(kinds).meta({ title: 'Fault' }),
        fromSeconds: z
          .number()
          .min(0)
          .max(1e9)
          .default(0)
          .meta({ title: 'Second of the clock when it begins' }),
        forSeconds: z.number().positive().max(1e9).optional().meta({ title: 'Seconds that it lasts' }),
        ...parametersOf(kinds),
      }),
    )
    .max(MAX_FAULTS)
    .default([])
    .meta({ title: 'Faults' });
}

/** The commands that begin and end faults. */
export function faultCommands(kinds: Kinds) {
  return {
    fault: {
      title: 'Let it fail for a while',
      args: z.object({
        kind: z.enum(kinds).meta({ title: 'Fault' }),
        seconds: z.number().positive().max(86_400).default(60).meta({ title: 'Seconds that it lasts' }),
        ...parametersOf(kinds),
      }),
    },
    mend: { title: 'End all faults' },
  } as const;
}

/** Faults as a configuration has them. */
export type FaultsConfig = z.output<ReturnType<typeof faultsConfig>>;
/** Arguments of the command `fault`. */
export type FaultArguments = z.output<ReturnType<typeof faultCommands>['fault']['args']>;

/** The faults of a configuration, which count from the start of the monotonic clock. */
export function configuredFaults(faults: FaultsConfig): Fault[] {
  return faults.map(({ fromSeconds, forSeconds = Infinity, ...fault }) => {
    const fromMs = fromSeconds * 1_000;
    return { ...fault, fromMs, untilMs: fromMs + forSeconds * 1_000 };
  });
}

/** A fault that begins now. */
export function commandedFault({ seconds, ...fault }: FaultArguments, now: number): Fault {
  return { ...fault, fromMs: now, untilMs: now + seconds * 1_000 };
}

/** The faults that there are at an instant, in their order. */
export function faultsAt(faults: readonly Fault[], now: number): Fault[] {
  return faults.filter(({ fromMs, untilMs }) => fromMs <= now && now < untilMs);
}

/** Whether the device is gone. */
export function isGone(faults: readonly Fault[], now: number): boolean {
  return faultsAt(faults, now).some(
    (fault) => fault.kind === 'missing' && (fault.periodSeconds === undefined || isFirstHalf(fault, now)),
  );
}

/** The next instant after `now` at which it may turn out to be gone, or `Infinity`. */
export function nextGone(faults: readonly Fault[], now: number): number {
  const instants = faults
    .filter(({ kind, untilMs }) => kind === 'missing' && now < untilMs)
    .map((fault) => {
      if (now < fault.fromMs) return fault.fromMs;
      if (fault.periodSeconds === undefined) return Infinity;
      const periodMs = periodMsOf(fault);
      const next = fault.fromMs + (Math.floor((now - fault.fromMs) / periodMs) + 1) * periodMs;
      return next < fault.untilMs ? next : Infinity;
    });
  return Math.min(Infinity, ...instants);
}

/** Milliseconds that everything takes. */
export function slowMs(faults: readonly Fault[], now: number): number {
  return Math.max(0, ...faultsAt(faults, now).map(({ kind, ms }) => (kind === 'slow' ? ms : 0)));
}

/** Whether orders change nothing. */
export function isRelayStuck(faults: readonly Fault[], now: number): boolean {
  return faultsAt(faults, now).some(({ kind }) => kind === 'relay-stuck');
}

/** What the device shows in place of a true value; `told` is what it told last, `undefined` when nothing was. */
export function shownValue(
  faults: readonly Fault[],
  now: number,
  value: unknown,
  told: unknown,
): { readonly value: unknown } | { readonly bad: string } {
  const active = faultsAt(faults, now);
  if (active.some(({ kind }) => kind === 'crc')) return { bad: 'CRC error' };
  return { value: active.reduce((shown, fault) => distorted(fault, now, shown, told), value) };
}

function distorted(fault: Fault, now: number, value: unknown, told: unknown): unknown {
  switch (fault.kind) {
    case 'stuck':
      return told ?? value;
    case 'drift':
      return typeof value === 'number' ? value + (fault.perHour * (now - fault.fromMs)) / 3_600_000 : value;
    case 'power-on':
      return POWER_ON_CELSIUS;
    case 'flapping':
      if (!isFirstHalf(fault, now)) return value;
      return typeof value === 'number' ? value + fault.by : !(value as boolean);
    default:
      return value;
  }
}

function isFirstHalf(fault: Fault, now: number): boolean {
  const periodMs = periodMsOf(fault);
  return (now - fault.fromMs) % periodMs < periodMs / 2;
}

/** Whole milliseconds, so that the instants at which periods begin are exact. */
function periodMsOf({ periodSeconds = DEFAULT_PERIOD_SECONDS }: Fault): number {
  return Math.round(periodSeconds * 1_000);
}

/** Only what the kinds need; what is left out is never looked at, since no fault is of its kind. */
function parametersOf(kinds: Kinds): typeof parameters {
  return Object.fromEntries(
    Object.entries(parameters).filter(([name]) =>
      usedBy[name as keyof typeof parameters].some((kind) => kinds.includes(kind)),
    ),
  ) as typeof parameters;
}
