import { PrometheusExposition } from '../src/index.js';
import { startMetricsServer } from '../src/http/index.js';
import { describeWith, run } from './debian-tools.js';
import { sample } from './sample.js';

describeWith('promtool', "Debian's promtool", () => {
  it('finds nothing to say about the exposition, whatever the labels are', async () => {
    const text = new PrometheusExposition([sample({ server: 'a"b' }), sample({ server: 'b\\' })]).text();
    const { code, stdout, stderr } = await run('promtool', ['check', 'metrics'], text);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('finds nothing to say about what /metrics answers', async () => {
    const server = await startMetricsServer({ managers: sample() });
    const text = await (await fetch(server.url)).text();
    await server.close();
    expect(await run('promtool', ['check', 'metrics'], text)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('would find a mistake', async () => {
    expect((await run('promtool', ['check', 'metrics'], 'raspy_a{x="\n"} 1\n')).code).not.toBe(0);
  });
});
