/** A service is declared, or implemented, in a way that cannot work: a mistake in the program, not in a message. */
export class ServiceDefinitionError extends Error {
  readonly code = 'SERVICE_DEFINITION';
  constructor(
    /** Every mistake that was found. */
    readonly mistakes: readonly string[],
  ) {
    super(`the service's definition cannot be used: ${mistakes.join('; ')}`);
    this.name = 'ServiceDefinitionError';
  }
}
