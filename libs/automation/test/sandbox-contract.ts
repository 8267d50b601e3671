import fc from 'fast-check';
import type { SandboxEnd, SandboxEngine, SandboxFault, SandboxLimits } from '../src/sandbox/sandbox.js';
import { deferred, Trial } from './trial.js';

export type MakeEngine = (options?: {
  limits?: Partial<SandboxLimits>;
  wallNow?: () => number;
}) => SandboxEngine;

/** Code, and the line and column of its mistake. */
const MISTAKES: [code: string, line: number, column: number, message: RegExp][] = [
  ['let a = ;', 1, 9, /Expression expected/],
  ['const b = 1;\n  foo(;', 2, 7, /Expression expected/],
  ['if (true) {\n  foo();', 2, 9, /expected/i],
  ['foo();\n}', 2, 2, /\} too many/],
  ['}; later(); async () => {', 1, 26, /./],
  ['}} later(); function x() {{', 1, 28, /./],
  ['let a;\nlet a;', 2, 6, /redefinition/],
  ['enum Mode { on }', 1, 1, /enum is not supported: only types/],
  ['\n namespace A { export const b = 1 }', 2, 2, /namespace/],
  ['import fs from "fs";', 1, 1, /by name/],
  ['export const a = 1;', 1, 1, /by name/],
  ['"import(" + `import(`; // import(\nconst fs = await import("fs");', 2, 18, /by name/],
  ['import.meta.url', 1, 1, /.*/],
  ['x = <number>y', 1, 5, /angle-bracket/],
  ['class A { constructor(private x: number) {} }', 1, 31, /parameter property/],
  ['with (a) b', 1, 1, /with/],
  ['x = /(/;', 1, 5, /expecting|regular/i],
  ['let é = "𝒳"; let y = ;', 1, 23, /Expression expected/],
  ['('.repeat(20_000), 1, 1, /nested/],
  ['type A = ' + '['.repeat(20_000), 1, 1, /nested/],
  [' '.repeat(300_000), 1, 1, /larger/],
];

const CUT: [what: string, code: string][] = [
  ['a loop', 'for (;;);'],
  ['a loop behind an answer', 'await call("a"); for (;;);'],
  ['a loop that awaits what is there', 'for (;;) await null;'],
  [
    'a loop in a loop of promises',
    'const f = () => { Promise.resolve().then(f) }; f(); await new Promise(() => {})',
  ],
  [
    'ever more promises',
    'const f = () => { Promise.resolve().then(f); Promise.resolve().then(f) }; f(); await new Promise(() => {})',
  ],
  ['a loop that catches its end', 'for (;;) { try { for (;;); } catch {} finally { for (;;); } }'],
  [
    'a loop whose end is handled',
    'const f = async () => { for (;;); }; f().catch(() => {}); await new Promise(() => {})',
  ],
  ['a generator without end', 'function* g() { for (;;) yield 1 } for (const x of g());'],
  ['an expression that backtracks', '/^(a+)+$/.test("a".repeat(60) + "b")'],
  ['a listener', 'on("e", () => { for (;;); }); await call("a"); await call("e")'],
  ['toJSON of an argument', 'call("a", { toJSON() { for (;;); } })'],
  ['a getter of an argument', 'call("a", { get b() { for (;;); } })'],
  ['a proxy as an argument', 'call("a", new Proxy({}, { ownKeys() { for (;;); } }))'],
  ['the getters of an error', 'throw { get message() { for (;;); } }'],
  ['Object.prototype.toJSON', 'Object.prototype.toJSON = () => { for (;;); }; call("a", {})'],
  ['a thenable', 'await { then() { for (;;); } }'],
  ['sort', '[3, 1, 2].sort(() => { for (;;); })'],
  ['eval', 'eval("for (;;);")'],
  ['Function', 'new Function("for (;;);")()'],
];

