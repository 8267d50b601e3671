import type { TitanicChange } from '../storage.js';
import type { Moment, Ticket, TicketAnswer, TitanicEffect, TitanicEvent } from './effects.js';

/** What is done when a commit has ended; `error` when it failed. */
export type Continuation = (moment: Moment, error: string | undefined) => void;

/** Collects what one step wants done, and keeps how it goes on when a commit has ended. */
export class Outbox {
  readonly #writes = new Map<number, Continuation>();
  #effects: TitanicEffect[] = [];
  #lastWrite = 0;

  push(effect: TitanicEffect): void {
    this.#effects.push(effect);
  }

  commit(change: TitanicChange, then: Continuation): void {
    const write = ++this.#lastWrite;
    this.#writes.set(write, then);
    this.#effects.push({ type: 'commit', write, changes: [change] });
  }

  note(change: TitanicChange): void {
    this.#effects.push({ type: 'note', changes: [change] });
  }

  answer(ticket: Ticket, answer: TicketAnswer): void {
    this.#effects.push({ type: 'answer', ticket, answer });
  }

  answerAll(tickets: readonly Ticket[] | undefined, answer: TicketAnswer): void {
    for (const ticket of tickets ?? []) this.answer(ticket, answer);
  }

  event(event: TitanicEvent): void {
    this.#effects.push({ type: 'event', event });
  }

  /** A commit has ended. */
  stored(moment: Moment, write: number, error: string | undefined): void {
    const then = this.#writes.get(write);
    this.#writes.delete(write);
    then?.(moment, error);
  }

  /** The effects of this step, in order. */
  take(): readonly TitanicEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
