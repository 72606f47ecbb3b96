/** How a shape is written. */

/** `[T, B, 256]` */
export function showShape(shape: readonly (number | string)[]): string {
  return `[${shape.join(', ')}]`;
}