const BOMBS: [what: string, code: string, reason: SandboxFault][] = [
  ['an array', 'const a = []; for (;;) a.push(new Array(10_000).fill(1))', 'memory'],
  ['a string', 'let s = "x"; for (;;) s += s', 'memory'],
  ['a repeated string', 'const a = []; for (;;) a.push("x".repeat(1e6) + a.length)', 'memory'],
  ['a buffer', 'new ArrayBuffer(2 ** 30)', 'memory'],
  ['buffers', 'const a = []; for (;;) a.push(new Uint8Array(100_000))', 'memory'],
  ['a call', 'await call("x".repeat(2 ** 24))', 'memory'],
  ['JSON', 'JSON.stringify(new Array(1e6).fill(null))', 'memory'],
  ['promises', 'const f = () => Promise.resolve().then(f); await f()', 'memory'],
  ['recursion', 'const f = () => f() + 1; f()', 'stack'],
  ['recursion by getters', 'const o = { get a() { return o.a } }; o.a', 'stack'],
  ['recursion by toString', 'const t = { toString() { return `${t}` } }; `${t}`', 'stack'],
  ['nested JSON', 'JSON.parse("[".repeat(200_000))', 'stack'],
  ['nested code', 'eval("(".repeat(100_000))', 'stack'],
  ['calls', 'for (let n = 0; n < 200; n++) call("wait")', 'calls'],
];

/** Each tells `true`, or what it got hold of. */
const ESCAPES: [what: string, code: string][] = [
  [
    'names of the host',
    'tell(["process", "require", "module", "global", "fetch", "setTimeout", "console", "Buffer", "WebAssembly", "house", "hostCall", "hostNow", "Atomics"].every((n) => !(n in globalThis)))',
  ],
  [
    'the constructor of a function of the house',
    'tell(call.constructor("return typeof process")() === "undefined" && call.constructor === Function)',
  ],
  ['the constructor of a constructor', 'tell([].constructor.constructor("return this")() === globalThis)'],
  [
    'the constructor of a result',
    'const r = await call("list"); tell(r.constructor === Array && r.constructor.constructor === Function)',
  ],
  [
    'the constructor of an error of the house',
    'try { await call("no") } catch (e) { tell(e.constructor === Error && !/\\/|node:|\\.ts|\\.js/.test(e.stack)) }',
  ],
  ['the promise of a call', 'const p = call("list"); await p; tell(p.constructor === Promise)'],
  ['this', 'tell(this === undefined && (function () { return this })() === undefined)'],
  [
    'callers',
    'let r = true; try { r = call.caller === undefined && call.arguments === undefined } catch {} tell(r)',
  ],
  [
    'frozen functions of the house',
    '"use strict"; let n = 0; try { call.x = 1 } catch { n++ } try { globalThis.call = 1 } catch { n++ } try { delete globalThis.on } catch { n++ } tell(n === 3)',
  ],
  [
    'Function.prototype.call and apply',
    'const seen = []; Function.prototype.call = Function.prototype.apply = function (...a) { seen.push(a); }; Reflect.apply = () => seen.push(1); await call("list"); tell(seen.length === 0)',
  ],
  [
    'JSON',
    'const seen = []; JSON.stringify = JSON.parse = (...a) => { seen.push(a) }; await call("list"); tell(seen.length === 0)',
  ],
  [
    'Promise',
    'const seen = []; const { then } = Promise.prototype; Promise.prototype.then = function (...a) { seen.push(a); return then.apply(this, a) }; globalThis.Promise = class {}; await call("list"); tell(seen.length === 0)',
  ],
  [
    'Object.prototype setters',
    'let n = 0; for (const k of ["resolve", "reject", "error", "1", "2", "code", "length"]) Object.defineProperty(Object.prototype, k, { set() { n++ }, get() { return undefined }, configurable: true }); await call("list"); try { await call("no") } catch {} tell(n === 0)',
  ],
  [
    'Symbol.species and iterators',
    'const seen = []; Array.prototype[Symbol.iterator] = function* () { seen.push(this) }; Object.defineProperty(Promise, Symbol.species, { get() { seen.push(1); return Promise } }); const r = await call("list"); tell(seen.length === 0 && r.length === 2)',
  ],
  [
    'Error.prepareStackTrace',
    'let got; Error.prepareStackTrace = (e, frames) => { got = frames }; try { await call("no") } catch (e) { e.stack } tell(typeof got?.[0]?.getThis?.() !== "object" && typeof got?.[0]?.getFunction?.() !== "function")',
  ],
  [
    '__proto__ in a result',
    'const r = await call("proto"); tell(Object.getPrototypeOf(r) === Object.prototype && ({}).polluted === undefined && Object.hasOwn(r, "__proto__"))',
  ],
  [
    'the clock',
    'tell(Date.prototype.constructor === Date && new Date().constructor === Date && Object.getPrototypeOf(Date) === Function.prototype && new (class extends Date {})().getTime() - Date.now() < 1)',
  ],
  [
    'import of Function',
    'let r = false; try { await new Function("return import(\'node:fs\')")() } catch { r = true } tell(r)',
  ],
  [
    'a proxy of the global object',
    'globalThis.__proto__ = new Proxy({}, { get() { return 1 }, has() { return true } }); await call("list"); tell(true)',
  ],
];

