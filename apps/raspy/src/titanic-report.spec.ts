import fc from 'fast-check';
import { asReport, asReports, countsText, deadCount } from './titanic-report.js';

const whole = {
  ...{ id: 'a', service: 's', state: 'dead', acceptedAt: 1, at: 2, attempts: 3, reason: 'r' },
  ...{ notBefore: 4, expiresAt: 5, key: 'k', bodyBytes: 6, replyBytes: 7 },
};

it('takes a request as it came, without what is not of it', () => {
  expect(asReport({ ...whole, extra: 1 })).toEqual(whole);
  const least = { id: 'a', service: 's', state: 'other', acceptedAt: 1, at: 2 };
  expect(asReport(least)).toEqual({ ...least, attempts: 0, bodyBytes: 0 });
});

it('leaves out what is no request', () => {
  expect(asReports([whole, null, [], 'x', {}, { ...whole, at: 'soon' }, { ...whole, id: 5 }])).toEqual([
    whole,
  ]);
  expect(asReports({ 0: whole })).toEqual([]);
});

it('never fails for anything that JSON can hold', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(Array.isArray(asReports([value, value]))).toBe(true);
      expect(countsText(value)).toContain('request');
      expect(deadCount(value)).toBeGreaterThanOrEqual(0);
    }),
    { examples: [[{ dead: 'x', kept: null }]] },
  );
});

it('counts by state', () => {
  expect(countsText({ kept: 0 })).toBe('no requests');
  expect(countsText({ kept: 1, running: 2 })).toBe('1 request: 2 running');
  expect(countsText({ kept: 12, waiting: 3, held: 1, dead: 1, running: 0 })).toBe(
    '12 requests: 3 waiting, 1 held, 1 dead, 7 done or expired',
  );
  expect(deadCount({ dead: 2 })).toBe(2);
});
