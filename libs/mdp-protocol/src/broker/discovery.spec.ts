import { frameText, textFrame } from '@raspy/wire';
import { Discovery } from './discovery.js';

describe('discovery', () => {
  const names = ['a.devices', 'b.cron'].map((text) => ({ text, name: textFrame(text) }));

  it('looks at the names again only when they have changed', () => {
    const discovery = new Discovery();
    const candidates = jest.fn(() => names);
    const find = (revision: number): string[] | undefined =>
      discovery.find(textFrame('devices$'), revision, candidates)?.map(frameText);
    expect([find(1), find(1), find(2)]).toEqual(Array(3).fill(['a.devices']));
    expect(candidates).toHaveBeenCalledTimes(2);
  });

  it('keeps the sixteen latest patterns', () => {
    const discovery = new Discovery();
    const candidates = jest.fn(() => names);
    const ask = (pattern: string): unknown => discovery.find(textFrame(pattern), 1, candidates);
    for (let i = 0; i < 16; i++) ask(`p${i}`);
    ask('p0');
    ask('one more');
    candidates.mockClear();
    ask('p0');
    expect(candidates).not.toHaveBeenCalled();
    ask('p1');
    expect(candidates).toHaveBeenCalledTimes(1);
  });

  it('a pattern that cannot be used is refused without looking', () => {
    const candidates = jest.fn(() => names);
    expect(new Discovery().find(textFrame('('), 1, candidates)).toBeUndefined();
    expect(candidates).not.toHaveBeenCalled();
  });
});
