import { systemClock, VirtualClock } from '@raspy/clock';
import fc from 'fast-check';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettingsError } from '../config/settings-error.js';
import { silentLogger } from '../log/logger.js';
import { askHome } from './control-client.js';
import { ControlDoor, type ControlDoorOptions } from './control-door.js';
import { controlPath } from './control-path.js';
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from './control-protocol.js';

let dataDir: string;
const doors: ControlDoor[] = [];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'raspy-control-'));
});
afterEach(async () => {
  await Promise.all(doors.splice(0).map((door) => door.stop(100)));
  await rm(dataDir, { recursive: true });
});

async function open(options: Partial<ControlDoorOptions> = {}): Promise<ControlDoor> {
  const door = new ControlDoor({
    dataDir,
    handle: (request) => Promise.resolve(`${request} done`),
    clock: systemClock,
    logger: silentLogger,
    ...options,
  });
  await door.start();
  doors.push(door);
  return door;
}
const ask = (request: 'status' | 'stop' | 'reload', timeoutMs = 5_000): Promise<unknown> =>
  askHome(request, { dataDir, clock: systemClock, timeoutMs });

/** Sends bytes as they are, and reads until the other side closes. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(join(dataDir, 'control.sock'), () => socket.write(bytes));
    socket
      .on('data', (chunk: Buffer) => (text += chunk.toString()))
      .on('error', () => undefined)
      .on('close', () => resolve(text));
  });
}

describe('the control socket', () => {
  it('answers whoever asks, for its owner alone, and leaves nothing behind', async () => {
    const door = await open();
    expect(await ask('status')).toBe('status done');
    expect(await ask('reload')).toBe('reload done');
    expect((await stat(join(dataDir, 'control.sock'))).mode & 0o777).toBe(0o600);
    await door.stop(1_000);
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('says when no home runs, and that one cannot be stopped that is gone', async () => {
    await expect(ask('status')).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: `no home runs on ${dataDir}: start one with raspy start`,
    });
  });

  it('passes on why the home did not do it, mistakes of the settings each', async () => {
    const problems = [{ where: 'raspy.yaml:1:1', problem: 'is wrong' }];
    const answers = [new SettingsError(problems), new Error('no')];
    await open({ handle: () => Promise.reject(answers.shift() ?? new Error('none is left')) });
    await expect(ask('reload')).rejects.toMatchObject({ code: 'SETTINGS', problems });
    await expect(ask('reload')).rejects.toMatchObject({ code: 'FAILED', message: 'no' });
  });

  it('refuses what is no request, also one that never ends', async () => {
    await open();
    const refusal = /^\{"ok":false,"error":\{"code":"BAD_REQUEST","message":"no such request: ask for one of/;
    expect(await raw('{"request":"explode"}\n')).toMatch(refusal);
    expect(await raw('nonsense\n')).toMatch(refusal);
    expect(await raw('x'.repeat(100_000))).toMatch(refusal);
    expect(await ask('status')).toBe('status done');
  });

  it('shuts out who connects and says nothing', async () => {
    const clock = new VirtualClock();
    await open({ clock });
    const silent = raw('{"request":');
    while (clock.nextAt === Infinity) await new Promise((resolve) => setImmediate(resolve));
    clock.advanceBy(5_000);
    expect(await silent).toBe('');
  });

  it('gives answers that are under way their time before it closes, and no more', async () => {
    let finish: ((value: string) => void) | undefined;
    const begun = new Promise<void>((resolve) => {
      void open({
        handle: (request) => {
          resolve();
          return request === 'stop' ? new Promise((done) => (finish = done)) : new Promise(() => undefined);
        },
      });
    });
    while (doors.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const stopped = ask('stop');
    await begun;
    const closed = doors[0]!.stop(5_000);
    finish?.('stopped all');
    expect(await stopped).toBe('stopped all');
    await closed;
    await open({ handle: () => new Promise(() => undefined) });
    const hanging = ask('status');
    const settled = expect(hanging).rejects.toMatchObject({ code: 'CONTROL_CLOSED' });
    await raw('x\n');
    await doors[1]!.stop(10);
    await settled;
  });

  it('is not waited for longer than one wants', async () => {
    await open({ handle: () => new Promise(() => undefined) });
    await expect(ask('status', 20)).rejects.toMatchObject({
      code: 'CONTROL_TIMEOUT',
      message: `the home on ${dataDir} did not answer within 20 ms`,
    });
  });

  it('replaces the socket of a home that was killed, but of none that lives, and nothing else', async () => {
    const path = join(dataDir, 'control.sock');
    const other = createServer().listen(path);
    await new Promise((resolve) => other.once('listening', resolve));
    await expect(open()).rejects.toThrow(`another program listens at ${path}: stop it`);
    await new Promise((resolve) => other.close(resolve));
    await writeFile(path, '');
    await expect(open()).rejects.toThrow(`${path} is no socket`);
    await rm(path);
    const { TestProcess } = await import('../testing/test-process.js');
    const script = join(dataDir, 'leave.cjs');
    await writeFile(
      script,
      `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('bound'))`,
    );
    const killed = new TestProcess(script, []);
    await killed.until(/bound/);
    await killed.end('SIGKILL');
    await expect(ask('status')).rejects.toThrow('no home runs on');
    await open();
    expect(await ask('status')).toBe('status done');
  });

  it('refuses a second home on the data folder', async () => {
    await open();
    await expect(open()).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: expect.stringContaining(`the data folder ${dataDir} is in use by this process`) as string,
    });
    expect(await ask('status')).toBe('status done');
  });

  it('says when it cannot be made', async () => {
    const file = join(dataDir, 'a-file');
    await writeFile(file, '');
    const deep = join(dataDir, 'c'.repeat(120));
    await mkdir(deep);
    await expect(open({ dataDir: deep, system: { env: { XDG_RUNTIME_DIR: file } } })).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: expect.stringMatching(/^the control socket .* cannot be made \((EEXIST|ENOTDIR)\)/) as string,
    });
  });
});

describe('its path', () => {
  it('is in the data folder while the kernel takes it, else a hash of the folder in the user’s own folder', async () => {
    expect(await controlPath('/var/lib/raspy')).toBe('/var/lib/raspy/control.sock');
    const long = join(dataDir, 'a'.repeat(120));
    const env = { XDG_RUNTIME_DIR: '/run/user/1000' };
    const path = await controlPath(long, { env });
    expect(path).toMatch(/^\/run\/user\/1000\/raspy-[0-9a-f]{32}\.sock$/);
    expect(await controlPath(`${long}b`, { env })).not.toBe(path);
    expect(await controlPath(long, { env: { XDG_RUNTIME_DIR: 'relative' } })).toMatch(
      new RegExp(`^${tmpdir()}/raspy-\\d+/raspy-[0-9a-f]{32}\\.sock$`),
    );
    const edge = `/${'é'.repeat(46)}`;
    expect(await controlPath(edge, { platform: 'linux' })).toBe(`${edge}/control.sock`);
    expect(await controlPath(edge, { platform: 'darwin', env })).toMatch(/^\/run/);
  });

  it('serves a home whose folder has a long path', async () => {
    const deep = join(dataDir, 'b'.repeat(120));
    await mkdir(deep);
    const system = { env: { XDG_RUNTIME_DIR: dataDir } };
    await open({ dataDir: deep, system });
    expect(await askHome('status', { dataDir: deep, system, clock: systemClock, timeoutMs: 5_000 })).toBe(
      'status done',
    );
  });
});

describe('its lines', () => {
  it('never throw, whatever comes, and say what was sent', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        decodeRequest(line);
        decodeAnswer(line);
      }),
    );
    expect(decodeRequest(encodeRequest('stop').trim())).toBe('stop');
    const answer = { ok: true, result: { a: [1] } } as const;
    expect(decodeAnswer(encodeAnswer(answer))).toEqual(answer);
    expect(
      decodeAnswer('{"ok":false,"error":{"code":"A","message":"b","problems":[1,null]}}'),
    ).toBeUndefined();
  });
});
