import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { frameText, type Frame, type Frames } from '@raspy/wire';
import {
  decodeToBroker,
  decodeToClient,
  decodeToWorker,
  encodeClientRequest,
  encodeReady,
  encodeSignal,
  encodeToClient,
  encodeWorkerReply,
  encodeWorkerRequest,
  MAX_ENVELOPE_FRAME_BYTES,
  MAX_ENVELOPE_FRAMES,
  MAX_SERVICE_BYTES,
  readWorkerCommand,
  type MdpVersion,
  type ToBroker,
} from './codec.js';

interface Vector {
  readonly id: string;
  readonly name: string;
  readonly to: 'router' | 'broker' | 'client' | 'worker1' | 'worker2';
  readonly frames: readonly string[];
  readonly expect: Readonly<Record<string, unknown>>;
}

function vectors(file: string): Vector[] {
  return JSON.parse(readFileSync(join(__dirname, '../test/vectors', file), 'utf8')) as Vector[];
}

const hex = (frame: Frame): string => Buffer.from(frame).toString('hex');
const bytes = (text: string): Frame => Buffer.from(text, 'hex');
const PEER = bytes('0080000041');

function decode(vector: Vector): object {
  const frames = vector.frames.map(bytes);
  switch (vector.to) {
    case 'router':
      return decodeToBroker(frames);
    case 'broker':
      return decodeToBroker([PEER, ...frames]);
    case 'client':
      return decodeToClient(frames);
    default:
      return decodeToWorker(frames, vector.to === 'worker1' ? 1 : 2);
  }
}

/** A decoded message with names and bodies as text, addresses and correlation frames as hex. */
function readable(message: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message).map(([key, value]: [string, unknown]) => {
      if (key === 'service') return [key, frameText(value as Frame)];
      if (key === 'address') return [key, hex(value as Frame)];
      if (key === 'body') return [key, (value as Frames).map(frameText)];
      if (key === 'envelope') return [key, (value as Frames).map(hex)];
      return [key, value];
    }),
  );
}

function encode({ to, expect: said }: Vector): Frames {
  const version = (said['version'] ?? (to === 'worker2' ? 2 : 1)) as MdpVersion;
  const service = Buffer.from(String(said['service']));
  const body = ((said['body'] ?? []) as string[]).map((text) => Buffer.from(text));
  const envelope = ((said['envelope'] ?? []) as string[]).map(bytes);
  const address = bytes((said['address'] ?? '') as string);
  switch (said['kind']) {
    case 'client-request':
      return encodeClientRequest(version, envelope, service, body);
    case 'ready':
      return encodeReady(version, service);
    case 'heartbeat':
    case 'disconnect':
      return encodeSignal(said['kind'], version);
    case 'request':
      return encodeWorkerRequest(version, PEER, address, body).slice(1);
    default: {
      const kind = said['kind'] as 'final' | 'partial';
      return to === 'client'
        ? encodeToClient(kind, version, PEER, envelope, service, body).slice(1)
        : encodeWorkerReply(kind, version, address, body);
    }
  }
}

describe('byte vectors', () => {
  it.each(vectors('mdp.json'))('$id $name: reads as it should', (vector) => {
    expect(readable(decode(vector))).toEqual(vector.expect);
  });

  it.each(vectors('mdp.json').filter(({ to }) => to !== 'router'))(
    '$id $name: written byte for byte',
    (vector) => {
      expect(encode(vector).map(hex)).toEqual(vector.frames);
    },
  );

  it.each(vectors('mdp-negative.json'))('$id $name: malformed, and said why', (vector) => {
    expect(decode(vector)).toEqual(vector.expect);
  });
});

