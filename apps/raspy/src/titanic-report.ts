import type { RequestReport } from '@raspy/titanic-store';

/** A request as it is shown: of another Titanic its state may be one that is not known here. */
export type ShownRequest = Omit<RequestReport, 'state'> & { readonly state: string };

/** Requests that came over the network; what is none is left out. */
export function asReports(value: unknown): ShownRequest[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => asReport(entry) ?? []);
}

/** A request that came over the network. */
export function asReport(value: unknown): ShownRequest | undefined {
  if (!isRecord(value)) return undefined;
  const { id, service, state, acceptedAt, at, attempts, reason, notBefore, expiresAt, key } = value;
  const { bodyBytes, replyBytes } = value;
  if (typeof id !== 'string' || typeof service !== 'string' || typeof state !== 'string') return undefined;
  if (!isNumber(acceptedAt) || !isNumber(at)) return undefined;
  return {
    ...{ id, service, state, acceptedAt, at },
    attempts: isNumber(attempts) ? attempts : 0,
    ...(typeof reason === 'string' && { reason }),
    ...(isNumber(notBefore) && { notBefore }),
    ...(isNumber(expiresAt) && { expiresAt }),
    ...(typeof key === 'string' && { key }),
    bodyBytes: isNumber(bodyBytes) ? bodyBytes : 0,
    ...(isNumber(replyBytes) && { replyBytes }),
  };
}

/** How many requests there are in each state, such as `12 requests: 3 waiting, 1 dead, 8 done or expired`. */
export function countsText(statistics: unknown): string {
  const counts = isRecord(statistics) ? statistics : {};
  const of = (name: string): number => (isNumber(counts[name]) ? counts[name] : 0);
  const states = ['waiting', 'held', 'running', 'dead'];
  const kept = of('kept');
  // The two are counted together; attempts of requests that were closed meanwhile count as running.
  const ended = Math.max(0, kept - states.reduce((sum, state) => sum + of(state), 0));
  const parts = [...states.map((state) => [of(state), state] as const), [ended, 'done or expired'] as const]
    .filter(([count]) => count > 0)
    .map(([count, state]) => `${count} ${state}`);
  const all = kept === 1 ? '1 request' : `${kept || 'no'} requests`;
  return parts.length === 0 ? all : `${all}: ${parts.join(', ')}`;
}

/** How many requests were given up. */
export function deadCount(statistics: unknown): number {
  const dead = isRecord(statistics) ? statistics['dead'] : undefined;
  return isNumber(dead) ? dead : 0;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
