/** A value, or why there is none: what comes from the network is never an exception. */
export type Coded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

export function coded<T>(value: T): Coded<T> {
  return { ok: true, value };
}

export function uncoded(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
