import { ServiceDefinitionError } from './definition-error.js';
import type { AnyKind } from './frame-kind.js';

/**
 * One action of a service. In a request its name is the first frame, then come the frames of its parameters; in a
 * reply the frames of its results come first and the status last (PROTOCOLS §7).
 */
export interface Action<
  P extends readonly AnyKind[] = readonly AnyKind[],
  R extends readonly AnyKind[] = readonly AnyKind[],
> {
  /** As it travels, e.g. `list_keys`. */
  readonly name: string;
  /** What it does, in a few words, for descriptions. */
  readonly title: string | undefined;
  readonly params: P;
  readonly result: R;
}

/** Actions by the names of their methods. */
export type Actions = Readonly<Record<string, Action>>;

/** A service declared once; {@link serviceHandler} and {@link serviceClient} come from it. */
export interface ServiceDefinition<A extends Actions = Actions> {
  readonly actions: A;
}

/** Names that a client has for itself, or that would make it look like a promise. */
const RESERVED = ['with', 'then', '__proto__'];

/**
 * Declares an action.
 *
 * @param name - as it travels, e.g. `list_keys`
 * @param frames.title - what it does, in a few words
 * @param frames.params - in order; those that may be left out at the end, one `rest` last. Default none
 * @param frames.result - likewise. One result is the reply's value, several are its members. Default none
 */
export function action<
  const P extends readonly AnyKind[] = readonly [],
  const R extends readonly AnyKind[] = readonly [],
>(
  name: string,
  frames: { readonly title?: string; readonly params?: P; readonly result?: R } = {},
): Action<NoInfer<P>, NoInfer<R>> {
  // NoInfer: inside defineService() the type wanted there must not stand in for a list that is left out.
  return {
    name,
    title: frames.title,
    params: frames.params ?? ([] as readonly AnyKind[] as P),
    result: frames.result ?? ([] as readonly AnyKind[] as R),
  };
}

/**
 * Declares a service: its actions by the names that their methods shall have in client and handlers.
 *
 * ```ts
 * const devices = defineService({
 *   listKeys: action('list_keys', { result: [keys('keys')] }),
 *   exec: action('exec', {
 *     params: [text('device'), text('command'), optional(json('args', commandArgs))],
 *     result: [json('result'), rest(bytes('bytes'))],
 *   }),
 * });
 * ```
 *
 * @throws {@link ServiceDefinitionError} with every mistake: a method or action named twice or by a reserved name,
 *   frames in an order that could not be read back
 */
export function defineService<const A extends Actions>(actions: A): ServiceDefinition<A> {
  const mistakes: string[] = [];
  const names = new Set<string>();
  for (const [method, declared] of Object.entries(actions)) {
    if (RESERVED.includes(method)) mistakes.push(`no method may be called "${method}"`);
    if (declared.name === '') mistakes.push(`the action of "${method}" has no name`);
    if (names.has(declared.name)) mistakes.push(`two methods send the action "${declared.name}"`);
    names.add(declared.name);
    checkFrames(`parameters of "${declared.name}"`, declared.params, mistakes);
    checkFrames(`results of "${declared.name}"`, declared.result, mistakes);
    if (declared.params.some((kind) => kind.form === 'keys')) {
      mistakes.push(`parameters of "${declared.name}": keys() is for results`);
    }
  }
  if (mistakes.length > 0) throw new ServiceDefinitionError(mistakes);
  return { actions };
}

function checkFrames(where: string, kinds: readonly AnyKind[], mistakes: string[]): void {
  const names = new Set<string>();
  for (const [index, kind] of kinds.entries()) {
    const before = kinds[index - 1]?.arity;
    if (!/^[A-Za-z]\w*$/.test(kind.name)) mistakes.push(`${where}: "${kind.name}" is not a name`);
    if (names.has(kind.name)) mistakes.push(`${where}: "${kind.name}" stands twice`);
    names.add(kind.name);
    if (before === 'rest') mistakes.push(`${where}: "${kind.name}" follows what takes all frames`);
    else if (before === 'optional' && kind.arity !== 'optional') {
      mistakes.push(
        `${where}: "${kind.name}" follows one that may be left out, and may not be left out itself`,
      );
    }
  }
}
