import type { DriverContext } from '@raspy/devices';
import { BusError, type OnewireBus, type TemperatureSample } from '../bus.js';
import type { RomId } from '../rom-id.js';
import { TemperatureJudge } from './temperature-judge.js';

/** A temperature was measured, again and again, and never one that can be believed. */
export class NotBelievedError extends Error {
  readonly code = 'NOT_BELIEVED';

  constructor(reason: string) {
    super(reason);
    this.name = 'NotBelievedError';
  }
}

/** What {@link Thermometry} is made of. */
export interface ThermometryOptions {
  readonly bus: OnewireBus;
  readonly clock: DriverContext['clock'];
}

/** Those who ask within this time measure together. */
const GATHER_MS = 50;
/** What failed at once is not tried again at once: somebody else may have the bus, or a conversion runs. */
const SHORTEST_ROUND_MS = 200;
/** Measurements until one is believed. */
const MOST_ATTEMPTS = 5;
/** What a chip that does not answer counts: it is asked again once, as contact may be lost for a moment. */
const ABSENCE_COUNTS = 3;

/** Somebody waits for the temperature of one thermometer. */
interface Job {
  readonly id: RomId;
  readonly done: Promise<number>;
  readonly resolve: (celsius: number) => void;
  readonly reject: (reason: unknown) => void;
  readonly discarded: (() => void)[];
  attempts: number;
}

/**
 * The temperatures of a bus: those who want one at about the same time get it of one conversion, and nobody gets one that
 * cannot be believed.
 */
export class Thermometry {
  readonly #bus: OnewireBus;
  readonly #clock: DriverContext['clock'];
  readonly #judges = new Map<RomId, TemperatureJudge>();
  /** Everybody who waits. */
  readonly #jobs = new Map<RomId, Job>();
  /** Those of them whom the next round takes. */
  #next: Job[] = [];
  #running = false;
  #closed = false;
  #cancelWait: (() => void) | undefined;

  constructor({ bus, clock }: ThermometryOptions) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /**
   * Measures a temperature; who asks while it is being measured gets the same.
   * @param discarded - called for each reading that is thrown away on the way
   * @returns °C
   * @throws BusError, NotBelievedError (rejects) whose message says why
   */
  measure(id: RomId, discarded: () => void = () => undefined): Promise<number> {
    if (this.#closed) return Promise.reject(closed());
    const job = this.#jobs.get(id) ?? this.#begin(id);
    job.discarded.push(discarded);
    return job.done;
  }

  /** Whoever waits is told that it is closed. */
  close(): void {
    this.#closed = true;
    this.#cancelWait?.();
    for (const job of this.#jobs.values()) job.reject(closed());
    this.#jobs.clear();
    this.#next = [];
  }

  #begin(id: RomId): Job {
    let resolve: Job['resolve'] = () => undefined;
    let reject: Job['reject'] = () => undefined;
    const done = new Promise<number>((...settle) => ([resolve, reject] = settle));
    const job: Job = { id, done, resolve, reject, discarded: [], attempts: 0 };
    this.#jobs.set(id, job);
    this.#next.push(job);
    if (!this.#running) {
      this.#running = true;
      this.#cancelWait = this.#clock.schedule(this.#clock.now() + GATHER_MS, () => void this.#rounds());
    }
    return job;
  }

  async #rounds(): Promise<void> {
    while (this.#next.length > 0) {
      const jobs = this.#next;
      this.#next = [];
      const began = this.#clock.now();
      await this.#round(jobs);
      const left = began + SHORTEST_ROUND_MS - this.#clock.now();
      if (this.#next.length > 0 && left > 0) await this.#pause(left);
    }
    this.#running = false;
  }

  /** Never ends when it is closed meanwhile. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#cancelWait = this.#clock.schedule(this.#clock.now() + ms, resolve);
    });
  }

  async #round(jobs: readonly Job[]): Promise<void> {
    const conversions = await this.#convert(jobs);
    const alone = jobs.filter(({ id }) => !conversions.has(id));
    const together = [...new Set(conversions.values())].map((conversion) =>
      jobs.filter(({ id }) => conversions.get(id) === conversion),
    );
    await Promise.all(
      [...together, ...alone.map((job) => [job])].map((group) => this.#measureTogether(group)),
    );
  }

  async #convert(jobs: readonly Job[]): Promise<ReadonlyMap<RomId, string>> {
    // One alone measures when it is read, which leaves alone what the others hold.
    if (jobs.length < 2) return new Map();
    try {
      const conversions = await this.#bus.convert(jobs.map(({ id }) => id));
      // Those who were not asked for have measured as well.
      if (conversions.size > 0) {
        for (const [id, judge] of this.#judges) if (!conversions.has(id)) judge.lose();
      }
      return conversions;
    } catch {
      // Each tells by itself then what is wrong.
      return new Map();
    }
  }

  /** Those that got the same command to measure, or one that measures when it is read. */
  async #measureTogether(jobs: readonly Job[]): Promise<void> {
    const found = await Promise.all(jobs.map((job) => this.#sample(job)));
    const now = this.#clock.now();
    const vouching = found.filter(({ job, sample }) => sample && this.#judge(job.id).vouches(now, sample));
    for (const { job, sample } of found) {
      if (sample === undefined) continue;
      const othersMoved = vouching.some((other) => other.job !== job);
      const verdict = this.#judge(job.id).judge(now, sample, othersMoved);
      if (verdict.believed) {
        this.#end(job, () => job.resolve(sample.celsius));
        continue;
      }
      if (verdict.isFault) for (const tell of job.discarded) tell();
      this.#again(job, 1, new NotBelievedError(verdict.reason));
    }
  }

  async #sample(job: Job): Promise<{ readonly job: Job; readonly sample?: TemperatureSample }> {
    try {
      return { job, sample: await this.#bus.temperature(job.id) };
    } catch (error) {
      const code = error instanceof BusError ? error.code : undefined;
      this.#judge(job.id).lose();
      if (code === 'GARBLED') for (const tell of job.discarded) tell();
      if (code === 'GARBLED' || code === 'TIMEOUT') this.#again(job, 1, error);
      else if (code === 'ABSENT') this.#again(job, ABSENCE_COUNTS, error);
      else this.#end(job, () => job.reject(error));
      return { job };
    }
  }

  #again(job: Job, counts: number, reason: unknown): void {
    job.attempts += counts;
    if (job.attempts < MOST_ATTEMPTS && !this.#closed) {
      this.#next.push(job);
      return;
    }
    if (reason instanceof BusError && reason.code === 'ABSENT') this.#judge(job.id).forget();
    this.#end(job, () => job.reject(reason));
  }

  #end(job: Job, tell: () => void): void {
    this.#jobs.delete(job.id);
    tell();
  }

  #judge(id: RomId): TemperatureJudge {
    const judge = this.#judges.get(id) ?? new TemperatureJudge();
    this.#judges.set(id, judge);
    return judge;
  }
}

function closed(): BusError {
  return new BusError('CLOSED', 'the bus was closed');
}
