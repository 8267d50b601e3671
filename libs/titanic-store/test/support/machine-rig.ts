import { frameText, textFrame, type Frames } from '@raspy/wire';
import type { AttemptOutcome } from '../../src/machine/attempts.js';
import type { Moment, Ticket, TicketAnswer, TitanicEffect, TitanicEvent } from '../../src/machine/effects.js';
import type { Entry } from '../../src/machine/entry.js';
import type { TitanicOptions } from '../../src/machine/options.js';
import { TitanicMachine, type NewRequest } from '../../src/machine/titanic-machine.js';
import type { RequestId } from '../../src/request-id.js';
import type { StoredRequest, TitanicChange } from '../../src/storage.js';

type Effect<T extends TitanicEffect['type']> = Extract<TitanicEffect, { type: T }>;
/** What was given to the disk, in order; whoever waits for it is named. */
interface Write {
  readonly changes: readonly TitanicChange[];
  readonly commit?: number;
  readonly claim?: RequestId;
}

/** Of one request, as a restart finds it. */
interface OnDisk {
  readonly stored: StoredRequest;
  readonly reply: Frames | undefined;
}

/** 1 January 2026. */
export const EPOCH = Date.UTC(2026, 0, 1);

/** A machine with a disk and a bus that do what a test says; everything that it must never do throws. */
export class MachineRig {
  now = 0;
  wall = EPOCH;
  trusted = true;
  machine: TitanicMachine;
  /** Whether commits and claims end well, by themselves, right after each step. */
  isAuto = true;
  readonly disk = new Map<RequestId, OnDisk>();
  readonly answers = new Map<Ticket, TicketAnswer>();
  readonly events: TitanicEvent[] = [];
  readonly sent: Effect<'dispatch'>[] = [];
  readonly claims: Effect<'claim'>[] = [];
  readonly watched = new Set<string>();
  readonly writes: Write[] = [];
  /** Claims that are not answered, in the order of their making; durable ones wait for the disk. */
  readonly claiming: RequestId[] = [];
  readonly options: TitanicOptions;
  #lastTicket = 0;
  #ids = 0;
  #isSettling = false;

  constructor(options: TitanicOptions = {}) {
    this.options = options;
    this.machine = this.#newMachine();
  }

  get moment(): Moment {
    const { now, wall, trusted } = this;
    return { now, wall, trusted };
  }

  /** Whether somebody waits for the disk. */
  get isWriting(): boolean {
    return this.writes.some(({ commit, claim }) => commit !== undefined || claim !== undefined);
  }

  /** @returns the ticket */
  submit(target: string, more: Partial<NewRequest> = {}): Ticket {
    const ticket = ++this.#lastTicket;
    const request = { target: textFrame(target), body: [textFrame('body')], submitted: false, ...more };
    this.do(this.machine.submit(this.moment, ticket, request));
    return ticket;
  }

  /** Submits what is accepted at once. @returns its id */
  accept(target: string, more: Partial<NewRequest> = {}): RequestId {
    return this.idOf(this.submit(target, more));
  }

  idOf(ticket: Ticket): RequestId {
    const answer = this.answers.get(ticket);
    if (answer?.type !== 'accepted')
      throw new Error(`ticket ${ticket} was answered ${JSON.stringify(answer)}`);
    return answer.id;
  }

  close(id: RequestId): Ticket {
    const ticket = ++this.#lastTicket;
    this.do(this.machine.close(this.moment, ticket, id));
    return ticket;
  }

  retry(id: RequestId): Ticket {
    const ticket = ++this.#lastTicket;
    this.do(this.machine.retry(this.moment, ticket, id));
    return ticket;
  }

  workers(target: string, workers: number): void {
    this.do(this.machine.workers(this.moment, textFrame(target), workers));
  }

  ended(id: RequestId, outcome: AttemptOutcome, attempt = this.entry(id).attempt): void {
    this.do(this.machine.ended(this.moment, id, attempt, outcome));
  }

  reply(id: RequestId, text = 'reply', attempt?: number): void {
    this.ended(id, { type: 'reply', reply: [textFrame(text)] }, attempt);
  }

  fail(id: RequestId, mayHaveRun = true, attempt?: number): void {
    this.ended(id, { type: 'failed', reason: 'it broke', mayHaveRun }, attempt);
  }

  /** Both clocks go on; the machine is told whenever it wanted to be. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (let turns = 0; this.machine.nextDeadline <= end; turns++) {
      if (turns > 1_000) throw new Error('the machine wants to be ticked without end');
      if (this.machine.nextDeadline > this.now) turns = 0;
      this.#goTo(Math.max(this.now, this.machine.nextDeadline));
      this.tick();
    }
    this.#goTo(end);
  }

  tick(): void {
    this.do(this.machine.tick(this.moment));
  }

  /** The first commit that is under way ends, with all notes before it; those stay when it fails. */
  settle(error?: string): boolean {
    const index = this.writes.findIndex(({ commit, claim }) => commit !== undefined || claim !== undefined);
    if (index < 0) return false;
    const [write] = this.writes.splice(index, 1);
    if (error === undefined) {
      for (const { changes } of this.writes.splice(0, index)) this.#apply(changes);
      this.#apply(write!.changes);
    }
    const { commit, claim } = write!;
    if (claim !== undefined) this.#claimed(claim, error === undefined, error);
    else this.do(this.machine.stored(this.moment, commit!, error));
    return true;
  }

