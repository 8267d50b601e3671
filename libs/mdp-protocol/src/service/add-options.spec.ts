import { frameText, textFrame } from '@raspy/wire';
import { addRequestOptions } from './add-options.js';

const text = (body: readonly Uint8Array[]): string[] => body.map((frame) => frameText(frame));

describe('adding options to a body', () => {
  it('appends an options frame', () => {
    expect(text(addRequestOptions([textFrame('exec')], { key: 'k', deadline: 5 }))).toEqual([
      'exec',
      'RSPY1{"key":"k","deadline":5}',
    ]);
  });

  it('keeps what the body says itself: its key, and the earlier deadline', () => {
    const body = [textFrame('exec'), textFrame('RSPY1{"key":"own","deadline":9,"leaseMs":7}')];
    expect(text(addRequestOptions(body, { key: 'k', deadline: 5 }))).toEqual([
      'exec',
      'RSPY1{"key":"own","deadline":5,"leaseMs":7}',
    ]);
    expect(text(addRequestOptions(body, { key: 'k' }))[1]).toContain('"deadline":9');
  });

  it('adds a key where the body has options but none', () => {
    const body = [textFrame('exec'), textFrame('RSPY1{"leaseMs":7}')];
    expect(text(addRequestOptions(body, { key: 'k', trace: 't' }))[1]).toBe(
      'RSPY1{"key":"k","leaseMs":7,"trace":"t"}',
    );
  });

  it('leaves an options frame that cannot be read to its service', () => {
    const body = [textFrame('exec'), textFrame('RSPY1{')];
    expect(addRequestOptions(body, { key: 'k' })).toBe(body);
  });

  it('refuses options that cannot be sent', () => {
    expect(() => addRequestOptions([textFrame('exec')], { key: '' })).toThrow(RangeError);
  });
});
