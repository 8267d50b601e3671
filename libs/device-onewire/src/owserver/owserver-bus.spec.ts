import type { Socket } from 'node:net';
import { systemClock } from '@raspy/clock';
import { idOf } from '../../test/fake-bus.js';
import { answer, HostileServer, type Asked } from '../../test/hostile-server.js';
import { owserverName } from '../rom-id.js';
import { OwserverBus, type OwserverBusOptions } from './owserver-bus.js';

const ID = idOf('28-0316a2795eff');
const NAME = '28.FF5E79A21603';
const OTHER = idOf('28-00000000000b');

let server: HostileServer;
let bus: OwserverBus;

beforeEach(async () => {
  server = await HostileServer.start();
  bus = create();
});
afterEach(async () => {
  await bus.close();
  await server.stop();
});

function create(options: Partial<OwserverBusOptions> = {}): OwserverBus {
  const { host, port } = server;
  return new OwserverBus({
    host,
    port,
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
    const folder = '/unaliased/uncached';
    serve({
      [folder]: `${folder}/${NAME},${folder}/${owserverName(OTHER)},${folder}/bus.0,${folder}/settings,${folder}/..,${folder}/${NAME}\0`,
      [`/${owserverName(OTHER)}/alias`]: 'tank',
      [`/${NAME}/alias`]: '../etc',
    });
    expect(await bus.scan()).toEqual([{ id: OTHER, alias: 'tank' }, { id: ID }]);
  });

  it('are none', async () => {
    serve({ '/unaliased/uncached': '\0' });
    expect(await bus.scan()).toEqual([]);
  });

  it('cannot be listed', async () => {
    serve({});
    await refused(bus.scan(), 'UNREACHABLE');
  });
});

describe('a thermometer', () => {
  it('is read out of no cache', async () => {
    serve({ [`/uncached/${NAME}/tempres`]: '10', [`/uncached/${NAME}/temperature10`]: '     20.5625' });
    expect(await bus.temperature(ID)).toEqual({ celsius: 20.5625 });
  });

  it('that does not tell its resolution is read as the server likes', async () => {
    serve({ [`/uncached/${NAME}/temperature`]: '20.5' });
    expect(await bus.temperature(ID)).toEqual({ celsius: 20.5 });
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
    await refused(bus.temperature(ID), 'GARBLED', `temperature of ${ID} cannot be had: code -1`);
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
    expect(server.asked.slice(-2).map(({ path, value }) => `${path}=${value}`)).toEqual([
      `/uncached/${NAME}/templow=-5`,
      `/uncached/${NAME}/temphigh=40`,
    ]);
    expect(await bus.thermometer(ID)).toMatchObject({ resolution: 9, conversionMs: 94 });
  });

  it('that does not tell how it is set up leaves it open; one of nine bits cannot be given more', async () => {
    serve({ [`/uncached/${NAME}/power`]: '7', [`/uncached/${NAME}/tempres`]: '229' });
    expect(await bus.thermometer(ID)).toEqual({});
    await refused(bus.adjust(idOf('10-000802da8f1d'), { resolution: 12 }), 'UNSUPPORTED');
  });
});

describe('measuring together', () => {
  const folder = '/unaliased/uncached/bus.1';
  const sensors: Record<string, string> = {
    '/': '/uncached,/bus.1,/bus.x\0',
    [folder]: `${folder}/interface,${folder}/${NAME},${folder}/${owserverName(OTHER)},${folder}/simultaneous`,
    '/structure/28/latesttemp': 't,000000,000001,ro,000012,v,',
    '/bus.1/simultaneous/temperature': '',
    [`/uncached/${NAME}/power`]: '1',
    [`/uncached/${owserverName(OTHER)}/power`]: '1',
    [`/uncached/${NAME}/latesttemp`]: '20.5',
    [`/uncached/${owserverName(OTHER)}/latesttemp`]: '21',
    [`/uncached/${owserverName(OTHER)}/tempres`]: '12',
    [`/uncached/${owserverName(OTHER)}/temperature12`]: '22',
  };
  const commands = () => server.asked.filter(({ value }) => value === '1').map(({ path }) => path);

  it('is told by one write to their bus; what came of it is fetched once', async () => {
    serve(sensors);
    const [first, second] = await Promise.all([bus.convert([ID, OTHER]), bus.convert([ID, OTHER])]);
    expect([...first.keys()].sort()).toEqual([OTHER, ID].sort());
    expect(first.get(ID)).toBe(first.get(OTHER));
    expect(first.get(ID)).not.toBe(second.get(ID));
    expect(commands()).toEqual(['/bus.1/simultaneous/temperature', '/bus.1/simultaneous/temperature']);
    expect(await bus.temperature(OTHER)).toEqual({ celsius: 21 });
    expect(await bus.temperature(OTHER)).toEqual({ celsius: 22 });
  });

  it.each<[string, Record<string, string | undefined>]>([
    ['one of the bus lives on its data line', { [`/uncached/${owserverName(OTHER)}/power`]: '0' }],
    ['the server has no file that only fetches', { '/structure/28/latesttemp': undefined }],
    ['the server refuses', { '/bus.1/simultaneous/temperature': undefined }],
    ['another server is behind this one', { [folder]: `/${NAME},/${owserverName(OTHER)}` }],
    ['buses cannot be listed', { '/': undefined }],
  ])('is not done where %s', async (_, difference) => {
    const entries = Object.entries({ ...sensors, ...difference });
    serve(Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined)));
    expect((await bus.convert([ID, OTHER])).size).toBe(0);
  });

  it('is not done for one, nor while its resolution is to be set', async () => {
    serve(sensors);
    expect((await bus.convert([ID])).size).toBe(0);
    await bus.adjust(ID, { resolution: 12 });
    expect((await bus.convert([ID, OTHER])).size).toBe(0);
    serve({ ...sensors, [`/uncached/${NAME}/temperature12`]: '20' });
    expect(await bus.temperature(ID)).toEqual({ celsius: 20 });
    expect((await bus.convert([ID, OTHER])).size).toBe(2);
  });

  it('is not possible with a server that is away', async () => {
    await server.stop();
    expect((await bus.convert([ID, OTHER])).size).toBe(0);
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

it('takes what is invalid for a disturbed line where it reads, and for a refusal where it writes', async () => {
  server.behave = ({ type }, socket) => void socket.write(answer('', { code: type === 6 ? 0 : -22 }));
  await refused(bus.read(ID, 'PIO.A'), 'GARBLED');
  await refused(bus.write(ID, 'PIO.A', 'x'), 'REFUSED', `PIO.A of ${ID}: invalid (code -22)`);
});

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
