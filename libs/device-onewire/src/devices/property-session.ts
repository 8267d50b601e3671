import type { DeviceSession, DriverContext, FailedUpdate, ValueUpdate } from '@raspy/devices';
import { Subject } from 'rxjs';
import { BusError } from '../bus.js';
import type { BusUse } from '../buses/shared-buses.js';
import type { RomId } from '../rom-id.js';
import { TroubleLog, troubleOf } from './trouble.js';

/** A value of a device that is read as one property of a chip. */
export interface PropertyValue {
  /** Of the device. */
  readonly name: string;
  /** As owserver names it. */
  readonly property: string;
  /** Makes the value of what was read; `undefined` when it can be none. */
  readonly parse: (text: string) => unknown;
}

/** What a session of properties is made of. */
export interface PropertySessionOptions {
  readonly id: RomId;
  readonly use: BusUse;
  readonly log: DriverContext['log'];
  readonly values: readonly PropertyValue[];
}

/** What came is torn, or the chip was busy: worth another try. */
const MOST_ATTEMPTS = 3;

/** A device whose values are properties of a chip: what one chip does not tell, or tells wrongly, is bad, the others are not. */
export class PropertySession implements Pick<DeviceSession, 'poll' | 'close'> {
  readonly values$ = new Subject<ValueUpdate | FailedUpdate>();
  readonly #options: PropertySessionOptions;
  readonly #trouble: TroubleLog;

  constructor(options: PropertySessionOptions) {
    this.#options = options;
    this.#trouble = new TroubleLog(options.log);
  }

  async poll(): Promise<void> {
    const troubles: string[] = [];
    for (const value of this.#options.values) {
      const update = await this.read(value);
      if ('bad' in update) troubles.push(update.bad);
      this.values$.next(update);
    }
    this.#trouble.tell(troubles[0]);
  }

  /** Reads one value; never rejects. */
  async read({ name, property, parse }: PropertyValue): Promise<ValueUpdate | FailedUpdate> {
    const { id, use } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        const text = await use.bus.read(id, property);
        const value = parse(text);
        if (value !== undefined) return { name, value };
        throw new BusError('GARBLED', `${property} is ${JSON.stringify(text.slice(0, 64))}, which cannot be`);
      } catch (error) {
        const again = error instanceof BusError && error.code === 'GARBLED' && attempt < MOST_ATTEMPTS;
        if (!again) return { name, bad: troubleOf(error) };
      }
    }
  }

  /** Sets one property. @throws BusError (rejects) */
  async write(property: string, value: string): Promise<void> {
    const { id, use } = this.#options;
    await use.bus.write(id, property, value);
  }

  async close(): Promise<void> {
    this.values$.complete();
    await this.#options.use.release();
  }
}

/** A decimal number, perhaps with spaces around it. */
export function parseDecimal(text: string): number | undefined {
  return /^\s*[+-]?\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

/** A whole number from 0 on. */
export function parseCount(text: string): number | undefined {
  return /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
}

/** 0 or 1. */
export function parseBit(text: string): boolean | undefined {
  const bit = text.trim();
  return bit === '1' || bit === '0' ? bit === '1' : undefined;
}
