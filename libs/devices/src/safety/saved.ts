import { z } from 'zod';
import { SAFETY_RULES } from './definition.js';

const age = z.number().min(0);

const savedSafetySchema = z.object({
  version: z.literal(1),
  wall: z.number(),
  output: z.union([z.boolean(), z.number()]),
  active: z.boolean(),
  on: z.array(z.tuple([age, age])).max(512),
  spent: z.array(z.tuple([z.string(), z.string(), age, z.number().min(0)])).max(4096),
  trip: z.object({ rule: z.enum(SAFETY_RULES), reason: z.string() }).optional(),
  disabled: z.string().optional(),
});

/** What has to be known of a guarded output after its host starts again; plain JSON. */
export interface SavedSafety {
  readonly version: 1;
  /** Unix milliseconds when it was saved. */
  readonly wall: number;
  /** What it was to be. */
  readonly output: boolean | number;
  /** Whether it may have been active when it was saved. */
  readonly active: boolean;
  /** When it was active: begin and end, each in milliseconds before `wall`. */
  readonly on: readonly (readonly [number, number])[];
  /** What budgets were used: command, argument, milliseconds before `wall`, amount. */
  readonly spent: readonly (readonly [string, string, number, number])[];
  /** A trip that holds until it is acknowledged. */
  readonly trip?: { readonly rule: (typeof SAFETY_RULES)[number]; readonly reason: string };
  /** Why it is disabled. */
  readonly disabled?: string;
}

/** Longest time that a host may have been away: more is taken for a clock that was wrong. */
const LONGEST_AWAY_MS = 400 * 86_400_000;

/** What was saved, `undefined` when it is not of this form: it may come from a damaged disk. */
export function readSavedSafety(saved: unknown): SavedSafety | undefined {
  const { success, data } = savedSafetySchema.safeParse(saved);
  if (!success) return undefined;
  const { trip, disabled, ...rest } = data;
  return { ...rest, ...(trip !== undefined && { trip }), ...(disabled !== undefined && { disabled }) };
}

/**
 * How long the host was away: 0 when the wall clock cannot be trusted or tells something absurd, so that all that was
 * counted looks recent.
 */
export function awayMs(saved: SavedSafety, wallNow: number, trusted: boolean): number {
  const away = wallNow - saved.wall;
  return trusted && away >= 0 && away <= LONGEST_AWAY_MS ? away : 0;
}
