/** Where a broker listens unless told otherwise (PROTOCOLS §1). */
export const DEFAULT_ENDPOINT = 'tcp://127.0.0.1:5514';
