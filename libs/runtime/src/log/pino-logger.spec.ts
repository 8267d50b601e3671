import { createLogger } from './pino-logger.js';
import { silentLogger } from './logger.js';

function sink() {
  const written: string[] = [];
  return { written, write: (line: string) => void written.push(line) };
}

it('writes JSON lines with level and time as text, fields, and the message', async () => {
  const destination = sink();
  const logger = await createLogger({ name: 'raspy-x', level: 'trace', destination });
  logger.error('e', { why: 'w' });
  logger.warn('w');
  logger.info('i');
  logger.debug('d');
  logger.child({ device: 'lamp' }).trace('t');
  const lines = destination.written.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    ['error', 'e'],
    ['warn', 'w'],
    ['info', 'i'],
    ['debug', 'd'],
    ['trace', 't'],
  ]);
  expect(lines[0]).toMatchObject({ name: 'raspy-x', pid: process.pid, why: 'w' });
  expect(lines[0]!['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(lines[4]).toMatchObject({ device: 'lamp' });
});

it('keeps quiet below its level, and altogether when silent', async () => {
  const destination = sink();
  (await createLogger({ name: 'x', level: 'warn', destination })).info('no');
  (await createLogger({ name: 'x', level: 'silent', destination })).error('no');
  silentLogger.child({}).error('no');
  expect(destination.written).toEqual([]);
});

it('writes lines for people on a terminal, coloured only when asked', async () => {
  const plain = sink();
  (await createLogger({ name: 'x', level: 'info', pretty: true, destination: plain })).info('hello', {
    a: 1,
  });
  expect(plain.written.join('')).toMatch(/^\[\d\d:\d\d:\d\d\] INFO \(x\): hello \{"a":1\}\n$/);
  const coloured = sink();
  (await createLogger({ name: 'x', level: 'info', pretty: true, colour: true, destination: coloured })).info(
    'hi',
  );
  expect(coloured.written.join('')).toContain('\u001b[');
});
