import { frameText, textFrame } from '@raspy/wire';
import type { TitanicEffect } from '../../src/machine/effects.js';
import type { Entry } from '../../src/machine/entry.js';
import type { RequestId } from '../../src/request-id.js';
import type { OnExpire } from '../../src/storage.js';
import { MachineRig } from './machine-rig.js';
import { checkCounts } from './recount.js';

/** One thing that happens; `pick` chooses of what is there. */
export type Step =
  | {
      readonly type: 'submit';
      readonly target: number;
      readonly key: number;
      readonly from: number;
      readonly until: number;
      readonly onExpire: OnExpire;
    }
  | { readonly type: 'settle' | 'claim'; readonly fails: boolean }
  | { readonly type: 'reply'; readonly pick: number }
  | { readonly type: 'close' | 'retry'; readonly pick: number }
  | { readonly type: 'fail'; readonly pick: number; readonly mayHaveRun: boolean }
  | { readonly type: 'workers'; readonly target: number; readonly workers: number }
  | { readonly type: 'pass' | 'wall'; readonly ms: number }
  | { readonly type: 'trust' }
  | { readonly type: 'restart'; readonly written: number };

const TARGETS = ['a', 'b', 'pi.lamp.devices'];
const MAX_ATTEMPTS = 3;
const DEVICE_LIFE_MS = 60_000;

/** A machine in the hands of chance, beside what must be true of it; what is not throws. */
export class World {
  readonly rig: MachineRig;
  /** Everything that was ever acknowledged. */
  readonly #accepted = new Map<RequestId, string>();
  readonly #byKey = new Map<string, RequestId>();
  /** A close of them was acknowledged. */
  readonly #closed = new Set<RequestId>();
  readonly #done = new Set<RequestId>();
  /** Attempts that are under way: sent, not ended, not given up. */
  readonly #live = new Set<RequestId>();
  /** Of this process. */
  readonly #submits = new Map<number, string>();
  readonly #closes = new Map<number, RequestId>();
  readonly #asked = new Set<number>();
  readonly #retried = new Set<RequestId>();
  readonly #everSent: { id: RequestId; attempt: number }[] = [];
  readonly #acceptedAt = new Map<RequestId, number>();
  #seenEvents = 0;
  #seenClaims = 0;
  #seenSent = 0;

  constructor() {
    this.rig = new MachineRig({
      maxAttempts: MAX_ATTEMPTS,
      attemptTimeoutMs: 5_000,
      service: (name) => ({ concurrency: name === 'b' ? 2 : 1 }),
    });
    this.rig.isAuto = false;
    const original = this.rig.do.bind(this.rig);
    this.rig.do = (effects: readonly TitanicEffect[]): void => {
      original(effects);
      this.#check();
    };
  }

  step(step: Step): void {
    const { rig } = this;
    switch (step.type) {
      case 'submit':
        this.#submit(step);
        break;
      case 'settle':
        rig.settle(step.fails ? 'no room' : undefined);
        break;
      case 'claim':
        rig.answerClaim(!step.fails, step.fails ? 'no room' : undefined);
        break;
      case 'reply':
      case 'fail': {
        const sent = this.#everSent[step.pick % Math.max(1, this.#everSent.length)];
        if (sent === undefined) break;
        this.#everSent.splice(this.#everSent.indexOf(sent), 1);
        if (this.rig.machine.find(sent.id)?.attempt === sent.attempt) this.#live.delete(sent.id);
        if (rig.machine.find(sent.id) === undefined) break;
        if (step.type === 'reply') rig.reply(sent.id, 'reply', sent.attempt);
        else rig.fail(sent.id, step.mayHaveRun, sent.attempt);
        break;
      }
      case 'close': {
        const id = this.#any(step.pick);
        if (id === undefined) break;
        this.#close(id);
        break;
      }
      case 'retry': {
        const dead = [...rig.machine.all()].filter(({ state }) => state === 'dead');
        const { id } = dead[step.pick % Math.max(1, dead.length)]?.record ?? {};
        if (id === undefined) break;
        this.#retried.add(id);
        this.#asked.add(rig.retry(id));
        break;
      }
      case 'workers': {
        const target = TARGETS[step.target % TARGETS.length]!;
        if (rig.watched.has(target)) rig.workers(target, step.workers);
        break;
      }
      case 'pass':
        rig.pass(step.ms);
        break;
      case 'wall':
        rig.wall += step.ms;
        break;
      case 'trust':
        rig.trusted = !rig.trusted;
        break;
      case 'restart':
        this.#restart(step.written);
        break;
    }
    this.#check();
  }