  /** The first claim that waits for no commit is answered. */
  answerClaim(granted: boolean, error?: string): boolean {
    const durable = new Set(this.writes.map(({ claim }) => claim));
    const id = this.claiming.find((claiming) => !durable.has(claiming));
    if (id === undefined) return false;
    this.#claimed(id, granted, error);
    return true;
  }

  /** So much of what was given to the disk reaches it, in order, and nobody is told. */
  write(count: number): void {
    for (const { changes } of this.writes.splice(0, count)) this.#apply(changes);
  }

  /**
   * The process ends and begins anew, on what is on the disk.
   * @param written - so much of what was given to the disk is there, in order, though nobody was told
   */
  restart(written = Infinity): void {
    this.write(written);
    for (const list of [this.writes, this.claiming, this.sent]) list.length = 0;
    this.watched.clear();
    this.now = 0;
    this.machine = this.#newMachine();
    this.do(this.machine.restore(this.moment, this.stored()));
  }

  stored(): StoredRequest[] {
    return [...this.disk.values()].map(({ stored }) => stored);
  }

  /** Restores what a test made up, in a new process. */
  restore(...stored: StoredRequest[]): void {
    for (const one of stored) this.disk.set(one.record.id, { stored: one, reply: undefined });
    this.restart();
  }

  entry(id: RequestId): Entry {
    const entry = this.machine.find(id);
    if (entry === undefined) throw new Error(`there is no request ${id}`);
    return entry;
  }

  state(id: RequestId): string | undefined {
    return this.machine.find(id)?.state;
  }

  /** Ids of what was sent since, in order. */
  takeSent(): RequestId[] {
    return this.sent.splice(0).map(({ id }) => id);
  }

  eventsOf<T extends TitanicEvent['type']>(type: T): Extract<TitanicEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<TitanicEvent, { type: T }> => event.type === type);
  }

  do(effects: readonly TitanicEffect[]): void {
    for (const effect of effects) this.#perform(effect);
    if (!this.isAuto || this.#isSettling) return;
    this.#isSettling = true;
    while (this.settle() || this.answerClaim(true));
    this.#isSettling = false;
  }

  #perform(effect: TitanicEffect): void {
    switch (effect.type) {
      case 'commit':
        this.writes.push({ changes: effect.changes, commit: effect.write });
        break;
      case 'note':
        this.writes.push({ changes: effect.changes });
        break;
      case 'claim': {
        const { request, progress, durable } = effect;
        this.claims.push(effect);
        this.claiming.push(request.id);
        const changes: readonly TitanicChange[] = [{ type: 'progress', request, progress }];
        this.writes.push(durable ? { changes, claim: request.id } : { changes });
        break;
      }
      case 'dispatch':
        this.sent.push(effect);
        break;
      case 'answer':
        if (this.answers.has(effect.ticket)) throw new Error(`ticket ${effect.ticket} is answered twice`);
        this.answers.set(effect.ticket, effect.answer);
        break;
      case 'watch':
      case 'unwatch': {
        const name = frameText(effect.target);
        const wants = effect.type === 'watch';
        if (this.watched.has(name) === wants) throw new Error(`${effect.type} of ${name} twice`);
        if (wants) this.watched.add(name);
        else this.watched.delete(name);
        break;
      }
      case 'event':
        this.events.push(effect.event);
        break;
    }
  }

  #claimed(id: RequestId, granted: boolean, error: string | undefined): void {
    this.claiming.splice(this.claiming.indexOf(id), 1);
    this.do(this.machine.claimed(this.moment, id, granted, error));
  }

  #apply(changes: readonly TitanicChange[]): void {
    for (const change of changes) {
      if (change.type === 'accept') {
        const { request: record } = change;
        this.disk.set(record.id, {
          stored: { record, progress: undefined, doubtful: false },
          reply: undefined,
        });
      } else if (change.type === 'remove') this.disk.delete(change.id);
      else if (change.type === 'progress' && this.disk.has(change.request.id)) {
        const { request: record, progress, reply } = change;
        this.disk.set(record.id, { stored: { record, progress, doubtful: false }, reply });
      }
    }
  }

  #goTo(now: number): void {
    this.wall += now - this.now;
    this.now = now;
  }

  #newMachine(): TitanicMachine {
    const entropy = (bytes: number): Uint8Array => {
      const made = Buffer.alloc(bytes);
      made.writeUInt32BE(++this.#ids);
      return made;
    };
    return new TitanicMachine({ ...this.options, entropy });
  }
}
