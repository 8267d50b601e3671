import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';

/** What a password costs to try: memory is about 128 × `n` × `r` bytes. */
export interface PasswordCost {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** A password as it is kept. */
export interface KeptPassword {
  /** 16 bytes in base64, of this user alone. */
  readonly salt: string;
  /** 32 bytes in base64. */
  readonly hash: string;
  /** What it was made with; a later cost holds for new passwords. */
  readonly cost: PasswordCost;
}

/** 32 MiB, about 100 ms on a Raspberry Pi 4. */
export const PASSWORD_COST: PasswordCost = { n: 32_768, r: 8, p: 1 };
/** For tests alone. */
export const CHEAP_COST: PasswordCost = { n: 1_024, r: 8, p: 1 };

const HASH_BYTES = 32;
/** Passwords that are tried at a time: memory is the limit. */
const AT_ONCE = 2;
/** Those that may wait for that. */
const MAX_WAITING = 32;

/** More passwords are to be tried than the machine can: nothing was tried. */
export class PasswordsBusyError extends Error {
  override readonly name = 'PasswordsBusyError';
  readonly code = 'PASSWORDS_BUSY';

  constructor() {
    super('too many passwords are being tried at once: try again in a few seconds');
  }
}

/** Makes and tries passwords by scrypt, two at a time. */
export class Passwords {
  readonly #cost: PasswordCost;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(cost: PasswordCost = PASSWORD_COST) {
    this.#cost = cost;
  }

  /** @throws {@link PasswordsBusyError} (rejects) when too many wait */
  async keep(password: string): Promise<KeptPassword> {
    const salt = randomBytes(16);
    const hash = await this.#derive(password, salt, this.#cost);
    return { salt: salt.toString('base64'), hash: hash.toString('base64'), cost: this.#cost };
  }

  /**
   * Whether a password is the one that is kept. Without one it takes as long, and is false: nobody learns which names there
   * are.
   * @throws {@link PasswordsBusyError} (rejects) when too many wait
   */
  async matches(password: string, kept: KeptPassword | undefined): Promise<boolean> {
    const { salt, hash, cost } = kept ?? { salt: '', hash: '', cost: this.#cost };
    const derived = await this.#derive(password, Buffer.from(salt, 'base64'), cost);
    const wanted = Buffer.alloc(HASH_BYTES);
    Buffer.from(hash, 'base64').copy(wanted);
    const same = timingSafeEqual(derived, wanted);
    return same && kept !== undefined;
  }

  async #derive(password: string, salt: Buffer, { n, r, p }: PasswordCost): Promise<Buffer> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= MAX_WAITING) throw new PasswordsBusyError();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
    try {
      return await derive(password.normalize('NFKC'), salt, { N: n, r, p, maxmem: 256 * n * r });
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
