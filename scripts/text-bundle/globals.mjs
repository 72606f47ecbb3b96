/** Node's globals, as far as the modules of texts call them in a page. */

export const process = {
  nextTick: (work) => queueMicrotask(work),
  constrainedMemory: () => 0,
  memoryUsage: { rss: () => 0 },
  emitWarning: (message) => console.warn(message),
};

/** The bytes of a text, which are a text again where they are asked for one: so a part of a long text is freed of it. */
class TextBytes extends Uint8Array {
  toString(encoding = 'utf8') {
    if (encoding === 'latin1') return Array.from(this, (byte) => String.fromCharCode(byte)).join('');
    if (encoding === 'utf8') return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this);
    // A half of a surrogate pair stays what it is.
    return Array.from(new Uint16Array(this.buffer), (unit) => String.fromCharCode(unit)).join('');
  }
}

export const Buffer = {
  from(value, encoding, length) {
    if (typeof value !== 'string') return new TextBytes(value, encoding, length);
    if (encoding !== 'utf16le') return new TextBytes(new TextEncoder().encode(value));
    const units = Uint16Array.from({ length: value.length }, (_, i) => value.charCodeAt(i));
    return new TextBytes(units.buffer);
  },
  byteLength: (text) => new TextEncoder().encode(text).length,
};
