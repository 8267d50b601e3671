import type { OutputValue, SafetyRule } from './definition.js';
import { ANSWER_MS, pauseMs, type Drive } from './drive.js';
import { durationText } from './duration-text.js';
import type { Effects } from './effects.js';
import type { SafetyEventType } from './events.js';
import type { Leases } from './leases.js';
import type { OutputState } from './output-state.js';
import type { Refusal } from './refusal.js';

/** What can be done to an output at one instant: each leaves all that is known of it in order. */
export class Guard {
  readonly #leases: Leases;
  readonly #obeyMs: number;

  constructor(leases: Leases, obeyMs: number) {
    this.#leases = leases;
    this.#obeyMs = obeyMs;
  }

  /** A rule takes it out of use. */
  trip(now: number, output: OutputState, { rule, reason }: Refusal, effects: Effects): void {
    const latched = output.rules.latch.includes(rule);
    output.tripped(rule);
    if (output.trip?.latched !== true) output.trip = { rule, reason, latched };
    this.makeSafe(now, output, rule, reason, effects);
    effects.event({
      type: 'tripped',
      severity: latched || rule === 'disobeyed' ? 'critical' : 'warning',
      device: output.device,
      rule,
      reason: output.open ? reason : `${reason}; its device is not open, so that it cannot be driven`,
      ...(latched && { latched }),
    });
  }

  /**
   * Ends all that was wanted of it, and drives it to its fail-safe state.
   * @param anew - also if that has been tried already and waits for its next turn
   */
  makeSafe(
    now: number,
    output: OutputState,
    rule: SafetyRule,
    reason: string,
    effects: Effects,
    anew = false,
  ): void {
    this.#leases.end(output.device);
    output.pendingBoot = undefined;
    output.wanted = output.rules.failSafe;
    if (rule !== 'shutdown') output.last = output.wanted;
    this.drive(now, output, rule, reason, effects, { anew });
  }

  /** Drives it to what it is to be. */
  drive(
    now: number,
    output: OutputState,
    rule: SafetyRule,
    reason: string,
    effects: Effects,
    { anew = false, urgent = true } = {},
  ): void {
    const { device, wanted: value, drive: before } = output;
    effects.changed(device);
    if (!output.open) {
      output.drive = undefined; // it is driven as the first thing when it is opened
    } else if (before?.value === value && !anew) {
      output.drive = { ...before, rule, reason };
    } else {
      const failures = before?.value === value ? before.failures : 0;
      this.#send(now, output, { value, rule, reason, urgent, failures }, effects);
    }
    output.account(now);
  }

  /** The time has come to drive it again, since that failed or was not answered. */
  driveAgain(now: number, output: OutputState, effects: Effects): void {
    const { drive } = output;
    if (drive === undefined) return;
    if (drive.sent) {
      this.#undone(now, output, drive.value, 'it was not answered', effects);
    } else {
      const { rule, reason, failures } = drive;
      this.#send(now, output, { value: output.wanted, rule, reason, urgent: true, failures }, effects);
    }
    output.account(now);
  }

  /** A drive or a write was carried out, or failed. */
  applied(now: number, output: OutputState, value: OutputValue, ok: boolean, effects: Effects): void {
    const { drive } = output;
    const answered = drive?.sent === true && drive.value === value;
    const written = !answered && output.wrote(value);
    effects.changed(output.device);
    if (!output.open) {
      // What a session that has ended did is not known, not even when it says that it worked.
      output.suspected ||= output.isActive(value);
      if (written && !ok) this.#writeFailed(now, output, value, effects);
    } else if (ok) {
      this.#done(now, output, value, effects);
    } else if (answered) {
      this.#undone(now, output, value, 'it failed', effects);
    } else {
      output.doubt(true);
      this.#writeFailed(now, output, value, effects);
    }
    output.account(now);
  }

  /** It reports a value; `undefined` when that is not good. */
  reports(now: number, output: OutputState, value: OutputValue | undefined, effects: Effects): void {
    output.reported = value;
    // While it is being set, what it reports may be of before.
    if (output.drive === undefined && !output.writing) this.#compare(now, output, effects);
    output.account(now);
  }

