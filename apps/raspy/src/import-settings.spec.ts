import { textFrame, type Frame } from '@raspy/wire';
import { importSetting, type ImportMode } from './import-settings.js';

const setting = { service: 'scenario', section: 'main', key: 'keys', value: 'new' };
const careful: ImportMode = { dryRun: false, overwrite: false };

/** A store with one value, which `meanwhile` may change before each compare-and-set. */
function store(
  value: string | undefined,
  meanwhile: (value: Frame | undefined) => Frame | undefined = (same) => same,
) {
  let now = value === undefined ? undefined : textFrame(value);
  return {
    value: () => (now === undefined ? undefined : String(now)),
    get: () => Promise.resolve(now),
    compareAndSet: (...[, , , expected, wanted]: [string, string, string, Frame | undefined, Frame]) => {
      now = meanwhile(now);
      const same = String(now) === String(expected);
      if (same) now = wanted;
      return Promise.resolve(same);
    },
  };
}

it.each([
  ['adds what is not there', undefined, careful, 'added', 'new'],
  ['leaves what is the same', 'new', careful, 'same', 'new'],
  ['keeps what differs', 'old', careful, 'differs', 'old'],
  ['replaces what differs when told to', 'old', { ...careful, overwrite: true }, 'overwritten', 'new'],
  ['only looks when told to', undefined, { ...careful, dryRun: true }, 'added', undefined],
  ['only looks when told both', 'old', { dryRun: true, overwrite: true }, 'overwritten', 'old'],
])('%s', async (_, before, mode, type, after) => {
  const one = store(before);
  expect(await importSetting(one, setting, mode)).toEqual({ type });
  expect(one.value()).toBe(after);
});

it('never replaces what another writer has set meanwhile', async () => {
  const one = store(undefined, () => textFrame('theirs'));
  expect(await importSetting(one, setting, careful)).toEqual({ type: 'differs' });
  expect(one.value()).toBe('theirs');
});

it('gives up where another writer does not stop', async () => {
  let count = 0;
  const one = store('old', () => textFrame(`theirs ${count++}`));
  const result = await importSetting(one, setting, { dryRun: false, overwrite: true });
  expect(result).toEqual({ type: 'failed', problem: 'others set it all the time: stop them, and try again' });
  expect(count).toBe(10);
});

it('tells what the store does not take, and passes on that it cannot be asked', async () => {
  const failing = (code: string) => ({
    get: () => Promise.resolve(undefined),
    compareAndSet: () => Promise.reject(Object.assign(new Error('too long'), { code })),
  });
  expect(await importSetting(failing('STORE_FAILED'), setting, careful)).toEqual({
    type: 'failed',
    problem: 'too long',
  });
  await expect(importSetting(failing('TIMEOUT'), setting, careful)).rejects.toThrow('too long');
});
