import { frameText, textFrame } from '@raspy/wire';
import { encodeOptions, isOptionsFrame, splitOptions } from './options-frame.js';

const split = (...frames: string[]) => splitOptions(frames.map(textFrame));

describe('The options frame', () => {
  it('is RSPY1 followed by JSON of what was given', () => {
    const coded = encodeOptions({ key: 'k', deadline: 1_767_225_600_000, leaseMs: 120_000, trace: 't' });
    expect(coded.ok && frameText(coded.value)).toBe(
      'RSPY1{"key":"k","deadline":1767225600000,"leaseMs":120000,"trace":"t"}',
    );
    const none = encodeOptions({});
    expect(none.ok && frameText(none.value)).toBe('RSPY1{}');
  });

  it('is taken off the end, and only there', () => {
    expect(split('lamp', 'RSPY1{"key":"k","leaseMs":5}')).toEqual({
      ok: true,
      value: { args: [textFrame('lamp')], options: { key: 'k', leaseMs: 5 } },
    });
    expect(split('RSPY1{"key":"k"}', 'lamp')).toEqual({
      ok: true,
      value: { args: [textFrame('RSPY1{"key":"k"}'), textFrame('lamp')], options: {} },
    });
    expect(split()).toEqual({ ok: true, value: { args: [], options: {} } });
  });

  it('is one frame: the one before it is an argument, whatever it looks like', () => {
    expect(split('RSPY1{"key":"a"}', 'RSPY1{"key":"b"}')).toEqual({
      ok: true,
      value: { args: [textFrame('RSPY1{"key":"a"}')], options: { key: 'b' } },
    });
  });

  it('is known by its first five bytes', () => {
    expect(isOptionsFrame(textFrame('RSPY1'))).toBe(true);
    expect(isOptionsFrame(textFrame('RSPY'))).toBe(false);
    expect(isOptionsFrame(textFrame('rspy1{}'))).toBe(false);
  });

  it('may hold members that are not known', () => {
    expect(split('RSPY1{"colour":"red","key":"k"}')).toMatchObject({
      ok: true,
      value: { options: { key: 'k' } },
    });
  });

  it.each([
    ['RSPY1', 'not JSON'],
    ['RSPY1{', 'not JSON'],
    ['RSPY1 {} x', 'not JSON'],
    ['RSPY1[]', 'not a JSON object'],
    ['RSPY1null', 'not a JSON object'],
    ['RSPY1"key"', 'not a JSON object'],
    ['RSPY1{"key":""}', '"key" is not a text'],
    ['RSPY1{"key":5}', '"key" is not a text'],
    [`RSPY1{"key":"${'k'.repeat(256)}"}`, '"key" is not a text of 1 to 255'],
    ['RSPY1{"deadline":"soon"}', '"deadline" is not a unix time'],
    ['RSPY1{"deadline":null}', '"deadline" is not a unix time'],
    ['RSPY1{"deadline":1e999}', '"deadline" is not a unix time'],
    ['RSPY1{"leaseMs":0}', '"leaseMs" is not a positive number'],
    ['RSPY1{"leaseMs":"5"}', '"leaseMs" is not a positive number'],
    ['RSPY1{"trace":{}}', '"trace" is not a text'],
  ])('%s is refused: %s', (frame, reason) => {
    const read = split('lamp', frame);
    expect(read.ok).toBe(false);
    expect(!read.ok && read.reason).toContain(`options frame: ${reason}`);
  });

  it('is not written with what would be refused', () => {
    expect(encodeOptions({ deadline: NaN })).toMatchObject({ ok: false });
    expect(encodeOptions({ key: '' })).toMatchObject({ ok: false });
  });
});
