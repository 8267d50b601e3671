/**
 * What stands between a program and the house, inside the realm. It runs first and takes what it needs of ECMAScript into
 * constants, so that nothing the program does to prototypes or globals reaches it; only strings and numbers leave it.
 */
export const BOOTSTRAP = `(function (hostCall, hostNow) {
  const { stringify, parse } = JSON;
  const { apply, construct, ownKeys, getOwnPropertyDescriptor } = Reflect;
  const { create, freeze, defineProperty } = Object;
  const { slice } = String.prototype;
  const [ErrorOf, PromiseOf, TypeErrorOf, StringOf, DateOf] = [Error, Promise, TypeError, String, Date];
  const waiting = create(null);
  const listeners = create(null);
  let lastCall = 0;

  const houseDate = new Proxy(DateOf, {
    __proto__: null,
    apply: () => StringOf(new DateOf(hostNow())),
    construct: (target, args, newTarget) => construct(DateOf, args.length === 0 ? [hostNow()] : args, newTarget),
  });
  defineProperty(DateOf.prototype, 'constructor', { value: houseDate });
  defineProperty(DateOf, 'now', { value: function now() { return hostNow(); } });
  defineProperty(globalThis, 'Date', { value: houseDate });

  function refuse(error, message, code) {
    defineProperty(error, 'message', { __proto__: null, value: message, configurable: true, writable: true });
    if (code !== undefined) defineProperty(error, 'code', { __proto__: null, value: code, configurable: true, writable: true, enumerable: true });
    return error;
  }

  const house = freeze({
    __proto__: null,
    call: freeze(function call(method, ...args) {
      const error = new ErrorOf();
      return new PromiseOf((resolve, reject) => {
        if (typeof method !== 'string') throw new TypeErrorOf('house.call: the method is no string');
        const json = stringify(args);
        if (typeof json !== 'string') throw new TypeErrorOf('house.call: what is passed is no JSON');
        const id = ++lastCall;
        waiting[id] = { __proto__: null, resolve, reject, error };
        const tooLarge = hostCall(id, method, json);
        if (tooLarge === undefined) return;
        delete waiting[id];
        reject(refuse(error, tooLarge, 'MESSAGE_TOO_LARGE'));
      });
    }),
    on: freeze(function on(event, listener) {
      if (typeof event !== 'string') throw new TypeErrorOf('house.on: the event is no string');
      if (typeof listener !== 'function') throw new TypeErrorOf('house.on: the listener is no function');
      const list = (listeners[event] ??= { __proto__: null, length: 0 });
      list[list.length++] = listener;
    }),
  });

  function textOf(value, length) {
    return apply(slice, StringOf(value), [0, length]);
  }

  return freeze({
    __proto__: null,
    install(prelude) {
      const names = freeze(prelude(house));
      const keys = ownKeys(names);
      for (let i = 0; i < keys.length; i++) {
        const { value, get } = getOwnPropertyDescriptor(names, keys[i]);
        if (typeof value === 'function') freeze(value);
        defineProperty(globalThis, keys[i], get === undefined ? { value, enumerable: true } : { get, enumerable: true });
      }
    },
    settle(id, fulfilled, json) {
      const { resolve, reject, error } = waiting[id];
      delete waiting[id];
      const value = parse(json);
      if (fulfilled) resolve(value);
      else reject(refuse(error, value.message, value.code));
    },
    deliver(event, json) {
      const list = listeners[event];
      if (list === undefined) return;
      const payload = parse(json);
      const { length } = list;
      for (let i = 0; i < length; i++) (0, list[i])(payload);
    },
    describe(error) {
      let name = '', message, stack = '';
      try {
        if ((typeof error === 'object' && error !== null) || typeof error === 'function') {
          name = textOf(error.name ?? '', 100);
          message = textOf(error.message ?? stringify(error), 2000);
          stack = textOf(error.stack ?? '', 8000);
        } else message = textOf(error, 2000);
      } catch { message ??= 'something was thrown that cannot be shown'; }
      // Of text alone: for anything else stringify would meet what the program did to Array.prototype.
      return '[' + stringify(name) + ',' + stringify(message) + ',' + stringify(stack) + ']';
    },
  });
})`;
