import fc from 'fast-check';
import { SseParser } from '../../ui/model/sse.js';

const read = (...pieces: string[]) => {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

describe('a stream of events', () => {
  it('has events that end with an empty line', () => {
    expect(read('id: 1:2\nevent: set\ndata: {"a":1}\n\nevent: set\ndata: x')).toEqual([
      { id: '1:2', type: 'set', data: '{"a":1}' },
    ]);
  });

  it('joins lines of data, and keeps the id until there is another', () => {
    expect(read('id: 7\ndata: a\ndata: b\n\ndata: c\n\n')).toEqual([
      { id: '7', type: 'message', data: 'a\nb' },
      { id: '7', type: 'message', data: 'c' },
    ]);
  });

  it('passes over comments, events without data, unknown fields, a mark of byte order and ids with a NUL', () => {
    expect(
      read('\uFEFFdata: first\n\n: heartbeat\n\nevent: nothing\n\nretry: 10\nid: a\0b\ndata\n\n'),
    ).toEqual([
      { type: 'message', data: 'first' },
      { type: 'message', data: '' },
    ]);
  });

  it('says the same however it is cut, whatever ends its lines', () => {
    const event = fc.record({
      id: fc.stringMatching(/^\w{1,5}$/),
      type: fc.constantFrom('set', 'delete'),
      data: fc.stringMatching(/^[\w ]{1,20}$/),
    });
    const end = fc.constantFrom('\n', '\r\n', '\r');
    fc.assert(
      fc.property(fc.array(event), end, fc.array(fc.nat(500)), (events, line, cuts) => {
        const text = events
          .map(({ id, type, data }) => `id: ${id}${line}event: ${type}${line}data: ${data}${line}${line}`)
          .join('');
        const at = [...cuts.filter((cut) => cut <= text.length), 0, text.length].sort((a, b) => a - b);
        const pieces = at.slice(1).map((to, index) => text.slice(at[index], to));
        // What may be half of a line's end waits for more; a comment is more.
        expect(read(...pieces, ':\n')).toEqual(events);
      }),
    );
  });
});
