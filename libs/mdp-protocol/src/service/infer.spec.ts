import { z } from 'zod';
import { action, defineService } from './definition.js';
import { bytes, json, keys, optional, rest, text } from './frame-kind.js';
import type { ServiceClient } from './service-client.js';
import type { ServiceHandlers } from './service-handler.js';

/** Each type is assignable to the other, and neither is `any`. */
type Same<A, B> = 0 extends 1 & A ? 'any' : [A, B] extends [B, A] ? true : 'the types differ';

const definition = defineService({
  listKeys: action('list_keys', { result: [keys('keys')] }),
  exec: action('exec', {
    params: [
      text('device'),
      text('command'),
      optional(json('args', z.object({ percent: z.number(), fade: z.number().default(0) }))),
    ],
    result: [json('result', z.object({ at: z.string().transform(Number) })), rest(bytes('bytes'))],
  }),
  all: action('all', { result: [optional(json('values', z.record(z.string(), z.number())))] }),
  renew: action('renew', { params: [text('lease'), json('ms', z.number())] }),
  store: action('store', { params: [bytes('head'), rest(text('tail'))], result: [bytes('copy')] }),
});
type Definition = (typeof definition)['actions'];
type Client = ServiceClient<Definition>;
type Handlers = ServiceHandlers<Definition>;

const yes = <T extends true>(value: T): T => value;

describe('Types that come from a definition', () => {
  it('give a client positional arguments and plain results', () => {
    yes<Same<Parameters<Client['listKeys']>, []>>(true);
    yes<Same<ReturnType<Client['listKeys']>, Promise<string[]>>>(true);
    yes<
      Same<
        Parameters<Client['exec']>,
        [value: string, value: string, value?: { percent: number; fade?: number | undefined } | undefined]
      >
    >(true);
    yes<
      Same<
        ReturnType<Client['exec']>,
        Promise<{ readonly result: { at: number }; readonly bytes: Uint8Array[] }>
      >
    >(true);
    yes<Same<ReturnType<Client['all']>, Promise<Record<string, number> | undefined>>>(true);
    yes<Same<ReturnType<Client['renew']>, Promise<void>>>(true);
    yes<Same<Definition['listKeys']['params'], readonly []>>(true);
    yes<Same<Parameters<Client['store']>, [value: Uint8Array, ...string[]]>>(true);
    expect(yes<Same<ReturnType<ReturnType<Client['with']>['store']>, Promise<Uint8Array>>>(true)).toBe(true);
  });

  it('give a handler its arguments by name, as the schema reads them', () => {
    yes<Same<keyof Parameters<Handlers['listKeys']>[0], never>>(true);
    yes<Same<ReturnType<Handlers['listKeys']>, readonly string[] | Promise<readonly string[]>>>(true);
    yes<
      Same<
        Parameters<Handlers['exec']>[0],
        {
          readonly device: string;
          readonly command: string;
          readonly args?: { percent: number; fade: number } | undefined;
        }
      >
    >(true);
    type ExecResult = { readonly result: { at: string }; readonly bytes: readonly Uint8Array[] };
    yes<Same<ReturnType<Handlers['exec']>, ExecResult | Promise<ExecResult>>>(true);
    yes<Same<ReturnType<Handlers['renew']>, void | Promise<void>>>(true);
    expect(
      yes<Same<Parameters<Handlers['store']>[0], { readonly head: Uint8Array; readonly tail: string[] }>>(
        true,
      ),
    ).toBe(true);
  });

  it('refuse what a definition does not allow', () => {
    const wrong = (client: Client): void => {
      // @ts-expect-error -- one argument is missing
      void client.renew('lease');
      // @ts-expect-error -- one argument is too many
      void client.listKeys('x');
      // @ts-expect-error -- the schema wants a number
      void client.exec('lamp', 'level', { percent: '40' });
      // @ts-expect-error -- no such action
      text('action' satisfies keyof Client);
      // @ts-expect-error -- a schema over numbers has no text form
      text('level', z.number());
      // @ts-expect-error -- what may be left out takes no further variation
      rest(optional(text('x')));
    };
    expect(wrong).toBeInstanceOf(Function);
    expect(Object.keys(definition.actions)).toEqual(['listKeys', 'exec', 'all', 'renew', 'store']);
  });
});
