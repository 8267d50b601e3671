import fc from 'fast-check';
import { type Frames, textFrame } from '@raspy/wire';
import { z } from 'zod';
import { readStatus } from '../status-code.js';
import { action, defineService } from './definition.js';
import { type AnyKind, bytes, type FrameKind, json, keys, optional, rest, text } from './frame-kind.js';
import { serviceClient } from './service-client.js';
import { serviceHandler, type ServiceJob } from './service-handler.js';

// Hundreds of runs take a second; a busy machine may need several.
jest.setTimeout(30_000);

const JOB: ServiceJob = { signal: new AbortController().signal, partial: () => undefined };

/** A kind of one frame, and values that fit it. */
interface Sample {
  readonly kind: FrameKind<string, never, unknown>;
  readonly value: fc.Arbitrary<unknown>;
}

const words = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'grapheme' }).map((tail) => `RSPY1${tail}`),
);
// Minus zero is not told from zero by JSON.
const jsonValue = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const octets = fc.oneof(
  fc.uint8Array(),
  fc.uint8Array().map((tail) => Uint8Array.from([...Buffer.from('RSPY1'), ...tail])),
);

const sample = (name: string): fc.Arbitrary<Sample> =>
  fc.constantFrom<Sample>(
    { kind: text(name), value: words },
    { kind: json(name), value: jsonValue },
    { kind: json(name, z.object({ n: z.number() })), value: fc.record({ n: fc.integer() }) },
    { kind: bytes(name), value: octets },
  );

interface List {
  readonly kinds: readonly AnyKind[];
  /** One value a kind, `rest` as an array; what is left out is undefined. */
  readonly values: readonly unknown[];
}

/** A list of kinds in an order that may be declared, and values for it. */
const list: fc.Arbitrary<List> = fc
  .record({
    ones: fc.nat(3),
    tail: fc.constantFrom('none', 'optional', 'rest'),
    optionals: fc.nat(2),
  })
  .chain(({ ones, tail, optionals }) => {
    const fixed = fc.tuple(...Array.from({ length: ones }, (_, i) => sample(`one${i}`)));
    const more = tail === 'optional' ? optionals : tail === 'rest' ? 1 : 0;
    return fc
      .tuple(fixed, fc.tuple(...Array.from({ length: more }, (_, i) => sample(`more${i}`))))
      .chain(([first, second]): fc.Arbitrary<List> => {
        const head = {
          kinds: first.map(({ kind }) => kind as AnyKind),
          values: first.map(({ value }) => value),
        };
        if (tail === 'rest') {
          return fc
            .tuple(fc.tuple(...head.values), fc.array(second[0]!.value, { maxLength: 4 }))
            .map(([values, last]) => ({
              kinds: [...head.kinds, rest(second[0]!.kind as never)],
              values: [...values, last],
            }));
        }
        return fc
          .tuple(fc.tuple(...head.values), fc.tuple(...second.map(({ value }) => value)), fc.nat(more))
          .map(([values, last, given]) => ({
            kinds: [...head.kinds, ...second.map(({ kind }) => optional(kind as never))],
            values: [...values, ...last.map((value, i) => (i < given ? value : undefined))],
          }));
      });
  });

const options = fc.record(
  {
    key: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    deadline: fc.constant(Number.MAX_SAFE_INTEGER),
    leaseMs: fc.integer({ min: 1 }),
    trace: fc.string({ minLength: 1, maxLength: 20 }),
  },
  { requiredKeys: [] },
);

/** Values as a handler sees and returns them. */
function byName({ kinds, values }: List): Record<string, unknown> {
  const named: Record<string, unknown> = {};
  kinds.forEach((kind, i) => {
    if (values[i] !== undefined) named[kind.name] = values[i];
  });
  return named;
}

describe('Any service', () => {
  it('hands its handler what the client was given, and its client what the handler returned', async () => {
    await fc.assert(
      fc.asyncProperty(list, list, options, async (params, results, given) => {
        const definition = defineService({
          act: action('act', { params: params.kinds, result: results.kinds }),
        });
        const result = results.kinds.length < 2 ? results.values[0] : byName(results);
        const seen: unknown[] = [];
        const handle = serviceHandler(definition, {
          act: (args: unknown, { key, deadline, leaseMs, trace }) => {
            seen.push({ args, options: { key, deadline, leaseMs, trace } });
            return result as never;
          },
        });
        const client = serviceClient(definition, { request: (_, body) => handle(body, JOB) }, 's').with(
          given,
        );
        const last = params.kinds.at(-1)?.arity === 'rest' ? (params.values.at(-1) as unknown[]) : undefined;
        const args = last === undefined ? params.values : [...params.values.slice(0, -1), ...last];
        const act = client.act as (...args: unknown[]) => Promise<unknown>;
        const got = await act(...args);
        expect(seen).toEqual([{ args: byName(params), options: given }]);
        expect(got).toEqual(result);
      }),
      { numRuns: 200 },
    );
  });

  it('lists keys as they are, sorted', async () => {
    const definition = defineService({ listKeys: action('list_keys', { result: [keys('keys')] }) });
    const key = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[|\n]/.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(key), async (given) => {
        const handle = serviceHandler(definition, { listKeys: () => given });
        const client = serviceClient(definition, { request: (_, body) => handle(body, JOB) }, 's');
        expect(await client.listKeys()).toEqual([...given].sort());
      }),
    );
  });

  it('answers every sequence of frames with a status at the end, and never rejects', async () => {
    const definition = defineService({
      exec: action('exec', {
        params: [text('device'), json('args', z.object({ percent: z.number() })), optional(json('more'))],
        result: [json('result')],
      }),
      put: action('put', { params: [rest(text('parts'))] }),
      fail: action('fail', { params: [rest(bytes('any'))] }),
    });
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.constantFrom('exec', 'put', 'fail', '', 'RSPY1', 'RSPY1{}', 'RSPY1{"key":"k"}').map(textFrame),
      fc.json({ maxDepth: 3 }).map(textFrame),
      fc.json({ maxDepth: 3 }).map((source) => textFrame(`RSPY1${source}`)),
      fc.constant(textFrame('{"percent":1}')),
    );
    for (const unknownAction of ['echo', 'bare'] as const) {
      const handle = serviceHandler(
        definition,
        {
          exec: ({ args }) => args.percent,
          put: () => undefined,
          fail: () => {
            throw new Error('always');
          },
        },
        { unknownAction },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(frame, { maxLength: 6 }), async (body: Frames) => {
          const reply = await handle(body, JOB);
          expect(['200', '400', '500', '501']).toContain(readStatus(reply.at(-1)));
        }),
        { numRuns: 300 },
      );
    }
  });
});
