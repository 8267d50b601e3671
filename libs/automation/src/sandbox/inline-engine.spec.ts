import { InlineEngine } from './inline-engine.js';
import type { Json, SandboxEnd } from './sandbox.js';
const PRELUDE = 'return { call: house.call, on: house.on };';
async function run(engine: InlineEngine, code: string) {
  const calls: unknown[] = [];
  return new Promise<{ end: SandboxEnd; calls: unknown[] }>((resolve) => {
    engine.start(
      { name: 'thermostat', code, prelude: PRELUDE },
      {
        call: (method, args) => {
          calls.push([method, ...args]);
          if (method === 'fail') throw Object.assign(new Error('no'), { code: 'NO' });
          return args[0] as Json;
        },
        ended: (end) => resolve({ end, calls }),
      },
    );
  });
}
describe('x', () => {
  const engine = new InlineEngine();
  it.each([
    'return 1',
    'let x: number = await call("a", 1, {b: [2]}); call("got", x)',
    'throw new TypeError("boom")',
    '\n\n  null.x',
    'let a = ;',
    'let a; let a;',
    'await call("fail")',
    'try { await call("fail") } catch (e) { call("caught", e.code, e.message, e.stack) }',
    'for(;;);',
    'for(;;) await null',
    'const f = () => f() + 1; f()',
    'const a = []; for(;;) a.push(new Array(1000).fill(1))',
    'for (let i=0;i<200;i++) call("x")',
    'await call("x".repeat(70000))',
    'call("date", new Date().getFullYear(), Date.now(), new Date(0).toISOString(), Date().length)',
    'import("fs")',
    '"import(x)"; await import ("y")',
    'enum A {B}',
    '}; (async () => {',
    'JSON.parse("[".repeat(200000))',
    'eval("[".repeat(200000))',
    'const p = Promise.reject(new Error("lost")); await call("z")',
    'call("names", Object.getOwnPropertyNames(globalThis).length, typeof house, typeof hostCall)',
    'async function f() { null.y }\nawait f()',
    'let s = "x"; for (;;) s += s',
    '('.repeat(3000),
    'const f = (n) => { call("d", n) ; f(n+1)}; f(0)',
    'let d=0; const f = () => { d++; f() }; try { f() } catch (e) { call("depth", d, e.message) }',
  ])('%s', async (code) => {
    process.stdout.write(
      JSON.stringify(code).slice(0, 90) +
        ' => ' +
        JSON.stringify(await run(engine, code)).slice(0, 500) +
        '\n',
    );
  });
});
