/**
 * The addon as the realm sees it that the package was loaded in. The addon belongs to the realm that Node.js started with.
 * Where a test runner has loaded the package in a sandbox, the arrays and objects that the addon makes are of foreign classes,
 * and neither `toEqual` nor `instanceof` takes them for the sandbox's own.
 */

import { types } from 'node:util';
import { isPlainObject } from '../base/builtins';
import type { NativeAddon } from './native';

type AnyFunction = (...args: unknown[]) => unknown;

/** The native object behind each handle, which alone the addon takes back. */
const natives = new WeakMap<object, object>();

/** The arrays that the addon makes. */
const ARRAYS = [
  { is: types.isFloat32Array, Own: Float32Array },
  { is: types.isFloat64Array, Own: Float64Array },
  { is: types.isInt32Array, Own: Int32Array },
  { is: types.isUint8Array, Own: Uint8Array },
];

/** What the addon gave, made of this realm's own objects. */
function own(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (types.isPromise(value)) return Promise.resolve(value).then(own);
  for (const { is, Own } of ARRAYS) {
    // The same memory.
    if (is(value)) return new Own(value.buffer as ArrayBuffer, value.byteOffset, value.length);
  }
  if (Array.isArray(value)) return Array.from(value, own);
  if (isPlainObject(value)) return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, own(entry)]));
  return handleOf(value);
}

/** An argument as the addon takes it: a callback hears of what is of this realm. */
function native(argument: unknown): unknown {
  if (typeof argument === 'function') return (...given: unknown[]) => (argument as AnyFunction)(...given.map(own));
  return natives.get(argument as object) ?? argument;
}

/** A native object whose methods and classes give what is of this realm. */
function handleOf<Native extends object>(object: Native): Native {
  // Not over the object itself: a proxy must hand on its target's fixed properties, as the addon's are, unchanged.
  const handle = new Proxy({} as Native, {
    get(_, key) {
      const member: unknown = Reflect.get(object, key, object);
      if (typeof member !== 'function') return member;
      return new Proxy(member, {
        apply: (method, _self, args: unknown[]) => own(Reflect.apply(method, object, args.map(native))),
        construct: (Class, args: unknown[]) => handleOf(Reflect.construct(Class, args)),
      });
    },
  });
  natives.set(handle, object);
  return handle;
}

/** The addon itself, unless it is of another realm. */
export function ofThisRealm(addon: NativeAddon): NativeAddon {
  return Object.getPrototypeOf(addon.info()) === Object.prototype ? addon : handleOf(addon);
}
