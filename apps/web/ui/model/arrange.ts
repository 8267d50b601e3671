import { deviceId } from './keys.js';
import { humanize } from './format.js';
import { asList, asObject } from './form.js';
import type { DeviceSummary, Json, Preferences, Quality } from './types.js';

/** Devices under one heading. */
export interface Group {
  readonly id: string;
  readonly server: string;
  /** First part of the oids, as words; empty for the favourites. */
  readonly title: string;
  readonly devices: readonly DeviceSummary[];
}

export const idOf = ({ server, name }: DeviceSummary): string => deviceId(server, name);

/** The name that people see. */
export const deviceTitle = ({ name }: Pick<DeviceSummary, 'name'>): string => humanize(name);

const CATEGORIES: Readonly<Record<string, string>> = {
  actuator: 'Actuators',
  sensor: 'Sensors',
  media: 'Media',
  clock: 'Clocks',
  onewire: '1-Wire',
};

export function categoryOf(oid: string): string {
  const first = oid.split('.')[0]!;
  return CATEGORIES[first] ?? humanize(first);
}

/** Whether somebody should look at it: it failed, its guard tripped, or what it tells is not good. */
export function needsAttention(device: DeviceSummary): boolean {
  return (
    device.state === 'failed' ||
    (device.safety !== undefined && device.safety.state !== 'ok') ||
    Object.values(device.values).some(({ quality }) => quality !== 'good')
  );
}

export interface Filter {
  readonly text: string;
  /** A category; empty for all. */
  readonly category: string;
  readonly attention: boolean;
}

/** Each word of the text is found in the name, title, type or server. */
export function matchesFilter(device: DeviceSummary, { text, category, attention }: Filter): boolean {
  const { server, name, title, oid } = device;
  const haystack = `${name} ${deviceTitle(device)} ${title} ${oid} ${server}`.toLowerCase();
  return (
    text
      .toLowerCase()
      .split(/\s+/)
      .every((word) => haystack.includes(word)) &&
    (category === '' || categoryOf(oid) === category) &&
    (!attention || needsAttention(device))
  );
}

/** In the order that the user chose; the rest behind, by server, category and name. */
export function ordered(
  devices: readonly DeviceSummary[],
  order: readonly string[],
): readonly DeviceSummary[] {
  const place = new Map(order.map((id, index) => [id, index]));
  const rank = (device: DeviceSummary): number => place.get(idOf(device)) ?? Infinity;
  const key = (device: DeviceSummary): string =>
    `${device.server}\n${categoryOf(device.oid)}\n${device.name}`;
  return [...devices].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    return left !== right ? left - right : key(a) < key(b) ? -1 : 1;
  });
}

/** Favourites first, then by server and category; devices inside others are shown by them. */
export function groups(
  devices: readonly DeviceSummary[],
  { favourites = [], order = [] }: Preferences,
  filter: Filter,
): readonly Group[] {
  const whole = devices.filter(({ parent }) => parent === undefined);
  const shown = ordered(
    whole.filter((device) => matchesFilter(device, filter)),
    order,
  );
  const loved = shown.filter((device) => favourites.includes(idOf(device)));
  const found = new Map<string, Group & { devices: DeviceSummary[] }>();
  for (const device of shown) {
    if (loved.includes(device)) continue;
    const title = categoryOf(device.oid);
    const id = `${device.server}/${title}`;
    const group = found.get(id) ?? { id, server: device.server, title, devices: [] };
    group.devices.push(device);
    found.set(id, group);
  }
  const others = [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return loved.length === 0
    ? others
    : [{ id: 'favourites', server: '', title: '', devices: loved }, ...others];
}

/** The order with one device moved before or behind its neighbour in what is shown. */
export function moved(
  shown: readonly string[],
  order: readonly string[],
  id: string,
  by: -1 | 1,
): readonly string[] {
  const from = shown.indexOf(id);
  const neighbour = shown[from + by];
  if (from < 0 || neighbour === undefined) return order;
  const rest = [...order, ...shown.filter((of) => !order.includes(of))].filter((of) => of !== id);
  const at = rest.indexOf(neighbour) + (by > 0 ? 1 : 0);
  return [...rest.slice(0, at), id, ...rest.slice(at)];
}

export function toggled(list: readonly string[], id: string): readonly string[] {
  return list.includes(id) ? list.filter((of) => of !== id) : [...list, id];
}

const WORST: readonly Quality[] = ['good', 'stale', 'suspect', 'bad'];

export function worstQuality(qualities: readonly Quality[]): Quality {
  return qualities.reduce<Quality>(
    (worst, of) => (WORST.indexOf(of) > WORST.indexOf(worst) ? of : worst),
    'good',
  );
}

/** What the server has kept for the user, whatever that is; what is not known here stays. */
export function preferencesOf(kept: Json): Preferences {
  const { favourites, order, ...rest } = asObject(kept);
  return {
    ...rest,
    ...(favourites !== undefined && { favourites: textsOf(favourites) }),
    ...(order !== undefined && { order: textsOf(order) }),
  };
}

function textsOf(list: Json): readonly string[] {
  return asList(list).filter((item) => typeof item === 'string');
}
