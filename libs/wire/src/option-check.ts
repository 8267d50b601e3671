/** Thrown where options have no meaning; tells all mistakes at once. The caller wrote them. */
export class OptionError extends Error {
  readonly code = 'INVALID_OPTION';

  constructor(
    /** One sentence a mistake, each beginning with the option's name. */
    readonly mistakes: readonly string[],
  ) {
    super(`options have no meaning: ${mistakes.join('; ')}`);
  }
}

/** Collects mistakes in options, so that all of them are told at once. */
export class OptionCheck {
  readonly #mistakes: string[] = [];
  readonly #Failure: new (mistakes: readonly string[]) => OptionError;

  /** @param Failure - the class of the error that is thrown */
  constructor(Failure: new (mistakes: readonly string[]) => OptionError) {
    this.#Failure = Failure;
  }

  /** Milliseconds that must pass: more than none. `Infinity` for never is allowed where `orNever` says so. */
  millis(name: string, value: number, orNever = false): void {
    if (!(value > 0) || (value === Infinity && !orNever)) {
      this.#mistakes.push(`${name} is ${value}, must be milliseconds above 0`);
    }
  }

  /** A whole number of at least `least`. */
  count(name: string, value: number, least: number): void {
    if (!Number.isSafeInteger(value) || value < least) {
      this.#mistakes.push(`${name} is ${value}, must be a whole number of at least ${least}`);
    }
  }

  /** Anything else that must hold. */
  require(holds: boolean, mistake: string): void {
    if (!holds) this.#mistakes.push(mistake);
  }

  /** @throws an error of the class that was given, when there were mistakes */
  done(): void {
    if (this.#mistakes.length > 0) throw new this.#Failure(this.#mistakes);
  }
}
