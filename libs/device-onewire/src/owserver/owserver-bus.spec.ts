import type { Socket } from 'node:net';
import { systemClock } from '@raspy/clock';
import { idOf } from '../../test/fake-bus.js';
import { answer, HostileServer, type Asked } from '../../test/hostile-server.js';
import { checkSum } from '../rom-id.js';
import { OwserverBus, type OwserverBusOptions } from './owserver-bus.js';

const ID = idOf('28-0316a2795eff');
const NAME = '28.FF5E79A21603';
const OTHER = idOf('28-00000000000b');

let server: HostileServer;
let bus: OwserverBus;
let logged: string[];

beforeEach(async () => {
  server = await HostileServer.start();
  logged = [];
  bus = create();
});
afterEach(async () => {
  await bus.close();
  await server.stop();
});

function create(options: Partial<OwserverBusOptions> = {}): OwserverBus {
  const { host, port } = server;
  const note = (message: string): void => void logged.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  return new OwserverBus({
    host,
    port,
    log,
    clock: systemClock,
    conversionMs: 1,
    silenceMs: 200,
    answerMs: 400,
    ...options,
  });
}

/** Answers of a server of good will, by path. */
function serve(files: Record<string, string>): void {
  server.behave = ({ path, type }, socket) => {
    const text = files[path];
    if (type === 6)
      socket.write(answer('', { code: Object.keys(files).some((file) => file.startsWith(path)) ? 0 : -1 }));
    else socket.write(text === undefined ? answer('', { code: -1 }) : answer(text));
  };
}
const refused = (promise: Promise<unknown>, code: string, message?: string) =>
  expect(promise).rejects.toMatchObject({ code, ...(message !== undefined && { message }) });

describe('the chips of a server', () => {
  it('are listed out of no cache, with the names that people gave them; what is no chip is left out', async () => {
    serve({
      '/uncached': `/uncached/${NAME},/uncached/tank,/uncached/bus.0,/uncached/settings,/uncached/..,/uncached/nobody,/uncached/${NAME}\0`,
      '/uncached/tank/address': `280B0000000000${checkSum(OTHER).toString(16).padStart(2, '0')}`,
    });
    expect(await bus.scan()).toEqual([{ id: OTHER, alias: 'tank' }, { id: ID }]);
    expect(server.asked.map(({ path }) => path)).toEqual([
      '/uncached',
      '/uncached/tank/address',
      '/uncached/nobody/address',
    ]);
  });

  it('are none', async () => {
    serve({ '/uncached': '\0' });
    expect(await bus.scan()).toEqual([]);
  });

  it('cannot be listed', async () => {
    serve({});
    await refused(bus.scan(), 'UNREACHABLE');
  });
});

describe('a thermometer', () => {
  it('is read out of no cache', async () => {
    serve({ [`/uncached/${NAME}/temperature`]: '     20.5625' });
    expect(await bus.temperature(ID)).toEqual({ celsius: 20.5625 });
  });

  it.each(['', 'nan', '1e999', '0x10', '20,5', '20.5.5', '12345', 'U', '\0'])(
    'is not at %p',
    async (text) => {
      serve({ [`/uncached/${NAME}/temperature`]: text });
      await refused(bus.temperature(ID), 'GARBLED');
    },
  );

  it('is away, or its line is disturbed: the server says the same of both, and is asked which', async () => {
    serve({ [`/uncached/${NAME}/other`]: '1' });
    await refused(bus.temperature(ID), 'GARBLED', `temperature of ${ID} cannot be had (code -1)`);
    await refused(bus.temperature(OTHER), 'ABSENT', `${OTHER} does not answer`);
  });

  it('is set up', async () => {
    serve({
      [`/uncached/${NAME}/tempres`]: '          11',
      [`/uncached/${NAME}/power`]: '1',
      [`/uncached/${NAME}/templow`]: '10',
      [`/uncached/${NAME}/temphigh`]: '30',
    });
    expect(await bus.thermometer(ID)).toEqual({
      resolution: 11,
      conversionMs: 375,
      externalPower: true,
      alarmLowCelsius: 10,
      alarmHighCelsius: 30,
    });
    await bus.adjust(ID, { resolution: 9, alarmLowCelsius: -5, alarmHighCelsius: 40 });
    expect(server.asked.slice(-3).map(({ path, value }) => `${path}=${value}`)).toEqual([
      `/uncached/${NAME}/tempres=9`,
      `/uncached/${NAME}/templow=-5`,
      `/uncached/${NAME}/temphigh=40`,
    ]);
  });

  it('that does not tell how it is set up leaves it open; one of nine bits cannot be given more', async () => {
    serve({ [`/uncached/${NAME}/power`]: '7', [`/uncached/${NAME}/tempres`]: '229' });
    expect(await bus.thermometer(ID)).toEqual({});
    await refused(bus.adjust(idOf('10-000802da8f1d'), { resolution: 12 }), 'UNSUPPORTED');
  });
});

describe('measuring together', () => {
  it('is told by one write, and the next wait for the next', async () => {
    const [first, second] = await Promise.all([bus.convert([ID, OTHER]), bus.convert([ID])]);
    expect([...first.keys()]).toEqual([ID, OTHER]);
    expect(first.get(ID)).not.toBe(second.get(ID));
    expect(server.asked.map(({ path, value }) => `${path}=${value}`)).toEqual([
      '/simultaneous/temperature=1',
      '/simultaneous/temperature=1',
    ]);
  });

  it('is not possible with a server that refuses it, which is said once', async () => {
    serve({});
    expect((await bus.convert([ID])).size).toBe(0);
    await bus.convert([ID]);
    expect(logged).toEqual(['thermometers are read one by one']);
  });

  it('is not possible with a server that is away', async () => {
    await server.stop();
    expect((await bus.convert([ID])).size).toBe(0);
    await server.listen();
  });
});

