import type { Action } from './definition.js';
import type { AnyKind, FrameKind, KindInput, KindOutput } from './frame-kind.js';

/** Several parameters or results by name, as a receiver gets them; those that may be left out may be missing. */
export type NamedOutputs<K extends AnyKind> = {
  readonly [P in Extract<K, { arity: 'one' | 'rest' }> as P['name']]: KindOutput<P>;
} & {
  readonly [P in Extract<K, { arity: 'optional' }> as P['name']]?: KindOutput<P>;
};

/** Several results by name, as a sender gives them; those that may be left out may be missing. */
export type NamedInputs<K extends AnyKind> = {
  readonly [P in Extract<K, { arity: 'one' | 'rest' }> as P['name']]: KindInput<P>;
} & {
  readonly [P in Extract<K, { arity: 'optional' }> as P['name']]?: KindInput<P>;
};

/** Arguments of a client's method: in order, those that may be left out optional, a `rest` spread. */
export type CallArgs<P extends readonly AnyKind[]> = P extends readonly [
  infer Head extends AnyKind,
  ...infer Tail extends readonly AnyKind[],
]
  ? Head extends FrameKind<string, infer In, unknown, infer A>
    ? A extends 'one'
      ? [value: In, ...more: CallArgs<Tail>]
      : A extends 'optional'
        ? [value?: In, ...more: CallArgs<Tail>]
        : In extends readonly (infer Element)[]
          ? Element[]
          : never
    : never
  : [];

/** Arguments of a handler, by name. */
export type HandlerArgs<A extends Action> = NamedOutputs<A['params'][number]>;

/** What a handler returns: nothing, the one result, or several by name. */
export type HandlerResult<A extends Action> = A['result'] extends readonly []
  ? ReturnType<() => void>
  : A['result'] extends readonly [infer Only extends AnyKind]
    ? KindInput<Only>
    : NamedInputs<A['result'][number]>;

/** What a client's method gives: nothing, the one result, or several by name. */
export type CallResult<A extends Action> = A['result'] extends readonly []
  ? ReturnType<() => void>
  : A['result'] extends readonly [infer Only extends AnyKind]
    ? KindOutput<Only>
    : NamedOutputs<A['result'][number]>;
