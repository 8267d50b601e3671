import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort, Workbench } from './processes.js';
import { until } from './supervised-home.js';

const guide = readFileSync(path.resolve(__dirname, '../../../docs/guides/first-scenario.md'), 'utf8');

/** Pieces of code in the guide, of one language, in their order. */
function pieces(language: string): string[] {
  return [...guide.matchAll(/```(\S*)[^\n]*\n([^]*?)```/g)].flatMap(([, of, code]) =>
    of === language ? [code!] : [],
  );
}

/** The guide "your first scenario" is followed as it is written: its files, and its commands one after the other. */
it('the guide of the first scenario holds', async () => {
  const bench = new Workbench();
  try {
    const folder = bench.folder();
    const port = await freePort();
    writeFileSync(path.join(folder, 'fill.json'), pieces('json')[0]!);
    writeFileSync(path.join(folder, 'fill.ts'), pieces('ts')[0]!);
    const [starting, ...commands] = pieces('sh')
      .join('')
      .split('\n')
      .map((line) => line.replace(/ +#.*$/, '').trim())
      .filter((line) => line !== '');
    expect(starting).toBe('npx raspy start --hostname=pi');

    const raspy = (command: string) => {
      const argv = command.replace(/^npx raspy /, '').split(' ');
      expect(command).toMatch(/^npx raspy /);
      const env = { RASPY_BROKER_PORT: String(port), RASPY_CONFIG: '/dev/null' };
      return bench.app(
        'raspy',
        argv.map((argument) => argument.replace(/(fill\S*\.(?:json|ts))$/, `${folder}/$1`)),
        env,
      );
    };
    const home = raspy(`${starting!} --data-dir=${bench.folder()}`);
    await home.until(() => home.stdout.includes('pi.fake.water-temperature'));

    const outputs = new Map<string, string>();
    for (const command of commands) {
      const running = raspy(command);
      if (command.includes('device watch')) {
        await running.until(() => running.stdout.includes('heater'));
        running.kill('SIGINT');
      }
      const code = await running.end();
      // It asks what its entries are: that is what the guide shows.
      const asks = command === 'npx raspy scenario import thermostat';
      expect({ command, code, stderr: asks ? '' : running.stderr }).toEqual({
        command,
        code: asks ? 2 : 0,
        stderr: '',
      });
      outputs.set(command, running.stdout + running.stderr);
    }
    expect(outputs.get('npx raspy scenario add fill --file=fill.json --code=fill.ts')).toBe('fill: idle\n');
    expect(outputs.get('npx raspy scenario run fill')).toBe('fill: running\n');
    expect(outputs.get('npx raspy scenario trace fill')).toContain('fired   by hand');
    expect(outputs.get('npx raspy scenario import thermostat')).toMatch(
      /water: a value \(Temperature of the water, °C\), e\.g\. /,
    );
    expect(outputs.get('npx raspy scenario ls')).toMatch(/^thermostat +background +running/m);

    // It fills, gives the pump back, and publishes that it is full.
    let trace = '';
    await until(async () => {
      const asked = raspy('npx raspy scenario trace fill');
      await asked.end();
      trace = asked.stdout;
      return /ended +returned/.test(trace);
    }, 500);
    expect(trace).toMatch(/sent +full = true/);
    const full = raspy('npx raspy kv get /scenario/fill/full');
    await full.end();
    expect(full.stdout).toContain('true');
  } finally {
    await bench.cleanUp();
  }
});