describe('ingress at the broker (PROTOCOLS §1.1)', () => {
  const text = (...frames: string[]): ToBroker =>
    decodeToBroker([PEER, ...frames.map((frame) => Buffer.from(frame, 'latin1'))]);

  it.each([
    ['no frame at all', []],
    ['one frame', ['MDPC02']],
    ['a wrong case', ['', 'mdpc01', 'echo', 'x']],
    ['a header of seven bytes', ['', 'MDPC011', 'echo', 'x']],
    ['a header of version 3', ['MDPC03', '\x01', 'echo', 'x']],
    ['a header of another role', ['', 'MDPX01', 'echo', 'x']],
    ['0.2 of a worker behind an empty frame', ['', 'MDPW02', '\x01', 'echo']],
    ['0.1 without its empty frame', ['MDPC01', 'echo', 'x']],
    ['a worker behind an envelope', ['id', '', 'MDPW01', '\x01', 'echo']],
    ['an envelope in front of nothing', ['id', '']],
    ['nothing but a delimiter', ['', '']],
  ])('%s is dropped', (_what, frames) => {
    expect(text(...frames)).toMatchObject({ kind: 'malformed' });
  });

  it('a correlation frame of 255 bytes is one, of 256 none', () => {
    const most = 'x'.repeat(MAX_ENVELOPE_FRAME_BYTES);
    expect(text(most, '', 'MDPC01', 'echo', 'x')).toMatchObject({ kind: 'client-request' });
    expect(text(`${most}x`, '', 'MDPC01', 'echo', 'x')).toEqual({
      kind: 'malformed',
      reason: 'bad-envelope',
    });
  });

  it('eight correlation frames are an envelope, also for 0.2', () => {
    const eight = Array.from({ length: MAX_ENVELOPE_FRAMES }, (_, i) => String(i));
    for (const head of [['MDPC01'], ['MDPC02', '\x01']]) {
      const read = text(...eight, '', ...head, 'echo', 'x');
      expect(readable(read)).toMatchObject({
        kind: 'client-request',
        envelope: eight.map((id) => hex(Buffer.from(id))),
      });
    }
  });

  it('0.2 knows one client command only', () => {
    expect(text('MDPC02', '\x02', 'echo', 'x')).toEqual({ kind: 'malformed', reason: 'bad-command' });
    expect(text('MDPC02', '\x01\x01', 'echo', 'x')).toEqual({ kind: 'malformed', reason: 'bad-command' });
    expect(text('MDPC02', '\x01')).toEqual({ kind: 'malformed', reason: 'no-body' });
  });

  it('a service name has 1 to 4096 bytes', () => {
    const most = 'n'.repeat(MAX_SERVICE_BYTES);
    expect(text('', 'MDPC01', most, 'x')).toMatchObject({ kind: 'client-request' });
    expect(text('', 'MDPC01', `${most}n`, 'x')).toEqual({ kind: 'malformed', reason: 'bad-service' });
    expect(text('', 'MDPC01', '', 'x')).toEqual({ kind: 'malformed', reason: 'bad-service' });
  });

  it('the same byte is another command in the other version', () => {
    const address = ['addr', '', 'body'];
    expect(text('', 'MDPW01', '\x03', ...address)).toMatchObject({ kind: 'final', version: 1 });
    expect(text('MDPW02', '\x03', ...address)).toMatchObject({ kind: 'partial', version: 2 });
    expect(text('', 'MDPW01', '\x04')).toMatchObject({ kind: 'heartbeat', version: 1 });
    expect(text('MDPW02', '\x04', ...address)).toMatchObject({ kind: 'final', version: 2 });
    expect(text('', 'MDPW01', '\x05')).toMatchObject({ kind: 'disconnect', version: 1 });
    expect(text('MDPW02', '\x05')).toMatchObject({ kind: 'heartbeat', version: 2 });
  });

  it.each([
    [1, ['', 'MDPW01']],
    [2, ['MDPW02']],
  ] as [MdpVersion, string[]][])(
    'what a worker of version %s may not send tells its version',
    (version, head) => {
      const bad = (...rest: string[]): ToBroker => text(...head, ...rest);
      const reply = version === 1 ? '\x03' : '\x04';
      expect(bad('\x02', 'a', '', 'b')).toEqual({ kind: 'unexpected-request', version });
      expect(bad('\x09')).toEqual({ kind: 'malformed', reason: 'bad-command', workerVersion: version });
      expect(bad('')).toEqual({ kind: 'malformed', reason: 'bad-command', workerVersion: version });
      expect(bad('\x01')).toEqual({ kind: 'malformed', reason: 'too-short', workerVersion: version });
      expect(bad('\x01', 'a', 'b')).toEqual({
        kind: 'malformed',
        reason: 'extra-frames',
        workerVersion: version,
      });
      expect(bad(reply, 'a')).toEqual({ kind: 'malformed', reason: 'too-short', workerVersion: version });
      expect(bad(reply, 'a', 'b')).toEqual({
        kind: 'malformed',
        reason: 'no-delimiter',
        workerVersion: version,
      });
      expect(bad(reply, 'a', '')).toEqual({ kind: 'malformed', reason: 'no-body', workerVersion: version });
    },
  );

  it('HEARTBEAT and DISCONNECT may carry more frames', () => {
    expect(text('', 'MDPW01', '\x04', 'more')).toEqual({ kind: 'heartbeat', version: 1 });
    expect(text('MDPW02', '\x06', 'more', '')).toMatchObject({ kind: 'disconnect', version: 2 });
  });

  it('empty frames behind the delimiter belong to the body', () => {
    expect(readable(text('', 'MDPW01', '\x03', 'addr', '', '', 'x', ''))).toMatchObject({
      body: ['', 'x', ''],
    });
  });
});

describe('what a worker reads', () => {
  it.each([
    [1, 'too-short', ['', 'MDPW01']],
    [2, 'too-short', ['MDPW02']],
    [1, 'no-delimiter', ['x', 'MDPW01', '\x04']],
    [1, 'unknown-header', ['', 'MDPW02', '\x04']],
    [2, 'unknown-header', ['MDPW01', '\x04']],
    [1, 'bad-command', ['', 'MDPW01', '\x03', 'a', '', 'b']],
    [2, 'bad-command', ['MDPW02', '\x07']],
    [1, 'too-short', ['', 'MDPW01', '\x02', 'a']],
    [2, 'no-delimiter', ['MDPW02', '\x02', 'a', 'x', 'b']],
    [2, 'no-body', ['MDPW02', '\x02', 'a', '']],
  ] as [MdpVersion, string, string[]][])('version %s, malformed: %s', (version, reason, frames) => {
    const read = decodeToWorker(
      frames.map((frame) => Buffer.from(frame, 'latin1')),
      version,
    );
    expect(read).toEqual({ kind: 'malformed', reason });
  });
});

