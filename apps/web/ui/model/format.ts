import type { Json, Reading } from './types.js';

/** A number in at most 5 significant places, without trailing noise; the minus sign is a real one. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(2).replace('-', '−');
  const places = size >= 1000 ? 0 : size >= 100 ? 1 : 2;
  const rounded = Number.isInteger(value) ? String(value) : String(Number(value.toFixed(places)));
  const [whole, fraction] = rounded.replace('-', '').split('.') as [string, string | undefined];
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, '\u202F') : whole;
  return `${value < 0 && Number(rounded) !== 0 ? '−' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** As {@link formatNumber}, but readings of a kind keep one decimal so that they do not jump about. */
export function formatMeasured(value: number): string {
  const text = formatNumber(value);
  const steady = Math.abs(value) < 1000 && !Number.isInteger(value);
  return steady && /^−?\d+(\.\d)?$/.test(text) ? (text.includes('.') ? `${text}0` : `${text}.00`) : text;
}

/** A value for people, without its unit. */
export function formatValue(value: Json | undefined, precise = false): string {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  if (typeof value === 'number') return precise ? formatMeasured(value) : formatNumber(value);
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** A unit with the space that belongs before it. */
export function unitText(unit: string | undefined): string {
  return unit === undefined || unit === '' ? '' : `\u202F${unit}`;
}

/** Whether something is so, in the words of its title: `Closed`, `Not closed`; `On`, `Off`. */
export function formatFact(title: string, holds: boolean): string {
  if (holds) return title;
  return title === 'On' ? 'Off' : `Not ${title.toLowerCase()}`;
}

export function formatReading(reading: Reading | undefined): string {
  if (reading === undefined) return '–';
  return `${formatValue(reading.value)}${reading.value === null ? '' : unitText(reading.unit)}`;
}

const SPANS: readonly [ms: number, unit: string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** A span for people, in its two largest units: `2 h 5 min`, `40 s`, `0 s`. */
export function formatSpan(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1000)) * 1000;
  const parts: string[] = [];
  for (const [size, unit] of SPANS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break;
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
}

/** How long ago: `just now`, `12 s ago`, `3 h 5 min ago`. */
export function formatAgo(at: number, now: number): string {
  const ms = now - at;
  return ms < 5000 ? 'just now' : `${formatSpan(ms)} ago`;
}

/** Within the next or last day the time alone, otherwise with its date; in the time zone and manner of the browser. */
export function formatTime(at: number, now: number, timeZone?: string): string {
  const date = new Date(at);
  const zone = timeZone === undefined ? {} : { timeZone };
  const time = date.toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    ...zone,
  });
  const day = (of: Date): string => of.toLocaleDateString('en-GB', zone);
  if (day(date) === day(new Date(now))) return time;
  const text = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', ...zone });
  return `${text}, ${time}`;
}

/** Bytes for people, in powers of 1024. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${formatNumber(bytes / 1024)} KiB`;
  return `${formatNumber(bytes / 1024 ** 2)} MiB`;
}

/** A name of code as words: `water-temperature` is `Water temperature`, `pollSeconds` is `Poll seconds`, `tv` is `TV`. */
export function humanize(name: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[-_.]+/g, ' ')
    .trim()
    .toLowerCase();
  if (words === '') return name;
  const spelt = words.replace(/(?<![a-z])[bcdfghjklmnpqrstvwxz]{2,3}(?![a-z])/g, (letters) =>
    letters.toUpperCase(),
  );
  return spelt[0]!.toUpperCase() + spelt.slice(1);
}