it.each(['../../etc/passwd', '/x', 'a/b/c', 'PIO.A\0', '', 'a..b', 'a b'])(
  'reads no property %p',
  async (property) => {
    await refused(bus.read(ID, property), 'REFUSED');
    await refused(bus.write(ID, property, '1'), 'REFUSED');
    expect(server.asked).toEqual([]);
  },
);

it('tells a refusal from a fault', async () => {
  server.behave = ({ type }, socket) => void socket.write(answer('', { code: type === 6 ? 0 : -65 }));
  await refused(bus.write(ID, 'PIO.A', '1'), 'REFUSED', `PIO.A of ${ID}: it cannot be set (code -65)`);
});

describe('a server that', () => {
  it('keeps connections is asked over two of them', async () => {
    await Promise.all(Array.from({ length: 20 }, () => bus.read(ID, 'x')));
    expect(server.connections).toBe(2);
  });

  it('does not keep them is asked over a new one each time', async () => {
    server.behave = (_, socket) => void socket.end(answer('1', { flags: 0x100 }));
    for (let i = 0; i < 3; i++) expect(await bus.read(ID, 'x')).toBe('1');
    expect(server.connections).toBe(3);
  });

  it('closes a connection that rests is asked again, but told nothing twice', async () => {
    server.behave = (_, socket, count) => {
      if (count === 2 || count === 4) socket.destroy();
      else socket.write(answer('1'));
    };
    expect(await bus.read(ID, 'x')).toBe('1');
    expect(await bus.read(ID, 'x')).toBe('1');
    expect(server.asked).toHaveLength(3);
    await refused(bus.write(ID, 'x', '1'), 'TIMEOUT');
    expect(server.asked).toHaveLength(4);
  });

  it('says that it is at work is waited for, but not for ever', async () => {
    server.behave = (_, socket) => {
      const timer = setInterval(() => socket.write(answer('', { length: -1 })), 20);
      socket.on('close', () => clearInterval(timer));
    };
    await refused(bus.read(ID, 'x'), 'TIMEOUT');
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['answers nothing', () => undefined, 'TIMEOUT'],
    ['closes at once', (socket) => socket.destroy(), 'TIMEOUT'],
    ['dies amidst a header', (socket) => socket.end(answer('1').subarray(0, 10)), 'TIMEOUT'],
    ['dies amidst an answer', (socket) => socket.end(answer('12345').subarray(0, 26)), 'TIMEOUT'],
    ['sends half an answer', (socket) => void socket.write(answer('12345').subarray(0, 26)), 'TIMEOUT'],
    ['sends garbage', (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), 'GARBLED'],
    [
      'claims to send two gigabytes',
      (socket) => void socket.write(answer('', { length: 0x7fffffff })),
      'GARBLED',
    ],
  ])('%s costs its request alone', async (_, behave, code) => {
    server.behave = (__, socket, count) => (count === 1 ? behave(socket) : void socket.write(answer('fine')));
    await refused(bus.read(ID, 'x'), code);
    expect(await bus.read(ID, 'x')).toBe('fine');
  });

  it('sends its answer byte by byte is understood', async () => {
    server.behave = (_, socket) => {
      for (const byte of answer('20.5')) socket.write(Uint8Array.of(byte));
    };
    expect(await bus.read(ID, 'x')).toBe('20.5');
  });

  it('answers twice loses its connection: the second is never taken for the next answer', async () => {
    bus = create({ connections: 1 });
    server.behave = ({ path }, socket, count) => {
      socket.write(count === 1 ? Buffer.concat([answer('1'), answer('wrong')]) : answer(path));
    };
    expect(await bus.read(ID, 'a')).toBe('1');
    expect(await bus.read(ID, 'b')).toBe(`/uncached/${NAME}/b`);
  });

  it('answers late is never taken to answer another', async () => {
    bus = create({ connections: 1, silenceMs: 60 });
    const late: (() => void)[] = [];
    server.behave = ({ path }: Asked, socket) => {
      if (path.endsWith('slow')) late.push(() => socket.write(answer('late')));
      else {
        for (const send of late) send();
        socket.write(answer('mine'));
      }
    };
    await refused(bus.read(ID, 'slow'), 'TIMEOUT');
    expect(await bus.read(ID, 'fast')).toBe('mine');
  });

  it('is gone is not asked at each turn, and found again', async () => {
    bus = create({ connections: 1 });
    await server.stop();
    await refused(bus.read(ID, 'x'), 'UNREACHABLE');
    await server.listen();
    const { message } = (await bus.read(ID, 'x').catch((error: unknown) => error)) as Error;
    expect(message).toMatch(/^owserver at 127\.0\.0\.1:\d+ cannot be reached: .*; is it running there\?$/);
    for (;;) {
      const text = await bus.read(ID, 'x').catch(() => undefined);
      if (text !== undefined) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
});

it('refuses more than it can hold', async () => {
  bus = create({ connections: 1, maxWaiting: 2 });
  server.behave = () => undefined;
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => bus.read(ID, 'x')));
  expect(
    outcomes.filter(
      ({ status, reason }: PromiseRejectedResult | { status: 'fulfilled'; reason?: never }) =>
        status === 'rejected' && (reason as { code: string }).code === 'REFUSED',
    ),
  ).toHaveLength(2);
});

it('ends what is under way when it is closed', async () => {
  server.behave = () => undefined;
  const reading = bus.read(ID, 'x');
  const waiting = bus.read(ID, 'y');
  await bus.close();
  await refused(reading, 'CLOSED');
  await refused(waiting, 'CLOSED');
  await refused(bus.read(ID, 'z'), 'CLOSED');
});
