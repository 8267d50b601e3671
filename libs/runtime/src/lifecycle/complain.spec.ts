import { SettingsError } from '../config/settings-error.js';
import { TestHost } from '../testing/index.js';
import { complain } from './complain.js';

it('lists what is wrong with the settings, and no more of it than a person looks through', () => {
  const host = new TestHost({ argv: [] });
  const problems = Array.from({ length: 1_000 }, (_, index) => ({
    where: `a.yaml:${index}`,
    problem: 'is wrong',
  }));
  complain(host, 'raspy-fake', new SettingsError(problems));
  const { lines } = host.stderr;
  expect(lines[0]).toBe('raspy-fake: 1000 settings are wrong');
  expect(lines[50]).toBe('  a.yaml:49: is wrong');
  expect(lines[51]).toBe('  and 950 more');
});
