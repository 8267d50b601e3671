import { batch, computed, signal, type Signal } from '@preact/signals';
import { asReading, parseDeviceKey, valueKey } from '../model/keys.js';
import { SseParser, type SseEvent } from '../model/sse.js';
import { withPoint, type Point } from '../model/spark.js';
import {
  initialStream,
  isCurrent,
  isSilent,
  pauseMs,
  streamStep,
  type StreamInput,
  type StreamState,
} from '../model/stream-state.js';
import type { DeviceSummary, Json, Reading, TreeEntry, TreeStatus } from '../model/types.js';
import { call } from './api.js';
import { after, wallNow } from './time.js';

/** How the stream stands; what is shown is current only while {@link current} says so. */
export const stream = signal<StreamState>(initialStream(wallNow()));
export const current = computed(() => isCurrent(stream.value));

/** The whole tree as it was told last. */
export const entries = new Map<string, TreeEntry>();
/** Counts changes of {@link entries}, for those who look at many; at most once a frame. */
export const treeVersion = signal(0);
/** Servers that are there, by the tree. */
export const presence = signal<ReadonlySet<string>>(new Set());

/** All devices as they were listed, with states that the tree told since. */
export const devices = signal<readonly DeviceSummary[] | undefined>(undefined);
export const devicesError = signal<unknown>(undefined);

const readings = new Map<string, Signal<Reading | undefined>>();
const histories = new Map<string, Signal<readonly Point[]>>();

/** The latest reading of a value; the same signal each time. */
export function reading(server: string, device: string, value: string): Signal<Reading | undefined> {
  return readingAt(valueKey(server, device, value));
}

function readingAt(key: string): Signal<Reading | undefined> {
  let found = readings.get(key);
  if (found === undefined) {
    found = signal(asReading(entries.get(key)?.value));
    readings.set(key, found);
  }
  return found;
}

/** The last hour of a numeric value, asked for when it is looked at for the first time, and going on from there. */
export function history(key: string): Signal<readonly Point[]> {
  let found = histories.get(key);
  if (found === undefined) {
    found = signal<readonly Point[]>([]);
    histories.set(key, found);
    void askHistory(key, found);
  }
  return found;
}

const MOST_AT_ONCE = 3;
let asking = 0;
const askLater: (() => void)[] = [];

async function askHistory(key: string, into: Signal<readonly Point[]>): Promise<void> {
  if (asking >= MOST_AT_ONCE) await new Promise<void>((resolve) => askLater.push(resolve));
  asking += 1;
  try {
    const { points } = await call('GET /history', { query: { key } });
    const last = points.at(-1)?.[0] ?? -Infinity;
    into.value = [...points, ...into.value.filter(([at]) => at > last)];
  } catch {
    // A line is a help, not a promise: the card is whole without it.
  } finally {
    asking -= 1;
    askLater.shift()?.();
  }
}

let listing: Promise<void> | undefined;
let asked = 0;

/** Asks for the list of devices; several calls at once are one, and one more after it. */
export function loadDevices(): Promise<void> {
  asked += 1;
  listing ??= listUntilCurrent().finally(() => {
    listing = undefined;
  });
  return listing;
}

async function listUntilCurrent(): Promise<void> {
  for (let answered = 0; answered < asked;) {
    answered = asked;
    try {
      showDevices(await call('GET /devices'));
    } catch (error) {
      devicesError.value = error;
    }
  }
  asked = 0;
}

function showDevices(list: readonly DeviceSummary[]): void {
  batch(() => {
    for (const device of list) {
      for (const [name, of] of Object.entries(device.values)) keepNewest(device, name, of);
    }
    devices.value = list;
    devicesError.value = undefined;
  });
}

function keepNewest({ server, name: device }: DeviceSummary, value: string, told: Reading): void {
  const of = reading(server, device, value);
  if (of.value === undefined || told.at > of.value.at) of.value = told;
}

let waiting: TreeEntry[] = [];
let deleted: string[] = [];
let planned = false;

/** Changes are shown once a frame, however many come. */
function plan(): void {
  if (planned) return;
  planned = true;
  if (document.hidden) after(250, apply);
  else requestAnimationFrame(apply);
}

function apply(): void {
  planned = false;
  const [set, gone] = [waiting, deleted];
  waiting = [];
  deleted = [];
  batch(() => {
    for (const entry of set) applySet(entry);
    for (const key of gone) applyDelete(key);
    treeVersion.value += 1;
  });
}

