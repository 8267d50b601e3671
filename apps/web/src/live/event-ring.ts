/** One event as it is sent to browsers. */
export interface LiveEvent {
  readonly seq: number;
  /** The key that it is about; `undefined` for what concerns all. */
  readonly key: string | undefined;
  /** As it goes out, with its id. */
  readonly text: string;
}

/** How much an {@link EventRing} remembers. */
export interface EventRingLimits {
  /** @default 4,096 */
  readonly events?: number;
  /** Characters of all of them. @default 4 Mi */
  readonly characters?: number;
}

/** The last events, so that a browser that was away for a moment misses nothing. Pure. */
export class EventRing {
  readonly #epoch: string;
  readonly #maxEvents: number;
  readonly #maxCharacters: number;
  #events: LiveEvent[] = [];
  /** Of `#events`: those before have been forgotten. */
  #first = 0;
  #characters = 0;
  #seq = 0;

  /** @param epoch - names this run; without `:` */
  constructor(epoch: string, { events = 4_096, characters = 4 * 1_048_576 }: EventRingLimits = {}) {
    this.#epoch = epoch;
    this.#maxEvents = events;
    this.#maxCharacters = characters;
  }

  /** The id of the latest event. */
  get id(): string {
    return `${this.#epoch}:${this.#seq}`;
  }

  get size(): number {
    return this.#events.length - this.#first;
  }

  add(name: string, key: string | undefined, data: object): LiveEvent {
    this.#seq += 1;
    const event = { seq: this.#seq, key, text: eventText(name, this.id, data) };
    this.#events.push(event);
    this.#characters += event.text.length;
    while (this.size > this.#maxEvents || this.#characters > this.#maxCharacters) {
      this.#characters -= this.#events[this.#first]!.text.length;
      this.#first += 1;
    }
    if (this.#first > this.#maxEvents) {
      this.#events = this.#events.slice(this.#first);
      this.#first = 0;
    }
    return event;
  }

  /** Nothing from before can be resumed: too much has changed at once. */
  forget(): void {
    this.#seq += 1;
    this.#events = [];
    this.#first = 0;
    this.#characters = 0;
  }

  /** What came after an event; `undefined` when that is not known any more, or was of another run. */
  since(id: string | undefined): readonly LiveEvent[] | undefined {
    const [, epoch, text] = /^([^:]*):(\d{1,15})$/.exec(id ?? '') ?? [];
    const seq = Number(text);
    if (epoch !== this.#epoch || seq > this.#seq || seq < this.#seq - this.size) return undefined;
    return this.#events.slice(this.#events.length - (this.#seq - seq));
  }
}

/** An event in the format of server-sent events. */
export function eventText(name: string, id: string, data: object): string {
  return `event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}
