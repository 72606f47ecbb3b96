/** Orders of the window, looked at before the trainer gets them: whatever runs in the window may send anything. */

/** The longest text, in UTF-16 code units, and the most of all else. */
const MOST = { text: 10_000_000, prompt: 1000, epochs: 1_000_000, hidden: 1024 };

/**
 * @param {unknown} value
 * @param {number} most
 */
function isText(value, most) {
  return typeof value === 'string' && value.length <= most;
}

/**
 * @param {unknown} value
 * @param {number} most
 */
function isCount(value, most) {
  return Number.isInteger(value) && /** @type {number} */ (value) >= 1 && /** @type {number} */ (value) <= most;
}

/**
 * The order that a message is, with nothing else of it; undefined for what is none.
 * @param {unknown} message
 * @returns {import('./messages').ToTrainer | undefined}
 */
function orderOf(message) {
  if (typeof message !== 'object' || message === null) return undefined;
  const { type, text, epochs, hidden, prompt } = /** @type {import('./messages').Train} */ (message);
  if (/** @type {string} */ (type) === 'stop') return { type: 'stop' };
  if (type !== 'train' || !isText(text, MOST.text) || !isText(prompt, MOST.prompt)) return undefined;
  if (!isCount(epochs, MOST.epochs) || !isCount(hidden, MOST.hidden)) return undefined;
  return { type, text, epochs, hidden, prompt };
}

module.exports = { orderOf };
