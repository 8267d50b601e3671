/** Codes of {@link SandboxError}: compare these rather than classes, since two copies of the library may meet. */
export type SandboxErrorCode = 'SANDBOX_OPTION' | 'SANDBOX_CLOSED';

/** Base of all errors that an engine throws at whoever uses it; what goes wrong in a program is its end instead. */
export abstract class SandboxError extends Error {
  abstract readonly code: SandboxErrorCode;

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** An option of an engine has no meaning; the message names it. */
export class SandboxOptionError extends SandboxError {
  readonly code = 'SANDBOX_OPTION';
}

/** The engine was closed. */
export class SandboxClosedError extends SandboxError {
  readonly code = 'SANDBOX_CLOSED';
  constructor() {
    super('the sandbox is closed: take a new engine');
  }
}
