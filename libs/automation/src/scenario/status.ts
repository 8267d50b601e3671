import type { Millis } from '@raspy/clock';
import type { ConditionState } from './condition.js';
import type { Fire } from './definition.js';
import type { Firing } from './firing.js';
import type { HoldState } from './holds.js';
import type { SupervisionState } from './supervision.js';

/** How a scenario stands. */
export interface ScenarioStatus {
  readonly name: string;
  readonly title?: string;
  readonly mode: 'background' | 'fired';
  readonly enabled: boolean;
  /** Core runs in safe mode: nothing begins. */
  readonly safeMode: boolean;
  /** `broken`: what is stored cannot be used. */
  readonly state: SupervisionState | 'broken';
  /** Why it is broken, quarantined or waits. */
  readonly reason?: string;
  /** Milliseconds until it begins again. */
  readonly restartsInMs?: Millis;
  /** Runs since core started. */
  readonly runs: number;
  /** Firings that wait for the run to end. */
  readonly queued: number;
  readonly lastFiring?: Firing;
  readonly lastEnd?: { readonly at: Millis; readonly text: string; readonly failed: boolean };
  readonly holds: readonly HoldState[];
  /** How each condition that fires it stands; times have no state. */
  readonly fires: readonly { readonly fire: Fire; readonly state?: ConditionState }[];
  /** What keeps it from working as it was meant to, for people. */
  readonly troubles: readonly string[];
}
