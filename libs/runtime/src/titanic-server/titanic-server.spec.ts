import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, VirtualClock } from '@raspy/clock';
import { MdpClient, MdpWorker, startBroker } from '@raspy/mdp-protocol';
import { LogStore } from '@raspy/storage-log';
import type { TitanicEvent } from '@raspy/titanic-store';
import { frameText, textFrame } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import { Container } from 'inversify';
import { Executive } from '../lifecycle/executive.js';
import { silentLogger, type Logger } from '../log/logger.js';
import { RepeatLimiter } from '../log/repeat-limiter.js';
import { TITANIC_PARTS, titanicModule } from './module.js';
import { logTitanicEvent } from './titanic-log.js';
import { TitanicPart } from './titanic-part.js';

const never = new AbortController().signal;
let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'raspy-titanic-server-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

/** A logger that keeps the lines of the levels that people look at. */
function noted(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const line = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return {
    lines,
    logger: { ...silentLogger, info: line('info'), warn: line('warn'), error: line('error') },
  };
}

function part(logger: Logger = silentLogger): TitanicPart {
  return new TitanicPart({ dataDir, clock: systemClock, logger });
}

describe('Titanic as a part', () => {
  it('owns its folder alone, and says so to the second', async () => {
    const first = part();
    await first.start();
    const second = part().start();
    await expect(second).rejects.toMatchObject({ code: 'ENVIRONMENT' });
    await expect(second).rejects.toThrow('in use by this process');
    await first.stop(0);
    expect(first.healthy).toBe(false);
    expect(first.statistics()).toEqual({});
    expect(() => first.services).toThrow('Titanic does not run');
  });

  it('says which folder it cannot use, and why', async () => {
    await writeFile(join(dataDir, 'titanic'), 'a file in the way');
    const failed = part().start();
    await expect(failed).rejects.toMatchObject({ code: 'ENVIRONMENT' });
    await expect(failed).rejects.toThrow(join(dataDir, 'titanic'));
  });

  it('is ill after something could not be stored, and well when that works again', async () => {
    const titanic = part();
    await titanic.start();
    const { services } = titanic;
    expect(titanic.healthy).toBe(true);
    jest.spyOn(LogStore.prototype, 'commit').mockRejectedValueOnce(new Error('no space'));
    expect((await services['titanic.request']([textFrame('s'), textFrame('x')])).map(frameText)).toEqual([
      '500',
    ]);
    expect(titanic.healthy).toBe(false);
    await services['titanic.store'](['set', 'a', 'b', 'c', 'd'].map(textFrame));
    expect(titanic.healthy).toBe(true);
    await titanic.stop(0);
  });

  it('says loudly that its log is damaged, and goes on', async () => {
    let titanic = part();
    await titanic.start();
    const asked = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((letter) =>
      titanic.services['titanic.request']([textFrame('s'), textFrame(letter.repeat(100))]),
    );
    await Promise.all(asked);
    await titanic.services['titanic.request']([textFrame('s'), textFrame('last')]);
    await titanic.stop(0);
    const folder = join(dataDir, 'titanic');
    const [file] = (await readdir(folder)).filter((name) => name.endsWith('.log'));
    const { readFile } = await import('node:fs/promises');
    const bytes = await readFile(join(folder, file!));
    bytes.fill(0xff, 150, 160);
    await writeFile(join(folder, file!), bytes);

    const { logger, lines } = noted();
    titanic = part(logger);
    await titanic.start();
    expect(lines).toContainEqual(expect.stringContaining("error Titanic's log is damaged"));
    expect(titanic.statistics()['titanic.kept']).toBeGreaterThan(5);
    await titanic.stop(0);
  });
});