function applySet(entry: TreeEntry): void {
  entries.set(entry.key, entry);
  const key = parseDeviceKey(entry.key);
  if (key?.kind === 'value') showReading(entry.key, asReading(entry.value));
  else if (key?.kind === 'device') applyState(key.server, key.device, entry.value);
  else if (key?.kind === 'server' && !presence.value.has(key.server)) {
    presence.value = new Set([...presence.value, key.server]);
    void loadDevices();
  }
}

function showReading(key: string, of: Reading | undefined): void {
  readingAt(key).value = of;
  const past = histories.get(key);
  if (past !== undefined && of !== undefined && typeof of.value === 'number' && of.quality !== 'bad') {
    past.value = withPoint(past.value, [of.at, of.value]);
  }
}

function applyState(server: string, device: string, value: Json | undefined): void {
  const list = devices.value;
  if (list === undefined || typeof value !== 'object' || value === null) return;
  const known = list.find((of) => of.server === server && of.name === device);
  if (known === undefined) return void loadDevices();
  const { reason: _, safety: _s, ...rest } = known;
  const next = { ...rest, ...(value as unknown as Partial<DeviceSummary>) };
  devices.value = list.map((of) => (of === known ? next : of));
}

function applyDelete(name: string): void {
  entries.delete(name);
  const key = parseDeviceKey(name);
  if (key?.kind === 'value') readingAt(name).value = undefined;
  else if (key?.kind === 'server')
    presence.value = new Set([...presence.value].filter((of) => of !== key.server));
  else if (key?.kind === 'device') void loadDevices();
}

function applySnapshot(list: readonly TreeEntry[]): void {
  waiting = [];
  deleted = [];
  const told = new Set(list.map(({ key }) => key));
  batch(() => {
    for (const key of [...entries.keys()]) if (!told.has(key)) applyDelete(key);
    for (const entry of list) applySet(entry);
    treeVersion.value += 1;
  });
  if (devicesError.value !== undefined) void loadDevices();
}

function step(input: StreamInput): void {
  stream.value = streamStep(stream.value, input, wallNow());
}

function onEvent({ type, data, id }: SseEvent): void {
  const body = JSON.parse(data) as { entries?: readonly TreeEntry[]; status?: TreeStatus } & TreeEntry;
  step({
    type: 'event',
    event: type,
    ...(id !== undefined && { id }),
    ...(body.status !== undefined && { tree: body.status }),
  });
  if (type === 'snapshot') applySnapshot(body.entries ?? []);
  else if (type === 'set') {
    deleted = deleted.filter((key) => key !== body.key);
    waiting.push(body);
    plan();
  } else if (type === 'delete') {
    waiting = waiting.filter(({ key }) => key !== body.key);
    deleted.push(body.key);
    plan();
  }
}

/** Follows the tree until it is stopped: resumes where it was, and says so while it cannot. */
export function startLive(): () => void {
  const stop = new AbortController();
  let attempt = new AbortController();
  let wake: () => void = () => undefined;
  const online = (): void => wake();
  const watch = (): void => {
    if (stop.signal.aborted) return;
    if (stream.value.phase !== 'lost' && isSilent(stream.value, wallNow())) attempt.abort();
    after(5000, watch);
  };
  const again = (): void => {
    if (stop.signal.aborted) return;
    attempt = new AbortController();
    wake = () => undefined;
    // Whatever ended it, it is lost, and tried again; the banner says so.
    void follow(attempt.signal).then(lost, lost);
  };
  const lost = (): void => {
    if (stop.signal.aborted) return;
    step({ type: 'lost' });
    const cancel = after(pauseMs(stream.value.attempts, Math.random()), again);
    wake = () => {
      cancel();
      again();
    };
  };
  addEventListener('online', online);
  after(5000, watch);
  again();
  return () => {
    stop.abort();
    attempt.abort();
    removeEventListener('online', online);
  };
}

async function follow(signalOf: AbortSignal): Promise<void> {
  const { lastId } = stream.value;
  const response = await call('GET /events', {
    ...(lastId !== undefined && { headers: { 'last-event-id': lastId } }),
    signal: signalOf,
  });
  step({ type: 'open' });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new SseParser();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = parser.push(value);
    if (events.length === 0) step({ type: 'heard' });
    else batch(() => events.forEach(onEvent));
  }
}

/** The device of a server, as it is listed. */
export function deviceOf(server: string, name: string): DeviceSummary | undefined {
  return devices.value?.find((of) => of.server === server && of.name === name);
}
