/** Warnings: remarks that are not errors. */

/** The default of the option `onWarning`. */
export function emitWarning(message: string): void {
  process.emitWarning(message, { type: 'UnrolledWarning' });
}
