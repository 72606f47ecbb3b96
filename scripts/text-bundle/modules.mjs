/** Node's modules, as far as the modules of texts use them in a page. */

const isOf = (name) => (value) => Object.prototype.toString.call(value) === `[object ${name}]`;

const names = ['Float32', 'Float64', 'Int8', 'Int16', 'Int32', 'Uint8', 'Uint16', 'Uint32'].map(
  (name) => `${name}Array`,
);

export const types = {
  ...Object.fromEntries(names.map((name) => [`is${name}`, isOf(name)])),
  isTypedArray: (value) => ArrayBuffer.isView(value) && !isOf('DataView')(value),
  isNativeError: isOf('Error'),
  isMap: isOf('Map'),
  isSet: isOf('Set'),
  isDate: isOf('Date'),
  isRegExp: isOf('RegExp'),
  isPromise: isOf('Promise'),
};

export const TextDecoder = globalThis.TextDecoder;

export const inspect = (value) => String(value);

/** Of functions that are made and never called. */
export const promisify = (work) => work;

export const setImmediate = (work) => setTimeout(work, 0);

/** Bytes of memory: as much as a typed array may have. */
export const totalmem = () => 2 ** 33;
export const freemem = totalmem;

export default { totalmem, freemem };

/** The longest string. */
export const constants = { MAX_STRING_LENGTH: 2 ** 29 - 24 };
export const isUtf8 = () => true;
