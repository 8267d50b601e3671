import type { DriverContext } from '@raspy/devices';
import { BusError } from '../bus.js';

/** Work that is done with the files of one chip, or of a bus master. */
export interface LaneWork<T> {
  /** The bus master; what is of one is done one after the other, as the wire can do no more at a time. */
  readonly lane: string;
  /** The chip, or the master itself. */
  readonly subject: string;
  readonly run: () => Promise<T>;
}

/** Operations of the file system at a time: there are four threads for those of the whole process, and a file may hang. */
const MOST_AT_A_TIME = 2;
/** Longest time for one: a chip measures for a second, and its bus may be searched before. */
const LIMIT_MS = 5_000;

interface Entry {
  readonly work: LaneWork<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Keeps work with files of the kernel in its order. One that hangs is given up by whoever waits, and its chip is left alone
 * until it ends; as it still has one of the threads, no more than two may hang: then nothing is begun any more.
 */
export class Lanes {
  readonly #clock: DriverContext['clock'];
  readonly #queue: Entry[] = [];
  readonly #busyLanes = new Set<string>();
  /** Subjects whose work hangs. */
  readonly #hung = new Set<string>();
  readonly #cancels = new Set<() => void>();
  #running = 0;
  #closed = false;

  constructor(clock: DriverContext['clock']) {
    this.#clock = clock;
  }

  /** @throws BusError (rejects) `TIMEOUT` when it hangs, or hung before and does still; `CLOSED`; else as the work does */
  run<T>(work: LaneWork<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) {
        reject(closed());
        return;
      }
      this.#queue.push({ work, resolve: resolve as Entry['resolve'], reject });
      this.#advance();
    });
  }

  /** Nobody waits any more; work that hangs is let go. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#cancels) cancel();
    for (const { reject } of this.#queue.splice(0)) reject(closed());
  }

  #advance(): void {
    for (let index = 0; index < this.#queue.length;) {
      const entry = this.#queue[index]!;
      const { lane, subject } = entry.work;
      const allHang = this.#hung.size >= MOST_AT_A_TIME;
      if (this.#hung.has(subject) || allHang) {
        this.#queue.splice(index, 1);
        const whose = allHang ? 'the kernel' : subject;
        entry.reject(new BusError('TIMEOUT', `${whose} hangs: what was asked of it before has not ended`));
      } else if (this.#running < MOST_AT_A_TIME && !this.#busyLanes.has(lane)) {
        this.#queue.splice(index, 1);
        void this.#begin(entry);
      } else {
        index++;
      }
    }
  }

  async #begin({ work, resolve, reject }: Entry): Promise<void> {
    const { lane, subject } = work;
    this.#running++;
    this.#busyLanes.add(lane);
    const entry = { isOver: false };
    const giveUp = (error: BusError): void => {
      entry.isOver = true;
      cancel();
      this.#cancels.delete(letGo);
      this.#hung.add(subject);
      reject(error);
      this.#busyLanes.delete(lane);
      this.#advance();
    };
    const letGo = (): void => giveUp(closed());
    const cancel = this.#clock.schedule(this.#clock.now() + LIMIT_MS, () => {
      giveUp(new BusError('TIMEOUT', `${subject} did not answer within ${LIMIT_MS} ms`));
    });
    this.#cancels.add(letGo);
    try {
      resolve(await work.run());
    } catch (error) {
      reject(error);
    }
    this.#running--;
    this.#hung.delete(subject);
    if (!entry.isOver) {
      cancel();
      this.#cancels.delete(letGo);
      this.#busyLanes.delete(lane);
    }
    this.#advance();
  }
}

function closed(): BusError {
  return new BusError('CLOSED', 'the bus was closed');
}
