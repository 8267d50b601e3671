import { toolSettings, serverSettings } from './common-settings.js';
import { renderHelp } from './help.js';
import { structure } from './setting.js';

const machine = { hostname: 'pi', homeDir: '/home/pi', env: {} };

it('shows usage, each flag with its default and its variable, and examples', () => {
  const help = renderHelp(
    {
      usage: 'raspy-x [options]',
      summary: 'Does x.',
      settings: serverSettings,
      examples: [['raspy-x', 'does it']],
    },
    machine,
  );
  expect(help).toMatch(/^Usage: raspy-x \[options\]\n\nDoes x\.\n/);
  expect(help.replace(/\s+/g, ' ')).toContain(
    '--hostname=NAME Name of this machine on the bus: the first part of each service name (default: pi; env: RASPY_HOSTNAME)',
  );
  expect(help).toContain('--version');
  expect(help).toMatch(/Examples:\n {2}raspy-x +does it\n$/);
});

it('is never wider than 100 characters', () => {
  const words = Array.from({ length: 60 }, () => 'word').join(' ');
  const help = renderHelp(
    {
      usage: 'x',
      summary: words,
      settings: toolSettings,
      sections: [{ title: 'Arguments', rows: [['<an-argument-with-a-very-long-name-indeed>', words]] }],
    },
    machine,
  );
  expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(help).toContain('  <an-argument-with-a-very-long-name-indeed>\n');
});

it('shows switches without a value, and what only the file can hold apart', () => {
  const devices = structure({
    description: 'The devices',
    default: [],
    defaultText: 'none',
    schema: () => Promise.reject(new Error('not needed for help')),
  });
  const help = renderHelp({ usage: 'x', summary: 'X.', settings: { ...toolSettings, devices } }, machine);
  expect(help).toMatch(/^ {2}--json {2,}Print JSON/m);
  expect(help).toMatch(/In the file only:\n {2}devices: +The devices \(default: none\)\n/);
});
