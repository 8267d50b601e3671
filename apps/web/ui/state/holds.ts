import { signal } from '@preact/signals';
import { leaseFor, renewAt, type Hold } from '../model/hold.js';
import { asObject } from '../model/form.js';
import { call } from './api.js';
import { tellError } from './toasts.js';
import { after, wallNow } from './time.js';

/** What this page keeps on, by `server/device`. Closing the page ends it: silence is the fail-safe state. */
export const holds = signal<ReadonlyMap<string, Hold>>(new Map());

const idOf = (server: string, device: string): string => `${server}/${device}`;

export const holdOf = (server: string, device: string): Hold | undefined =>
  holds.value.get(idOf(server, device));

/**
 * Sets a guarded value for a time, renewing its lease as long as the page is open.
 * @throws ApiError when it is refused
 */
export async function setFor(
  target: { readonly server: string; readonly device: string; readonly maxLeaseMs?: number | undefined },
  args: Readonly<Record<string, unknown>>,
  forMs: number,
): Promise<void> {
  const { server, device, maxLeaseMs } = target;
  const leaseMs = leaseFor(forMs, maxLeaseMs);
  const begun = wallNow();
  const { result } = await call('POST /devices/{server}/{device}/commands/{command}', {
    params: { server, device, command: 'set' },
    body: { args, leaseMs },
  });
  forget(server, device);
  const { lease, leaseMs: granted } = asObject(result);
  if (typeof lease !== 'string') return;
  const hold: Hold = {
    server,
    device,
    lease,
    leaseMs: typeof granted === 'number' ? granted : leaseMs,
    until: begun + forMs,
    renewedAt: begun,
  };
  keep(hold);
}

function keep(hold: Hold): void {
  holds.value = new Map(holds.value).set(idOf(hold.server, hold.device), hold);
  const due = Math.min(renewAt(hold), hold.until);
  after(Math.max(0, due - wallNow()), () => {
    if (holdOf(hold.server, hold.device)?.lease !== hold.lease) return;
    if (wallNow() >= hold.until) void release(hold.server, hold.device);
    else void renew(hold);
  });
}

async function renew(hold: Hold): Promise<void> {
  const begun = wallNow();
  try {
    const { server, lease, leaseMs } = hold;
    await call('POST /leases/{server}/{lease}/renew', { params: { server, lease }, body: { leaseMs } });
    if (holdOf(hold.server, hold.device)?.lease === hold.lease) keep({ ...hold, renewedAt: begun });
  } catch (error) {
    if (holdOf(hold.server, hold.device)?.lease !== hold.lease) return;
    forget(hold.server, hold.device);
    tellError(error);
  }
}

export function forget(server: string, device: string): void {
  if (holdOf(server, device) === undefined) return;
  holds.value = new Map([...holds.value].filter(([id]) => id !== idOf(server, device)));
}

/** Gives it back: the output goes to its fail-safe state. */
export async function release(server: string, device: string): Promise<void> {
  const hold = holdOf(server, device);
  if (hold === undefined) return;
  forget(server, device);
  try {
    await call('DELETE /leases/{server}/{lease}', { params: { server, lease: hold.lease } });
  } catch (error) {
    tellError(error);
  }
}