  /** When it has reported something else than it was set to for too long; Infinity while it does not, or is being set. */
  disobeysAt({ disobeysSince, disobeyed, drive, writing }: OutputState): number {
    if (disobeysSince === undefined || drive !== undefined || writing) return Infinity;
    return disobeysSince + (disobeyed === 0 ? this.#obeyMs : Math.max(this.#obeyMs, pauseMs(disobeyed)));
  }

  /** It has reported something else for too long. */
  disobeys(now: number, output: OutputState, effects: Effects): void {
    const reason = `it was set to ${String(output.actual)} and reports ${String(output.reported)}`;
    output.disobeysSince = undefined;
    output.disobeyed += 1;
    const isLatched = output.rules.latch.includes('disobeyed');
    // What switched itself off must not be switched on again before it has been off for long enough.
    const mustTrip = isLatched
      ? output.trip?.latched !== true
      : output.wantedActive && output.rules.minOffMs > 0;
    this.#tell(output, 'disobeyed', 'critical', `${reason}; it is driven again`, effects, 'disobeyed');
    if (mustTrip) this.trip(now, output, { rule: 'disobeyed', reason }, effects);
    this.drive(now, output, 'disobeyed', reason, effects);
  }

  #done(now: number, output: OutputState, value: OutputValue, effects: Effects): void {
    const { drive } = output;
    // What it reported before says nothing of what it is set to now; but it stands where it is set to the same again,
    // and of one that did not obey, which has to report that it does.
    if (output.actual !== value) {
      output.disobeysSince = undefined;
      if (output.actual !== undefined) output.disobeyed = 0;
      if (output.disobeyed === 0) output.reported = undefined;
    }
    output.actual = value;
    this.#compare(now, output, effects);
    if (value === output.wanted) {
      output.drive = undefined;
      if (drive !== undefined && drive.failures > 0) {
        const reason = `it is ${String(value)} at last, after ${drive.failures} failures`;
        this.#tell(output, 'driven', 'info', reason, effects, drive.rule);
      }
    } else if ((drive === undefined || !drive.sent) && !output.writing) {
      // It was overtaken by something else.
      this.drive(
        now,
        output,
        drive?.rule ?? 'disobeyed',
        `it was set to ${String(value)} meanwhile`,
        effects,
        {
          anew: true,
        },
      );
    }
  }

  /** A drive failed. */
  #undone(now: number, output: OutputState, value: OutputValue, what: string, effects: Effects): void {
    output.doubt(true);
    this.#failed(now, output, output.drive!, what, effects);
    if (value === output.rules.failSafe) return;
    const reason = `it could not be driven to ${String(value)}, so that its state is not known`;
    this.makeSafe(now, output, 'disobeyed', reason, effects);
  }

  #compare(now: number, output: OutputState, effects: Effects): void {
    if (!output.obeys()) {
      output.disobeysSince ??= now;
      return;
    }
    output.disobeysSince = undefined;
    if (output.disobeyed === 0 || output.reported === undefined) return;
    output.disobeyed = 0;
    this.#tell(
      output,
      'obeys',
      'info',
      `it reports ${String(output.reported)}, as it was set`,
      effects,
      'disobeyed',
    );
  }

  #writeFailed(now: number, output: OutputState, value: OutputValue, effects: Effects): void {
    const reason = `setting it to ${String(value)} failed, so that its state is not known`;
    if (output.trip?.latched !== true) output.trip = { rule: 'disobeyed', reason, latched: false };
    this.#tell(output, 'driveFailed', 'warning', reason, effects, 'disobeyed');
    this.makeSafe(now, output, 'disobeyed', reason, effects);
  }

  #failed(now: number, output: OutputState, drive: Drive, what: string, effects: Effects): void {
    const failures = drive.failures + 1;
    const pause = pauseMs(failures);
    output.drive = { ...drive, failures, sent: false, again: now + pause };
    const reason =
      `driving it to ${String(drive.value)}: ${what}, ${failures} times now (${drive.reason});` +
      ` it is tried again after ${durationText(pause)}`;
    this.#tell(output, 'driveFailed', 'critical', reason, effects, drive.rule);
  }

  #send(now: number, output: OutputState, drive: Omit<Drive, 'sent' | 'again'>, effects: Effects): void {
    output.drive = { ...drive, sent: true, again: now + ANSWER_MS };
    effects.drive(output.device, drive.value, drive.rule, drive.reason, drive.urgent);
    effects.changed(output.device);
  }

  #tell(
    { device }: OutputState,
    type: SafetyEventType,
    severity: 'info' | 'warning' | 'critical',
    reason: string,
    effects: Effects,
    rule: SafetyRule,
  ): void {
    effects.event({ type, severity, device, rule, reason });
  }
}
