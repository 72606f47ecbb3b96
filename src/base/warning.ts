/** What is not an error and yet worth a word. */

/** Where an option `onWarning` is not given. */
export function emitWarning(message: string): void {
  process.emitWarning(message, { type: 'UnrolledWarning' });
}
