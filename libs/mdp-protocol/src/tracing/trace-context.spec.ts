import fc from 'fast-check';
import { textFrame } from '@raspy/wire';
import { addRequestOptions } from '../service/add-options.js';
import { encodeOptions, splitOptions } from '../service/options-frame.js';
import { isTraceparent, traceContextOf } from './trace-context.js';

const CONTEXT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const split = (members: object) => {
  const read = splitOptions([textFrame('exec'), textFrame(`RSPY1${JSON.stringify(members)}`)]);
  return read.ok ? read.value.options : read.reason;
};

describe('The trace context of a request', () => {
  it('travels in its options frame, and stays when others are added', () => {
    const coded = encodeOptions({ traceparent: CONTEXT, tracestate: 'a=1' });
    if (!coded.ok) throw new Error(coded.reason);
    const body = addRequestOptions([textFrame('exec'), coded.value], {
      key: 'k',
      traceparent: CONTEXT.replace('b7', 'c7'),
    });
    const read = splitOptions(body);
    expect(read.ok && read.value.options).toEqual({ key: 'k', traceparent: CONTEXT, tracestate: 'a=1' });
    expect(read.ok && traceContextOf(read.value.options)).toEqual({
      traceparent: CONTEXT,
      tracestate: 'a=1',
    });
    expect(traceContextOf({ tracestate: 'a=1' })).toBeUndefined();
    expect(traceContextOf({ traceparent: CONTEXT })).toEqual({ traceparent: CONTEXT });
  });

  it('is left out where it has another form: a command is not refused for it', () => {
    expect(split({ key: 'k', traceparent: CONTEXT.toUpperCase(), tracestate: 'a=1' })).toEqual({ key: 'k' });
    expect(split({ traceparent: 5 })).toEqual({});
    expect(split({ traceparent: CONTEXT, tracestate: 'x'.repeat(513) })).toEqual({ traceparent: CONTEXT });
    expect(split({ traceparent: CONTEXT, tracestate: 'é' })).toEqual({ traceparent: CONTEXT });
  });

  it('is not sent in another form', () => {
    expect(encodeOptions({ traceparent: 'x' })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('"traceparent" is not of the form') as string,
    });
    expect(encodeOptions({ traceparent: CONTEXT, tracestate: '\n' })).toMatchObject({ ok: false });
  });

  it.each([
    [CONTEXT, true],
    [`cc-${CONTEXT.slice(3)}-what-comes-later`, true],
    [`ff-${CONTEXT.slice(3)}`, false],
    ['00-00000000000000000000000000000000-b7ad6b7169203331-01', false],
    ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', false],
    [`${CONTEXT}x`, false],
    ['', false],
  ])('%s: %s', (text, holds) => {
    expect(isTraceparent(text)).toBe(holds);
  });

  it('never makes a request unreadable, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (traceparent, tracestate) => {
        expect(typeof split({ traceparent, tracestate })).toBe('object');
      }),
    );
  });
});