  /** Everything goes well from now on: then everything must come to its end, and everybody be answered. */
  end(): void {
    const { rig } = this;
    rig.trusted = true;
    for (let turn = 0; turn < 2_000 && !this.#isQuiet(); turn++) {
      while (rig.settle() || rig.answerClaim(true));
      for (const target of rig.watched) rig.workers(target, 1);
      for (const { id, attempt } of this.#everSent.splice(0)) {
        this.#live.delete(id);
        rig.reply(id, 'reply', attempt);
      }
      while (rig.settle() || rig.answerClaim(true));
      rig.pass(turn < 200 ? 1_000 : 60_000);
    }
    if (!this.#isQuiet()) throw new Error(`it does not come to an end: ${this.#states()}`);
    const open = [...this.#asked].filter((ticket) => !rig.answers.has(ticket));
    if (open.length > 0) throw new Error(`tickets ${open.join()} are not answered`);
    for (const { record } of [...rig.machine.all()]) this.#close(record.id);
    while (rig.settle());
    rig.pass(5_000);
    const { kept, bytes, running } = rig.machine.statistics();
    if (kept + bytes + running !== 0) throw new Error(`${kept}, ${bytes} and ${running} are left`);
    if (rig.watched.size > 0) throw new Error('it watches for nothing');
  }

  #submit({ target, key, from, until, onExpire }: Extract<Step, { type: 'submit' }>): void {
    const { rig } = this;
    const name = TARGETS[target % TARGETS.length]!;
    const ticket = rig.submit(name, {
      body: [textFrame('x'.repeat(target))],
      submitted: key > 0,
      onExpire,
      ...(key > 0 && { key: String(key) }),
      ...(from > 0 && { notBefore: rig.wall + from }),
      ...(until > 0 && { expiresAt: rig.wall + from + until }),
    });
    this.#submits.set(ticket, key > 0 ? `${name} ${key}` : '');
    this.#asked.add(ticket);
  }

  #close(id: RequestId): void {
    const ticket = this.rig.close(id);
    this.#closes.set(ticket, id);
    this.#asked.add(ticket);
  }

