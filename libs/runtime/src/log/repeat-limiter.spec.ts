import { VirtualClock } from '@raspy/clock';
import { silentLogger, type LogFields, type Logger } from './logger.js';
import { RepeatLimiter, type RepeatLimits } from './repeat-limiter.js';

function limited(limits?: RepeatLimits) {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const line = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push([level, message, ...(fields === undefined ? [] : [JSON.stringify(fields)])].join(' '));
  const logger: Logger = { ...silentLogger, warn: line('warn'), debug: line('debug') };
  return { clock, lines, limiter: new RepeatLimiter(logger, clock, limits) };
}

it('lets five lines of a key through in ten seconds, and tells once how many more there were', () => {
  const { clock, lines, limiter } = limited();
  for (let i = 0; i < 12; i++) limiter.log('warn', 'bad', `bad ${i}`);
  expect(lines).toEqual(['warn bad 0', 'warn bad 1', 'warn bad 2', 'warn bad 3', 'warn bad 4']);
  clock.advanceBy(9_999);
  expect(lines).toHaveLength(5);
  clock.advanceBy(1);
  expect(lines.slice(5)).toEqual(['warn suppressed 7 more of "bad" {"key":"bad","suppressed":7}']);
  limiter.log('warn', 'bad', 'again');
  expect(lines.at(-1)).toBe('warn again');
});

it('says nothing about a window in which nothing was suppressed', () => {
  const { clock, lines, limiter } = limited();
  limiter.log('debug', 'a', 'one', { n: 1 });
  clock.advanceBy(20_000);
  expect(lines).toEqual(['debug one {"n":1}']);
  expect(clock.nextAt).toBe(Infinity);
});

it('counts keys apart', () => {
  const { lines, limiter } = limited({ burst: 1 });
  for (const key of ['a', 'a', 'b', 'b']) limiter.log('warn', key, key);
  expect(lines).toEqual(['warn a', 'warn b']);
});

it('holds no more keys than it may, whatever comes', () => {
  const { clock, lines, limiter } = limited({ burst: 1, maxKeys: 2 });
  for (let i = 0; i < 100; i++) limiter.log('warn', `key ${i}`, `line ${i}`);
  expect(lines).toEqual(['warn line 0', 'warn line 1', 'warn line 2']);
  clock.advanceBy(10_000);
  expect(lines.slice(3)).toEqual(['warn suppressed 97 more of "others" {"key":"others","suppressed":97}']);
});
