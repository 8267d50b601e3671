import { join } from 'node:path';
import { TestProcess } from '@raspy/runtime/testing';

const BIN = join(__dirname, '../bin/raspy-web.mjs');
afterEach(() => TestProcess.killAll());

it('is a program that tells its settings, and refuses those that make no sense', async () => {
  const program = new TestProcess(BIN, ['--help']);
  expect(await program.ended).toBe(0);
  for (const flag of ['--web-ip', '--web-port', '--web-cert', '--web-trust-proxy', '--configuration']) {
    expect(program.stdout.text).toContain(flag);
  }
  const wrong = new TestProcess(BIN, ['--web-port=70000', '--web-ip=here', '--configuration=debug']);
  expect(await wrong.ended).toBe(2);
  expect(wrong.stderr.text).toContain('--web-ip: "here" will not do: give an address such as 127.0.0.1');
  expect(wrong.stderr.text).toContain(
    '--configuration: "debug" will not do: give one of development, testing',
  );
});
