import type { Frames } from '@raspy/wire';
import { answerMmi } from './sub-services.js';

const ask = (...texts: string[]): Frames => texts.map((text) => Buffer.from(text));
const read = (frames: Frames): string[] => frames.map((frame) => Buffer.from(frame).toString());

describe('<server>.mmi', () => {
  const well = { healthy: true, instanceId: 'i-1' };
  it('D22: answers status with 200 while every worker is well, and with 500 otherwise', () => {
    expect(read(answerMmi(ask('status'), well))).toEqual(['200']);
    expect(read(answerMmi(ask('status'), { ...well, healthy: false }))).toEqual(['500']);
  });
  it('answers instance with its id', () => {
    expect(read(answerMmi(ask('instance'), well))).toEqual(['i-1', '200']);
  });
  it('answers anything else with 501', () => {
    for (const body of [ask('stop'), ask(''), [], [Buffer.from([0xff, 0xfe])]]) {
      expect(read(answerMmi(body, well))).toEqual(['501']);
    }
  });
});
