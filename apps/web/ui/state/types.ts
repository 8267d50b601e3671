import { signal, type Signal } from '@preact/signals';
import { typesByOid } from '../model/controls.js';
import type { DeviceType } from '../model/types.js';
import { call } from './api.js';

type Types = ReadonlyMap<string, DeviceType>;
const known = new Map<string, Signal<Types | undefined>>();

/** The types that a server has drivers for, by oid; asked once a page, and again when it failed. */
export function typesOf(server: string): Signal<Types | undefined> {
  let found = known.get(server);
  if (found === undefined) {
    found = signal<Types | undefined>(undefined);
    known.set(server, found);
    void load(server, found);
  }
  return found;
}

async function load(server: string, into: Signal<Types | undefined>): Promise<void> {
  try {
    into.value = typesByOid(await call('GET /devices/{server}/types', { params: { server } }));
  } catch {
    known.delete(server);
  }
}
