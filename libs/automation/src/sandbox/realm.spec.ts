import { DEFAULT_LIMITS } from './limits.js';
import { loadQuickJs, type QuickJs } from './quickjs.js';
import { Realm } from './realm.js';

const PRELUDE = 'return { call: house.call, on: house.on };';
const limits = { ...DEFAULT_LIMITS, turnBudgetMs: 1, stackBytes: 32 * 1024 };

function realmOf(quickjs: QuickJs, js: string): Realm {
  let time = 0;
  // Time goes on with every look at it, so that a loop ends at the same place each time.
  return new Realm(quickjs, {
    name: 'p',
    js,
    prelude: PRELUDE,
    limits,
    now: () => (time += 0.1),
    wallNow: () => 0,
  });
}

/** Bytes that QuickJS has of the machine. */
function memory({ module }: QuickJs): number {
  return (module as unknown as { module: { HEAPU8: Uint8Array } }).module.HEAPU8.length;
}

describe('a realm', () => {
  const CODES = [
    'on("e", (n) => call("got", n)); const o = { f: () => o }; await call("wait")',
    'await call("a"); const o = {}; o.o = o; await call("b", o.p)',
    'Promise.reject(new Error("x")); await call("a")',
    'for (;;);',
    'for (;;) await null',
    'const a = []; for (;;) a.push(new Array(1_000).fill({}))',
    'const f = () => f() + 1; f()',
    'for (;;) call("a")',
    'class A { #x = 1; static s = new A() }; globalThis.a = new Proxy(A, {}); await new Promise(() => {})',
    'const g = (function* () { try { yield 1 } finally { call("late") } })(); g.next(); await new Promise(() => {})',
    'new FinalizationRegistry(() => call("late")).register({}, 1); await new Promise(() => {})',
    'let a = ;',
    'throw { get message() { for (;;); } }',
  ];

  it('gives back all that it took, whatever ran in it', async () => {
    const quickjs = await loadQuickJs();
    const round = () => {
      for (const js of CODES) {
        const realm = realmOf(quickjs, js);
        const { calls, end } = realm.begin();
        if (end === undefined)
          for (const { id } of calls) if (realm.settle(id, true, '[1]').end !== undefined) break;
        realm.dispose();
      }
    };
    for (let n = 0; n < 5; n++) round();
    const before = memory(quickjs);
    // QuickJS itself ends with an assertion if something is left in a runtime that is freed.
    for (let n = 0; n < 1_000 / CODES.length; n++) round();
    expect(memory(quickjs)).toBe(before);
  });

  it('counts what its blocks take', async () => {
    const quickjs = await loadQuickJs();
    const runtime = quickjs.module.newRuntime();
    const context = runtime.newContext();
    const used = (): number => quickjs.usedBytes(runtime);
    const run = (code: string) => context.unwrapResult(context.evalCode(code)).dispose();
    const before = used();
    run('globalThis.a = []; for (let n = 0; n < 10; n++) a.push(new ArrayBuffer(100_000)); a.length = 10');
    expect(used() - before).toBeGreaterThan(1_000_000);
    expect(used() - before).toBeLessThan(1_100_000);
    run('for (let n = 0; n < 5_000; n++) a.push({ n })');
    run('delete globalThis.a');
    expect(Math.abs(used() - before)).toBeLessThan(20_000);
    context.dispose();
    runtime.dispose();
  });

  it('is not cut before it had its budget of computing', async () => {
    const quickjs = await loadQuickJs();
    let [looks, busy] = [0, 0];
    const realm = new Realm(quickjs, {
      name: 'p',
      js: 'for (;;);',
      prelude: undefined,
      limits,
      // Each look finds the thread a second later, of which it had a tenth of its budget.
      now: () => 1_000 * looks++,
      busyNow: () => (busy += limits.turnBudgetMs / 10),
      wallNow: () => 0,
    });
    expect(realm.begin().end).toMatchObject({ reason: 'budget' });
    expect(looks).toBeGreaterThan(20);
    realm.dispose();
  });

  it('collects circles in time', async () => {
    const quickjs = await loadQuickJs();
    const patient = { ...limits, turnBudgetMs: 1e9 };
    const realm = new Realm(quickjs, {
      name: 'p',
      js: 'for (let n = 0; n < 200; n++) { const o = { b: new ArrayBuffer(100_000) }; o.o = o }',
      prelude: undefined,
      limits: patient,
      now: () => 0,
      wallNow: () => 0,
    });
    expect(realm.begin().end).toEqual({ kind: 'returned' });
    realm.dispose();
  });
});