  #restart(written: number): void {
    this.rig.write(written);
    // What reached the disk has happened, though the restart took its answer.
    for (const id of this.#closes.values()) {
      const found = this.rig.disk.get(id);
      if (found === undefined || found.stored.progress?.state === 'closed') this.#closed.add(id);
    }
    for (const set of [this.#submits, this.#closes, this.#asked, this.#live, this.#retried]) set.clear();
    this.#everSent.length = 0;
    this.#seenSent = 0;
    this.rig.restart(0);
  }

  /** Now and then one that there is not. */
  #any(pick: number): RequestId | undefined {
    const ids = [...this.#accepted.keys(), '0'.repeat(32)];
    return ids[pick % ids.length];
  }

  #check(): void {
    const { rig } = this;
    const { machine } = rig;
    this.#checkAnswers();
    this.#checkEvents();
    for (const { request } of rig.claims.slice(this.#seenClaims)) this.#checkClaim(request.id);
    this.#seenClaims = rig.claims.length;
    for (const sent of rig.sent.slice(this.#seenSent)) {
      this.#checkSent(machine.find(sent.id));
      if (this.#live.has(sent.id)) throw new Error('two attempts of one request are under way');
      this.#live.add(sent.id);
      this.#everSent.push({ id: sent.id, attempt: sent.attempt });
    }
    this.#seenSent = rig.sent.length;
    checkCounts(machine);
    for (const { attempts, state, record } of machine.all()) {
      if (attempts < 0 || attempts > MAX_ATTEMPTS) throw new Error(`${attempts} attempts`);
      if (state === 'done') this.#done.add(record.id);
    }
    for (const id of this.#accepted.keys()) {
      const state = rig.state(id);
      if (this.#closed.has(id)) {
        if (state !== undefined && state !== 'closed') throw new Error(`what was closed is ${state}`);
      } else if (state === undefined) throw new Error('what was accepted is lost');
      else if (this.#done.has(id) && state !== 'done' && state !== 'closed') {
        throw new Error(`what was done is ${state}`);
      }
    }
  }

  #checkAnswers(): void {
    for (const [ticket, key] of this.#submits) {
      const answer = this.rig.answers.get(ticket);
      if (answer === undefined) continue;
      this.#submits.delete(ticket);
      if (answer.type !== 'accepted') continue;
      if (!this.rig.disk.has(answer.id)) throw new Error('what is not on the disk was accepted');
      this.#accepted.set(answer.id, key);
      if (!this.#acceptedAt.has(answer.id)) this.#acceptedAt.set(answer.id, this.rig.now);
      const known = this.#byKey.get(key);
      if (key === '') continue;
      if (known !== undefined && known !== answer.id) throw new Error('a key was accepted twice');
      this.#byKey.set(key, answer.id);
    }
    for (const [ticket, id] of this.#closes) {
      if (this.rig.answers.get(ticket)?.type === 'ok') this.#closed.add(id);
    }
  }

  #checkEvents(): void {
    const { events } = this.rig;
    for (const event of events.slice(this.#seenEvents)) {
      if (event.type === 'attempt-failed') this.#live.delete(event.id);
    }
    this.#seenEvents = events.length;
  }

  #checkClaim(id: RequestId): void {
    const { rig } = this;
    const entry = rig.entry(id);
    const { lane } = entry;
    if (lane.running > Math.max(1, Math.min(lane.workers, lane.policy.concurrency))) {
      throw new Error(`${lane.running} attempts at a time for ${lane.workers} workers`);
    }
    const rank = this.#rank(entry);
    for (const other of rig.machine.all()) {
      if (other.lane === lane && other.state === 'waiting' && this.#rank(other) < rank) {
        throw new Error('a later request was begun before an earlier one');
      }
    }
  }

  #checkSent(entry: Entry | undefined): void {
    const { trusted, wall, now } = this.rig;
    if (entry === undefined) throw new Error('what is not there was sent');
    const { id, notBefore = -Infinity, expiresAt = Infinity, transient } = entry.record;
    const isTimed = notBefore !== -Infinity || expiresAt !== Infinity;
    if (isTimed && !(trusted && wall >= notBefore && wall < expiresAt))
      throw new Error('it was not its time');
    if (this.#done.has(id)) throw new Error('what is done was sent again');
    if (this.#closed.has(id)) throw new Error('what is closed was sent');
    const since = this.#acceptedAt.get(id) ?? now;
    if (transient && !this.#retried.has(id) && now - since >= DEVICE_LIFE_MS) {
      throw new Error('an order to a device was sent too late');
    }
  }

  /** A dead letter that was retried is at a new place, which only the machine knows. */
  #rank({ record, place }: Entry): number {
    return this.#retried.has(record.id) ? place.deadline : record.order;
  }

  #isQuiet(): boolean {
    const { waiting, running, held } = this.rig.machine.statistics();
    const isEnded = [...this.rig.machine.all()].every(({ state }) =>
      ['done', 'dead', 'expired', 'closed'].includes(state),
    );
    return waiting + running + held === 0 && isEnded && !this.rig.isWriting;
  }

  #states(): string {
    const states = [...this.rig.machine.all()].map(
      ({ state, lane, inFlight }) => `${lane.text} ${state} ${inFlight}`,
    );
    return `${states.join('; ')}; ${this.rig.writes.length} writes; ${[...this.rig.watched].map((name) => frameText(textFrame(name))).join()}`;
  }
}
