import type { Millis } from '@raspy/clock';
import { asBuffer, frameKey, peerText, type Frame } from '@raspy/wire';
import { encodeSignal, type MdpVersion } from '../codec.js';
import type { WorkerRemovalCause } from './events.js';
import type { Exchange, ExchangeParts } from './exchange.js';
import { WorkerRecord } from './worker-record.js';

/** Workers that expired, remembered for a hint should they come back. */
const REMEMBERED = 256;

interface WorkerTableParts extends Omit<ExchangeParts, 'entropy'> {
  readonly exchange: Exchange;
}

/** Who is registered, and since when nothing was heard of them (PROTOCOLS §4, §5). */
export class WorkerTable {
  readonly #parts: WorkerTableParts;
  readonly #records = new Map<string, WorkerRecord>();
  readonly #expired = new Map<string, { readonly service: string; readonly heardAt: Millis }>();

  constructor(parts: WorkerTableParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#records.size;
  }

  find(id: Frame): WorkerRecord | undefined {
    return this.#records.get(frameKey(id));
  }

  /** A worker that was not registered is now, idle, and last in line. */
  register(now: Millis, id: Frame, version: MdpVersion, name: Frame): WorkerRecord {
    const { services, outbox, counters } = this.#parts;
    const service = services.open(name);
    // A copy: the frame may be a slice of something large.
    const worker = new WorkerRecord(frameKey(id), Buffer.from(asBuffer(id)), version, service, now);
    this.#expired.delete(worker.key);
    this.#records.set(worker.key, worker);
    services.addWorker(worker);
    service.idle.append(worker);
    counters.workersRegistered++;
    outbox.event({ type: 'worker-registered', worker: peerText(id), service: service.text, version });
    return worker;
  }

  /** Tells a worker to start again, and removes it. */
  expel(now: Millis, worker: WorkerRecord, cause: WorkerRemovalCause): void {
    this.#parts.outbox.send(encodeSignal('disconnect', worker.version, worker.id));
    this.remove(now, worker, cause);
  }

  /**
   * The one way out for a worker: says nothing to it, and does nothing for one that has gone. What it had is lost.
   */
  remove(now: Millis, worker: WorkerRecord, cause: WorkerRemovalCause): void {
    if (this.#records.get(worker.key) !== worker) return;
    const { services, outbox, counters, exchange } = this.#parts;
    this.#records.delete(worker.key);
    services.removeWorker(worker);
    counters.workersRemoved++;
    const request = exchange.takeFrom(worker);
    const { service } = worker;
    const text = peerText(worker.id);
    const busy = request !== undefined;
    outbox.event({ type: 'worker-removed', worker: text, service: service.text, cause, busy });
    if (request !== undefined) exchange.lose(now, text, request);
    services.release(service);
  }

  heartbeat(now: Millis, worker: WorkerRecord): void {
    worker.heardAt = now;
    if (worker.inFlight !== undefined) {
      worker.beatsWhileBusy = true;
      worker.cadence.restart(now);
      return;
    }
    const expectedMs = this.#parts.options.heartbeatIntervalMs;
    const mismatch = worker.cadence.beat(now, expectedMs);
    if (mismatch === undefined) return;
    const service = worker.service.text;
    this.#parts.outbox.event({
      type: 'heartbeat-mismatch',
      worker: peerText(worker.id),
      service,
      ...mismatch,
      expectedMs,
    });
  }

  /** A heartbeat of a peer that is not registered: one that expired a while ago is alive after all, only too quiet. */
  noticeReturn(now: Millis, id: Frame): void {
    const known = this.#expired.get(frameKey(id));
    if (known === undefined) return;
    this.#expired.delete(frameKey(id));
    this.#parts.outbox.event({
      type: 'heartbeat-mismatch',
      worker: peerText(id),
      service: known.service,
      hint: 'returned',
      observedMs: now - known.heardAt,
      expectedMs: this.#parts.options.expiryMs,
    });
  }

  /**
   * Removes every worker that was silent for too long, and heartbeats to every one that was not sent anything in the
   * last interval, as far as `sends` go.
   * @param graceUntil - nobody is removed before
   * @returns when to come back, and what is left of `sends`
   */
  sweep(now: Millis, graceUntil: Millis, sends: number): { next: Millis; sends: number } {
    const { heartbeatIntervalMs, expiryMs } = this.#parts.options;
    let next = Infinity;
    for (const worker of this.#records.values()) {
      const expiresAt = Math.max(worker.expiresAt(expiryMs), graceUntil);
      if (expiresAt <= now) {
        this.#expire(now, worker);
        continue;
      }
      if (worker.sentAt + heartbeatIntervalMs <= now && sends > 0) {
        sends--;
        worker.sentAt = now;
        this.#parts.outbox.send(encodeSignal('heartbeat', worker.version, worker.id));
      }
      next = Math.min(next, expiresAt, worker.sentAt + heartbeatIntervalMs);
    }
    return { next, sends };
  }

  /** Says DISCONNECT to all, and forgets them. */
  disconnectAll(): void {
    for (const worker of this.#records.values()) {
      this.#parts.outbox.send(encodeSignal('disconnect', worker.version, worker.id));
    }
    this.#records.clear();
    this.#expired.clear();
  }

  #expire(now: Millis, worker: WorkerRecord): void {
    this.#expired.set(worker.key, { service: worker.service.text, heardAt: worker.heardAt });
    if (this.#expired.size > REMEMBERED) {
      const [oldest] = this.#expired.keys();
      this.#expired.delete(oldest!);
    }
    this.remove(now, worker, 'expired');
  }
}
