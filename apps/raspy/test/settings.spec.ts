import { TitanicHome } from './titanic-home.js';

let home: TitanicHome;
const raspy = (...argv: string[]) => home.raspy(...argv);
beforeEach(async () => {
  home = await TitanicHome.start();
});
afterEach(() => home.close());

describe('raspy settings', () => {
  it('sets, gets, lists and deletes values', async () => {
    expect(await raspy('settings', 'set', 'scenario', 'Main', 'Keys', '["tea"]')).toMatchObject({
      code: 0,
      out: [],
    });
    await raspy('settings', 'set', 'scenario', 'tea', 'conf', '{}');
    expect((await raspy('settings', 'ls')).out).toEqual(['scenario']);
    expect((await raspy('settings', 'ls', 'scenario')).out).toEqual(['Main', 'tea']);
    expect((await raspy('settings', 'ls', 'scenario', 'Main')).out).toEqual(['Keys']);
    expect((await raspy('settings', 'ls', '--json')).out).toEqual(['"scenario"']);
    const { host, ended } = home.running(['settings', 'get', 'scenario', 'Main', 'Keys']);
    expect((await ended).code).toBe(0);
    expect(host.stdout.text).toBe('["tea"]');
    expect((await raspy('settings', 'get', 'scenario', 'Main', 'Keys', '--json')).out).toEqual([
      JSON.stringify({ service: 'scenario', section: 'Main', key: 'Keys', value: '["tea"]' }),
    ]);
    expect(await raspy('settings', 'delete', 'scenario', 'Main', 'Keys')).toMatchObject({ code: 0, err: '' });
    expect(await raspy('settings', 'delete', 'scenario', 'Main', 'Keys')).toMatchObject({ code: 0, err: '' });
    expect(await raspy('settings', 'delete', 'scenario', 'tea')).toMatchObject({ code: 0 });
    expect(await raspy('settings', 'delete', 'scenario')).toMatchObject({ code: 0 });
    expect((await raspy('settings', 'ls')).out).toEqual([]);
  });

  it('tells that there is none', async () => {
    expect(await raspy('settings', 'get', 'scenario', 'main', 'keys')).toMatchObject({
      code: 1,
      out: [],
      err: 'raspy: there is no setting scenario main keys\n',
    });
  });

  it('takes bytes, and gives them back as they are, readable on a terminal', async () => {
    await raspy('settings', 'set', 'a', 'b', 'c', '0xff00');
    const raw = await raspy('settings', 'get', 'a', 'b', 'c');
    expect(raw.out).toEqual([]);
    expect(Buffer.concat(raw.bytes)).toEqual(Buffer.from([0xff, 0]));
    const terminal = home.running(['settings', 'get', 'a', 'b', 'c'], { isTTY: true });
    expect((await terminal.ended).out).toEqual(['hex:ff00']);
    await raspy('settings', 'set', 'a', 'b', 'd', 'text:\u001b\n');
    const shown = home.running(['settings', 'get', 'a', 'b', 'd'], { isTTY: true });
    expect((await shown.ended).out).toEqual(['\\u001b\\u000a']);
  });

  it('takes a value from standard input, up to 1 MiB', async () => {
    const set = ['settings', 'set', 'a', 'b', 'c', '-'];
    expect((await home.running(set, { stdin: ['{"x":', '1}\n'] }).ended).code).toBe(0);
    const { host, ended } = home.running(['settings', 'get', 'a', 'b', 'c']);
    await ended;
    expect(host.stdout.text).toBe('{"x":1}\n');
    const long = await home.running(set, { stdin: ['x'.repeat(1_048_576), 'y'] }).ended;
    expect(long).toMatchObject({ code: 2 });
    expect(long.err).toContain('standard input has more than 1 MiB');
  });

  it('tells when the store refuses', async () => {
    const { code, err } = await raspy('settings', 'set', 'a', 'b', 'k'.repeat(300), 'v');
    expect(code).toBe(1);
    expect(err).toContain('a name has more than 255 bytes');
  });
});