/** What every engine promises. */
export function describeContract(make: MakeEngine): void {
  /** With a budget that never comes first, on a machine that is slow just then. */
  let engine: SandboxEngine;
  /** With the usual budget. */
  let strict: SandboxEngine;
  beforeAll(() => {
    engine = make({ limits: { turnBudgetMs: 10_000 } });
    strict = make();
  });
  afterAll(() => Promise.all([engine.close(), strict.close()]));

  describe('a program', () => {
    it('is the body of an async function, with types', async () => {
      const code =
        'interface A { b: number }\nconst a: A = { b: await call("get", 2) as number };\ncall("tell", a.b);\nreturn a';
      expect(await new Trial(engine, code).told()).toEqual([2]);
    });

    it('gets what its calls return, null for nothing', async () => {
      const code =
        'call("tell", await call("list"), await call("later", 1), (await call("nothing")) === null)';
      const answers = {
        list: () => [1, { a: 'b' }],
        later: async ([n]: readonly unknown[]) => (await Promise.resolve(n)) as number,
        nothing: () => undefined as never,
      };
      expect(await new Trial(engine, code, { answers }).told()).toEqual([[1, { a: 'b' }], 1, true]);
    });

    it('gets the errors of its calls with message and code, and where it called', async () => {
      const no = () => {
        throw Object.assign(new Error('locked'), { code: 'LOCKED' });
      };
      const code =
        'try { await call("no") } catch (e) { call("tell", e instanceof Error, e.message, e.code) }\n  await call("no")';
      const trial = new Trial(engine, code, { answers: { no } });
      expect(await trial.ended).toEqual({
        kind: 'failed',
        reason: 'error',
        message: 'locked',
        line: 2,
        column: 13,
      });
      expect(trial.calls[1]).toEqual(['tell', true, 'locked', 'LOCKED']);
    });

    it('makes its calls in order, also those before an end', async () => {
      const trial = new Trial(
        engine,
        'call("a"); call("b"); await call("c"); call("d"); throw new Error("e")',
      );
      expect(await trial.ended).toMatchObject({ kind: 'failed', reason: 'error', message: 'e' });
      expect(trial.calls).toEqual([['a'], ['b'], ['c'], ['d']]);
    });

    it('gets its events in order, from the first on', async () => {
      const code =
        'const seen = []; await new Promise((done) => on("e", (x) => seen.push(x) === 100 && done())); call("tell", seen)';
      const trial = new Trial(engine, code);
      for (let n = 0; n < 100; n++) trial.running.deliver('e', n);
      trial.running.deliver('other', 1);
      expect(await trial.told()).toEqual([Array.from({ length: 100 }, (_, n) => n)]);
      trial.running.deliver('e', 1);
    });

    it('fails if a listener throws', async () => {
      const trial = new Trial(engine, 'on("e", () => null.x);\nawait call("wait")', {
        answers: { wait: never },
      });
      await trial.called('wait');
      trial.running.deliver('e', 1);
      expect(await trial.ended).toMatchObject({ reason: 'error', line: 1, column: 19 });
    });

    it('fails if a promise is rejected that nobody handles', async () => {
      const code = 'async function f() {\n  await call("a");\n  null.x;\n}\nf();\nawait call("wait")';
      expect(await new Trial(engine, code, { answers: { wait: never } }).ended).toMatchObject({
        line: 3,
        column: 7,
      });
      const forgotten = 'call("no");\nawait call("wait")';
      const no = () => Promise.reject(new Error('refused'));
      expect(await new Trial(engine, forgotten, { answers: { wait: never, no } }).ended).toMatchObject({
        reason: 'error',
        message: 'refused',
        line: 1,
      });
      const handled =
        'const p = Promise.reject(1); p.catch(() => {}); await Promise.allSettled([Promise.reject(2)]); try { await (async () => { throw 3 })() } catch {} await call("a"); call("tell", 4)';
      expect(await new Trial(engine, handled).told()).toEqual([4]);
    });

    it('tells where it threw, in its own text', async () => {
      const code =
        '// no types here\nconst f = (a: { b: number }) => {\n  throw new TypeError("what");\n};\nf({ b: 1 });';
      expect(await new Trial(engine, code).ended).toEqual({
        kind: 'failed',
        reason: 'error',
        message: 'TypeError: what',
        line: 3,
        column: 22,
      });
      expect(await new Trial(engine, 'throw "text"').ended).toEqual({
        kind: 'failed',
        reason: 'error',
        message: 'text',
      });
      expect(await new Trial(engine, 'throw { a: 1 }').ended).toMatchObject({ message: '{"a":1}' });
      expect(await new Trial(engine, 'throw Symbol("s")').ended).toMatchObject({ message: 'Symbol(s)' });
      expect(await new Trial(engine, 'throw null').ended).toMatchObject({
        message: 'out of memory, or null was thrown',
      });
      const bent =
        'Object.defineProperty(Array.prototype, "0", { set() { throw new Error("bent") } });\nawait call("a", [1])';
      expect(await new Trial(engine, bent).ended).toMatchObject({ message: 'bent', line: 1 });
      const hidden = 'throw new Proxy({}, { get() { throw 1 } })';
      expect(await new Trial(engine, hidden).ended).toMatchObject({
        message: expect.stringContaining('cannot be shown') as string,
      });
    });

    it('sees the time of the house', async () => {
      const at = Date.UTC(2031, 4, 6, 7, 8, 9);
      const house = make({ wallNow: () => at });
      const [now, year, text, given] = await new Trial(
        house,
        'call("tell", Math.abs(Date.now() - new Date()) < 1000 ? Date.now() : 0, new Date().getUTCFullYear(), Date(), new Date(5).getTime())',
      ).told();
      expect(Number(now) - at).toBeGreaterThanOrEqual(0);
      expect(Number(now) - at).toBeLessThan(60_000);
      expect([year, given]).toEqual([2031, 5]);
      expect(text).toContain('2031');
      await house.close();
    });

    it('sees the names of its prelude and no others', async () => {
      const prelude =
        'let n = 1; house.on("add", (x) => { n += x }); return { get n() { return n }, tell: (...a) => house.call("tell", ...a) };';
      const code = 'tell(n, typeof house, typeof call, typeof x); let y = n; await tell(); tell(n)';
      const trial = new Trial(engine, code, { prelude, answers: { tell: () => null } });
      trial.running.deliver('add', 2);
      expect(await trial.told()).toEqual([1, 'undefined', 'undefined', 'undefined', 3]);
      expect(await new Trial(engine, 'n = 2', { prelude }).ended).toMatchObject({ reason: 'error' });
    });

    it('fails with a prelude that fails', async () => {
      expect(await new Trial(engine, 'return', { prelude: 'throw new Error("no entries")' }).ended).toEqual({
        kind: 'failed',
        reason: 'error',
        message: 'no entries',
      });
      expect(await new Trial(engine, 'return', { prelude: 'return {' }).ended).toMatchObject({
        reason: 'error',
      });
      expect(await new Trial(strict, 'return', { prelude: 'for (;;);' }).ended).toMatchObject({
        reason: 'budget',
      });
    });

    it('calls by text alone', async () => {
      const code =
        'for (const f of [() => call(1), () => call({}), () => call("a", 1n), () => on(1, () => {}), () => on("a", 1)]) { try { await f(); call("tell", "no") } catch (e) { call("tell", e.constructor === TypeError) } }';
      expect(await new Trial(engine, code).told()).toEqual([true, true, true, true, true]);
      const bent =
        'Array.prototype.toJSON = () => undefined; try { await call("a") } catch (e) { delete Array.prototype.toJSON; call("tell", e.message) }';
      expect(await new Trial(engine, bent).told()).toEqual(['house.call: what is passed is no JSON']);
    });

    it('brings any JSON there and back', async () => {
      const trial = new Trial(engine, 'for (;;) await call("back", await call("next"))', {
        answers: { next: () => queue.next(), back: ([value]) => queue.back(value!) },
      });
      const queue = new Exchange();
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (value) => {
          const sent = JSON.parse(JSON.stringify(value)) as never;
          expect(await queue.exchange(sent)).toEqual(sent);
        }),
      );
      await trial.running.stop();
    });
  });

  describe('the end of a program', () => {
    it('comes by stop(), once, whatever it waits for', async () => {
      let aborted: AbortSignal | undefined;
      const trial = new Trial(engine, 'try { await call("wait") } finally { call("late") }', {
        answers: { wait: (_, signal) => ((aborted = signal), never()) },
      });
      await trial.called('wait');
      expect(aborted!.aborted).toBe(false);
      const stopping = trial.running.stop();
      void trial.running.stop();
      await stopping;
      expect(await trial.ended).toEqual({ kind: 'stopped' });
      expect(aborted!.aborted).toBe(true);
      await trial.running.stop();
      expect(await new Trial(engine, 'call("tell", 1)').told()).toEqual([1]);
      expect(trial.calls).toEqual([['wait']]);
    });

    it('comes by stop() before it began', async () => {
      const trial = new Trial(engine, 'call("a")');
      trial.running.deliver('e', 1);
      await trial.running.stop();
      expect(await trial.ended).toEqual({ kind: 'stopped' });
      expect(await new Trial(engine, 'call("tell", 1)').told()).toEqual([1]);
      expect(trial.calls).toEqual([]);
    });

    it('comes by stop() within a call', async () => {
      const trial: Trial = new Trial(engine, 'await call("end"); call("late")', {
        answers: { end: () => (void trial.running.stop(), 1) },
      });
      expect(await trial.ended).toEqual({ kind: 'stopped' });
    });

    it.each(CUT)('comes by the budget: %s', async (_, code) => {
      const trial: Trial = new Trial(strict, code, {
        answers: { e: () => (trial.running.deliver('e', 1), never()) },
      });
      expect(await trial.ended).toMatchObject({ kind: 'failed', reason: 'budget' });
    });

    it.each(BOMBS)('comes by the limits: %s', async (_, code, reason) => {
      expect(await new Trial(engine, code, { answers: { wait: never } }).ended).toMatchObject({
        kind: 'failed',
        reason,
      });
      expect(await new Trial(engine, 'call("tell", 1)').told()).toEqual([1]);
    });

    it('does not come by a limit that the program handles', async () => {
      const code =
        'let n = 0; for (const f of [() => f(), () => f()]) try { f() } catch { n++ }\ntry { new ArrayBuffer(2 ** 30) } catch (e) { call("tell", n, e.message) }';
      expect(await new Trial(engine, code).told()).toEqual([2, 'out of memory']);
    });

    it('comes with an event that is too large, since it would miss it', async () => {
      const trial = new Trial(engine, 'await call("wait")', { answers: { wait: never } });
      await trial.called('wait');
      trial.running.deliver('weather', 'x'.repeat(70_000));
      expect(await trial.ended).toMatchObject({
        reason: 'error',
        message: expect.stringContaining('"weather"') as string,
      });
    });

    it('comes at once with a code that cannot be read', async () => {
      expect(await new Trial(engine, 'await sleep(1);\nlet a = ;').ended).toEqual({
        kind: 'failed',
        reason: 'error',
        message: 'Expression expected',
        line: 2,
        column: 9,
      });
      expect(await new Trial(engine, 'let a;\nlet a;').ended).toMatchObject({
        reason: 'error',
        line: 2,
        column: 6,
      });
    });
  });

  it('refuses calls and results that are too large', async () => {
    const code =
      'for (const args of [["a", "x".repeat(70_000)], ["long"]]) try { await call(...args) } catch (e) { call("tell", e.code) }';
    const trial = new Trial(engine, code, { answers: { long: () => 'é'.repeat(40_000) } });
    expect(await trial.told()).toEqual(['MESSAGE_TOO_LARGE', 'MESSAGE_TOO_LARGE']);
    expect(trial.calls.map(([method]) => method)).toEqual(['tell', 'long', 'tell']);
  });

  it.each(ESCAPES)('gives away nothing: %s', async (_, code) => {
    const answers = {
      list: () => [1, 2],
      no: () => {
        throw new Error('no');
      },
      proto: () => JSON.parse('{"__proto__": {"polluted": 1}}') as never,
    };
    const prelude =
      'const { call, on } = house; return { call, on, tell: (value) => { call("tell", value) } };';
    expect(await new Trial(engine, code, { answers, prelude }).told()).toEqual([true]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('keeps programs apart', async () => {
    const first = new Trial(
      engine,
      'globalThis.secret = 1; Array.prototype.push = null; await call("wait")',
      { answers: { wait: never } },
    );
    await first.called('wait');
    expect(await new Trial(engine, 'call("tell", typeof secret, [].push(1))').told()).toEqual([
      'undefined',
      1,
    ]);
    await first.running.stop();
  });

  it('lets the others go on while one spins, again and again', async () => {
    const steady = new Trial(strict, 'for (;;) await call("tick")', { answers: { tick: soon } });
    await steady.called('tick');
    const counts: number[] = [];
    for (let n = 0; n < 3; n++) {
      expect(await new Trial(strict, 'for (;;);').ended).toMatchObject({ reason: 'budget' });
      await new Trial(strict, 'await call("a"); await call("b")', { answers: { a: soon, b: soon } }).ended;
      counts.push(steady.calls.length);
    }
    expect(counts[1]).toBeGreaterThan(counts[0]!);
    expect(counts[2]).toBeGreaterThan(counts[1]!);
    await steady.running.stop();
  });

  describe('a check', () => {
    it.each(MISTAKES)('finds what is wrong with %j', async (code, line, column, message) => {
      const found = await engine.check(code);
      expect(found).toEqual([{ line, column, message: expect.stringMatching(message) as string }]);
      // A program that cannot be read ends with the same.
      expect(await new Trial(engine, code).ended).toMatchObject({ kind: 'failed', line, column });
    });

    it('finds nothing wrong with sound code, and does not run it', async () => {
      for (const code of [
        '',
        'return 1',
        'for (;;);',
        'const a: number = await x; // }',
        'throw 1',
        '"import(1)"; a.import(2)',
        '// end',
      ]) {
        expect(await engine.check(code)).toEqual([]);
      }
    });

    it('takes any text, and what it finds sound begins', async () => {
      const word = fc.constantFrom(
        '{',
        '}',
        '(',
        ')',
        ';',
        'await ',
        'return ',
        'x',
        '=>',
        '`',
        '${',
        '/',
        '"',
        '\n',
        'function ',
        'async ',
        ':',
        '1',
        ',',
        '[',
        ']',
        'import',
        'break $code',
        '<',
        '\\',
      );
      await fc.assert(
        fc.asyncProperty(fc.array(word, { maxLength: 12 }), async (words) => {
          const code = words.join('');
          const found = await engine.check(code);
          const end: SandboxEnd = await new Trial(engine, code, { answers: { wait: never } }).ended;
          if (found.length > 0) expect(end).toMatchObject({ line: found[0]!.line, column: found[0]!.column });
          else expect(JSON.stringify(end)).not.toContain('SyntaxError');
        }),
      );
    });
  });

  it('stops all programs when it is closed, and takes no more', async () => {
    const closing = make();
    const trials = ['await call("wait")', 'await call("wait")'].map(
      (code) => new Trial(closing, code, { answers: { wait: never } }),
    );
    await Promise.all(trials.map((trial) => trial.called('wait')));
    await closing.close();
    expect(await Promise.all(trials.map(({ ended }) => ended))).toEqual([
      { kind: 'stopped' },
      { kind: 'stopped' },
    ]);
    expect(() => new Trial(closing, 'return')).toThrow(
      expect.objectContaining({ code: 'SANDBOX_CLOSED' }) as Error,
    );
    await closing.close();
  });

  it('refuses limits without meaning', () => {
    expect(() => make({ limits: { turnBudgetMs: 0 } })).toThrow(
      expect.objectContaining({ code: 'SANDBOX_OPTION' }) as Error,
    );
    expect(() => make({ limits: { maxCalls: NaN } })).toThrow('limits.maxCalls');
  });
}

export function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** An answer that comes after what waits already. */
function soon(): Promise<null> {
  return new Promise((resolve) => setImmediate(() => resolve(null)));
}

/** Values on their way into a program and back. */
class Exchange {
  #sent = deferred<never>();
  #got = deferred<unknown>();

  next(): Promise<never> {
    return this.#sent.promise;
  }

  back(value: unknown): null {
    this.#sent = deferred();
    this.#got.resolve(value);
    return null;
  }

  exchange(value: never): Promise<unknown> {
    this.#got = deferred();
    this.#sent.resolve(value);
    return this.#got.promise;
  }
}
