/** Words for messages. */

/** `token` for one, `tokens` for any other number. */
export function inNumber(count: number, noun: string, plural = `${noun}s`): string {
  return count === 1 ? noun : plural;
}

/** `1 token`, `2 tokens`. */
export function counted(count: number, noun: string, plural?: string): string {
  return `${count} ${inNumber(count, noun, plural)}`;
}