describe('what a client reads', () => {
  it.each([
    ['too-short', []],
    ['unknown-header', ['x']],
    ['unknown-header', ['', 'MDPW01', 'echo', 'x']],
    ['unknown-header', ['', 'MDPC02', '\x03', 'echo', 'x']],
    ['bad-command', ['MDPC02', '\x01', 'echo', 'x']],
    ['no-body', ['MDPC02', '\x03', 'echo']],
    ['no-body', ['', 'MDPC01', 'echo']],
    ['bad-envelope', ['1', '2', '3', '4', '5', '6', '7', '8', '9', '', 'MDPC01', 'echo', 'x']],
  ])('malformed: %s', (reason, frames) => {
    expect(decodeToClient(frames.map((frame) => Buffer.from(frame, 'latin1')))).toEqual({
      kind: 'malformed',
      reason,
    });
  });
});

describe('properties', () => {
  const frame = fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array));
  const header = fc
    .constantFrom('MDPC01', 'MDPC02', 'MDPW01', 'MDPW02', 'MDPC03')
    .map((text) => Buffer.from(text));
  const command = fc.integer({ min: 0, max: 8 }).map((byte) => Buffer.of(byte));
  const anyFrame = fc.oneof(frame, header, command, fc.constant(Buffer.alloc(0)));
  const anyFrames = fc.array(anyFrame, { maxLength: 12 });
  const version = fc.constantFrom<MdpVersion>(1, 2);
  const body = fc.array(frame, { minLength: 1, maxLength: 5 });
  const service = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((array) => Buffer.from(array));
  const id = fc
    .uint8Array({ minLength: 1, maxLength: 20 })
    .map((array) => Buffer.from(array))
    .filter((array) => !/^MDP[CW]02$/.test(array.toString('latin1')));
  const envelope = fc.array(id, { maxLength: MAX_ENVELOPE_FRAMES });
  const runs = { numRuns: 2_000 };

  it('K40: decoding never throws, and always has an answer', () => {
    fc.assert(
      fc.property(anyFrames, version, (frames, at) => {
        const kinds = [decodeToBroker(frames), decodeToClient(frames), decodeToWorker(frames, at)].map(
          ({ kind }) => kind,
        );
        readWorkerCommand(frames);
        return kinds.every((kind) => typeof kind === 'string');
      }),
      { numRuns: 20_000 },
    );
  });

  it('a client request comes out as it went in', () => {
    fc.assert(
      fc.property(version, envelope, service, body, (version, envelope, service, body) => {
        const read = decodeToBroker([PEER, ...encodeClientRequest(version, envelope, service, body)]);
        expect(read).toEqual({ kind: 'client-request', version, envelope, service, body });
      }),
      runs,
    );
  });

  it('a reply comes out as it went in, and is not taken for a worker command', () => {
    fc.assert(
      fc.property(
        version,
        fc.boolean(),
        envelope,
        service,
        body,
        (version, last, envelope, service, body) => {
          const kind = last || version === 1 ? 'final' : 'partial';
          const frames = encodeToClient(kind, version, PEER, envelope, service, body);
          expect(decodeToClient(frames.slice(1))).toEqual({ kind, version, envelope, service, body });
          expect(readWorkerCommand(frames)).toBeUndefined();
        },
      ),
      runs,
    );
  });

  it('K11: what a worker says, a broker reads, and the other way round', () => {
    fc.assert(
      fc.property(version, fc.boolean(), frame, body, service, (version, last, address, body, service) => {
        const kind = last || version === 1 ? 'final' : 'partial';
        const toBroker = (frames: Frames): ToBroker => decodeToBroker([PEER, ...frames]);
        const request = encodeWorkerRequest(version, PEER, address, body);
        const signals = (['heartbeat', 'disconnect'] as const).map((signal) => {
          const frames = encodeSignal(signal, version, PEER);
          return [
            toBroker(encodeSignal(signal, version)),
            frames.length,
            decodeToWorker(frames.slice(1), version),
            readWorkerCommand(frames),
          ];
        });
        // Together, since jest takes longer to expect something than all of this.
        expect([
          toBroker(encodeReady(version, service)),
          toBroker(encodeWorkerReply(kind, version, address, body)),
          decodeToWorker(request.slice(1), version),
          readWorkerCommand(request),
          ...signals,
        ]).toEqual([
          { kind: 'ready', version, service },
          { kind, version, address, body },
          { kind: 'request', address, body },
          { kind: 'request', address },
          ...['heartbeat', 'disconnect'].map((kind) => [
            { kind, version },
            version === 1 ? 4 : 3,
            { kind },
            { kind },
          ]),
        ]);
      }),
      runs,
    );
  });
});
