import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDataDir } from './data-dir-lock.js';
import { EnvironmentError, exitCodeOf } from './exit-code.js';

const folders: string[] = [];
const children: ChildProcess[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'raspy-lock-'));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    // It has its lock until it is gone, and the system gives the folder's number to the next one made.
    await once(child, 'exit');
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A process that locks a folder, says so, and stays. */
async function owner(folder: string, platform: string, thenWhat = ''): Promise<ChildProcess> {
  const source = `
    const { lockDataDir } = await import(${JSON.stringify(join(__dirname, 'data-dir-lock.ts'))});
    await lockDataDir(${JSON.stringify(folder)}, { platform: ${JSON.stringify(platform)} });
    console.log('locked');
    ${thenWhat}`;
  const child = spawn(
    process.execPath,
    ['--conditions=@raspy/source', '--import', 'tsx', '--input-type=module', '-e', source],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

const STAYS = 'setInterval(() => undefined, 1_000);';
const STUCK = 'for (;;);';

async function refusal(folder: string, platform: NodeJS.Platform): Promise<unknown> {
  return lockDataDir(folder, { platform }).then(
    () => 'was locked',
    (error: unknown) => error,
  );
}

describe.each<NodeJS.Platform>(['linux', 'darwin'])('a data folder on %s', (platform) => {
  it('has one owner in a process until it is released, which may be done twice', async () => {
    const folder = newFolder();
    const release = await lockDataDir(folder, { platform });
    const error = await refusal(folder, platform);
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(exitCodeOf(error)).toBe(3);
    expect((error as Error).message).toBe(
      `the data folder ${folder} is in use by this process: stop it, or choose another folder with --data-dir`,
    );
    await release();
    await release();
    await (
      await lockDataDir(folder, { platform })
    )();
  });

  it('is the same by any path, and another folder is not', async () => {
    const folder = newFolder();
    const link = join(newFolder(), 'link');
    symlinkSync(folder, link);
    const release = await lockDataDir(link, { platform });
    expect(await refusal(folder, platform)).toBeInstanceOf(EnvironmentError);
    await (
      await lockDataDir(newFolder(), { platform })
    )();
    await release();
  });

  it('names the process that has it, and is free when that was killed', async () => {
    const folder = newFolder();
    const child = await owner(folder, platform, STAYS);
    expect(await refusal(folder, platform)).toMatchObject({
      message:
        `the data folder ${folder} is in use by another RasPy process (pid ${child.pid!}): ` +
        'stop it, or choose another folder with --data-dir',
    });
    child.kill('SIGKILL');
    await once(child, 'close');
    await (
      await lockDataDir(folder, { platform })
    )();
  });

  it('does not keep its owner alive', async () => {
    const child = await owner(newFolder(), platform);
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
  });

  it('that is not there cannot be locked', async () => {
    expect(await refusal(join(newFolder(), 'none'), platform)).toMatchObject({
      code: 'ENVIRONMENT',
      message: expect.stringContaining('cannot be locked (ENOENT)') as unknown,
    });
  });
});

it('an owner that does not answer is refused all the same, without its number', async () => {
  const folder = newFolder();
  await owner(folder, 'linux', STUCK);
  expect(await refusal(folder, 'linux')).toMatchObject({
    message: expect.stringContaining('in use by another RasPy process: stop it') as unknown,
  });
});

const onLinux = process.platform === 'linux' ? it : it.skip;

onLinux('is released though somebody who asked for the owner stays connected', async () => {
  const folder = newFolder();
  const release = await lockDataDir(folder, { platform: 'linux' });
  const { dev, ino } = statSync(folder, { bigint: true });
  const asking = connect({ path: `\0raspy-data-${dev}-${ino}`, allowHalfOpen: true });
  await once(asking.resume(), 'end');
  await release();
  const again = await lockDataDir(folder, { platform: 'linux' });
  await again();
  asking.destroy();
});

it('a lock file that says nothing sensible is taken over, one of a process of another user is not', async () => {
  const folder = newFolder();
  const file = join(folder, '.raspy.lock');
  writeFileSync(file, 'nonsense');
  const release = await lockDataDir(folder, { platform: 'darwin' });
  expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
  await release();
  writeFileSync(file, '1');
  expect(await refusal(folder, 'darwin')).toMatchObject({
    message: expect.stringContaining('another RasPy process (pid 1)') as unknown,
  });
});
