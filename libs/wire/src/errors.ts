/** Thrown when a socket cannot be bound; the caller chose the endpoint. */
export class BindError extends Error {
  override readonly name = 'BindError';
  /** `ENDPOINT_IN_USE`: somebody else has it; `ENDPOINT_UNUSABLE`: malformed, or not an address of this machine. */
  readonly code: 'ENDPOINT_IN_USE' | 'ENDPOINT_UNUSABLE';

  constructor(
    readonly endpoint: string,
    code: BindError['code'],
    options?: ErrorOptions,
  ) {
    super(
      code === 'ENDPOINT_IN_USE'
        ? `${endpoint} is in use by another process: stop it, or choose another port`
        : `${endpoint} cannot be bound: give tcp://ADDRESS:PORT with an address of this machine`,
      options,
    );
    this.code = code;
  }
}

/** Thrown when an option of a socket has no meaning; the message names it. */
export class SocketOptionError extends Error {
  override readonly name = 'SocketOptionError';
  readonly code = 'SOCKET_OPTION';
}
