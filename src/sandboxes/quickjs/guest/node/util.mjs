import { format } from '../console.mjs';
import { isDeepStrictEqual } from '../equal.mjs';
import { CUSTOM, inspect } from '../inspect.mjs';

inspect.custom = CUSTOM;
export const { TextDecoder, TextEncoder } = globalThis;

/** A function with a callback as one that gives a promise. */
export const promisify =
  (action) =>
  (...args) =>
    new Promise((resolve, reject) => {
      action(...args, (error, value) => (error ? reject(error) : resolve(value)));
    });

export function inherits(Class, Base) {
  Object.setPrototypeOf(Class.prototype, Base.prototype);
}

export const types = {
  isDate: (value) => value instanceof Date,
  isRegExp: (value) => value instanceof RegExp,
  isMap: (value) => value instanceof Map,
  isSet: (value) => value instanceof Set,
  isPromise: (value) => value instanceof Promise,
  isTypedArray: (value) => ArrayBuffer.isView(value) && !(value instanceof DataView),
  isNativeError: (value) => value instanceof Error,
};
export const stripVTControlCharacters = (text) =>
  String(text).replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, 'g'), '');

export { format, inspect, isDeepStrictEqual };
