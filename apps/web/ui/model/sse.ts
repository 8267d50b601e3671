/** One server-sent event. */
export interface SseEvent {
  readonly id?: string;
  readonly type: string;
  readonly data: string;
}

/** Longest line and longest event that are taken, in characters; a stream beyond them is not ours. */
const MAX_CHARS = 64 * 1024 * 1024;

/**
 * Reads an event stream in pieces cut anywhere, as the HTML standard's section 9.2 has it. Comments are no events, but
 * {@link SseParser.push} is called for them: bytes of any kind are a sign of life.
 */
export class SseParser {
  #rest = '';
  #type = '';
  #data: string[] = [];
  #id: string | undefined;
  #first = true;

  /** The events that are complete by now. @throws RangeError when an event has no end */
  push(text: string): readonly SseEvent[] {
    if (this.#first && text !== '') {
      this.#first = false;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    const events: SseEvent[] = [];
    let rest = this.#rest + text;
    for (;;) {
      const end = /\r\n|\n|\r/.exec(rest);
      // A carriage return at the very end may be half of a line's end.
      if (end === null || (end[0] === '\r' && end.index === rest.length - 1)) break;
      const event = this.#line(rest.slice(0, end.index));
      if (event !== undefined) events.push(event);
      rest = rest.slice(end.index + end[0].length);
    }
    if (rest.length > MAX_CHARS) throw new RangeError('an event of the stream has no end');
    this.#rest = rest;
    return events;
  }

  #line(line: string): SseEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#type = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return undefined;
  }

  #dispatch(): SseEvent | undefined {
    const [type, data] = [this.#type || 'message', this.#data];
    this.#type = '';
    this.#data = [];
    if (data.length === 0) return undefined;
    return { type, data: data.join('\n'), ...(this.#id !== undefined && { id: this.#id }) };
  }
}
