import type { Knowledge } from './conditions.js';
import type { Effects } from './effects.js';
import type { Guard } from './guard.js';
import type { OutputState } from './output-state.js';
import { resumeRefusal } from './permission.js';

/** What has to be done when the sessions of devices begin and end. */
export class Sessions {
  readonly #guard: Guard;
  readonly #knowledge: Knowledge;

  constructor(guard: Guard, knowledge: Knowledge) {
    this.#guard = guard;
    this.#knowledge = knowledge;
  }

  opened(now: number, output: OutputState, effects: Effects): void {
    const resumes = output.begun && output.inUse && output.wantedActive;
    output.open = true;
    output.drive = undefined;
    output.forgetWrites();
    if (!output.begun) begin(output);
    else if (output.held) output.last = output.wanted;
    output.begun = true;
    output.held = false;
    const refused = resumes ? resumeRefusal(output, now, this.#knowledge) : undefined;
    if (refused === undefined) this.#guard.drive(now, output, 'boot', 'its device was opened', effects);
    else this.#guard.trip(now, output, refused, effects);
  }

  lost(output: OutputState, effects: Effects): void {
    if (!output.open) return;
    const { device, on } = output;
    output.doubt();
    output.open = false;
    output.drive = undefined;
    effects.changed(device);
    if (!on) return;
    const reason =
      'its session ended while it may be active: nothing can be done about it until it is open again';
    effects.event({ type: 'unreachable', severity: 'critical', device, reason });
  }

  uncertain(now: number, output: OutputState, effects: Effects): void {
    if (!output.open) return;
    output.doubt(true);
    const reason = 'something was done to it late, so that its state is not known';
    this.#guard.drive(now, output, 'disobeyed', reason, effects, { anew: true });
  }
}

/** What it is to be when it is opened for the first time. */
function begin(output: OutputState): void {
  const { rules, last, disabled, trip } = output;
  output.wanted = rules.failSafe;
  if (disabled !== undefined || trip !== undefined) return;
  if (rules.boot === 'off' || (rules.boot === 'last' && last === rules.off)) {
    output.wanted = rules.off;
    output.last = rules.off;
    return;
  }
  const active =
    rules.boot === 'last' ? last : rules.kind === 'boolean' ? rules.off === false : rules.failSafe;
  if (active !== rules.failSafe) output.pendingBoot = active;
}