describe('Titanic in a process of its own', () => {
  const settings = {
    brokerIp: '127.0.0.1',
    brokerPort: 5514,
    kvChpPort: 0,
    hostname: 'pi',
    service: 'titanic',
    heartbeatMs: 100,
    liveness: 3,
    config: undefined,
    logLevel: 'info' as const,
    tracing: false,
    titanicMaxRequests: 100,
    titanicMaxMb: 1,
    titanicRetentionHours: 1,
    titanicConcurrency: 4,
    titanicAttemptMs: 5_000,
    titanicMaxAttempts: 2,
    clockTrust: 'auto' as const,
  };
  const endpoint = 'tcp://127.0.0.1:5514';
  const timing = { heartbeatIntervalMs: 100, heartbeatLiveness: 3 };

  function compose(transport: MemoryNetwork, logger: Logger = silentLogger): Executive {
    const container = new Container();
    container.load(
      titanicModule({ settings: { ...settings, dataDir }, clock: systemClock, logger, transport }),
    );
    return new Executive({ parts: container.get(TITANIC_PARTS), clock: systemClock, logger });
  }

  it('serves titanic.* beside a broker that does not, once that is there', async () => {
    const transport = new MemoryNetwork({ clock: systemClock });
    const executive = compose(transport);
    const started = executive.start(never);
    const broker = await startBroker({ endpoint, transport, ...timing });
    await started;
    const client = new MdpClient({ endpoint, transport });
    const worker = new MdpWorker({
      endpoint,
      transport,
      ...timing,
      service: 'echo',
      handle: (body) => Promise.resolve(body),
    });
    const ask = async (service: string, ...body: string[]) =>
      (await client.request(service, body)).map(frameText);
    const [status, id] = await ask('titanic.request', 'echo', 'hello');
    expect(status).toBe('200');
    let reply: string[];
    do reply = await ask('titanic.reply', id!);
    while (reply[0] === '300');
    expect(reply).toEqual(['200', 'hello']);
    expect(await ask('pi.titanic.mmi', 'status')).toEqual(['200']);
    await Promise.all([client.close(), worker.close()]);
    await executive.stop();
    await broker.close();
  });

  it('does not start beside another Titanic: replies would be asked of the wrong one', async () => {
    const transport = new MemoryNetwork({ clock: systemClock });
    const builtin = { 'titanic.request': () => [textFrame('500')] };
    const broker = await startBroker({ endpoint, transport, ...timing, builtin });
    const refused = compose(transport).start(never);
    await expect(refused).rejects.toMatchObject({ code: 'ENVIRONMENT' });
    await expect(refused).rejects.toThrow('--titanic=false');
    await broker.close();
  });

  it('waits for what is left of one that was killed, and gives up on one that lives', async () => {
    const transport = new MemoryNetwork({ clock: systemClock });
    const broker = await startBroker({ endpoint, transport, ...timing });
    const other = new MdpWorker({
      endpoint,
      transport,
      ...timing,
      service: 'titanic.request',
      handle: (body) => Promise.resolve(body),
    });
    while (broker.workersOf('titanic.request') === 0) await new Promise((resolve) => setImmediate(resolve));
    const { logger, lines } = noted();
    const refused = compose(transport, logger).start(never);
    await expect(refused).rejects.toThrow('has a Titanic already');
    expect(lines).toContainEqual(expect.stringContaining('waiting for what is left'));

    const started = compose(transport);
    const starting = started.start(never);
    await other.close();
    await starting;
    await started.stop();
    await broker.close();
  });
});

describe('the log of Titanic', () => {
  const about = { id: '0'.repeat(32), service: 's' };
  const events: [TitanicEvent, string][] = [
    [
      { type: 'attempt-failed', ...about, reason: 'lost', attempts: 1, mayHaveRun: true, retryInMs: 999.6 },
      'warn a durable request to s failed (lost); again in 1000 ms',
    ],
    [{ type: 'dead', ...about, reason: 'lost' }, 'raspy titanic show 0000'],
    [{ type: 'expired', ...about, reason: 'too late' }, 'expired and will not be done: too late'],
    [{ type: 'dead-letter-lost', ...about }, 'error there are more dead letters than are kept'],
    [{ type: 'refused', service: 's', reason: 'full' }, 'refused: as many requests or bytes are kept'],
    [{ type: 'storage-failed', reason: 'no space', retrying: true }, '(no space); it is tried again'],
    [{ type: 'storage-failed', reason: 'no space', retrying: false }, 'whoever asked was told'],
    [{ type: 'clock', trusted: false, held: 3 }, 'warn the clock is not to be believed; 3 durable requests'],
    [{ type: 'clock', trusted: true, held: 3 }, 'info the clock is right now'],
    [
      { type: 'store-failed', action: 'set', reason: 'too long' },
      'error titanic.store could not set: too long',
    ],
    [{ type: 'policy-refused', service: 's', mistake: 'm' }, 'error the policy for s has mistakes'],
  ];

  it.each(events)('tells %j as a line for people', (event, told) => {
    const { logger, lines } = noted();
    logTitanicEvent(event, new RepeatLimiter(logger, new VirtualClock()));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(told);
  });
});
