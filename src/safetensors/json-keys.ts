/** The names in JSON text that `JSON.parse` loses: where one occurs twice, it keeps the last. */

/** The position of the quotation mark that closes the string opened at `start`. */
function stringEnd(json: string, start: number): number {
  let end = start + 1;
  while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end;
}

/** A name that some object of valid JSON has twice, or undefined. */
export function firstDuplicateKey(json: string): string | undefined {
  const openObjects: Set<string>[] = [];
  const colon = /\s*:/y;
  for (let i = 0; i < json.length; i++) {
    if (json[i] === '{') openObjects.push(new Set());
    if (json[i] === '}') openObjects.pop();
    if (json[i] !== '"') continue;
    const end = stringEnd(json, i);
    colon.lastIndex = end + 1;
    if (colon.test(json)) {
      const key = JSON.parse(json.slice(i, end + 1)) as string;
      const keys = openObjects.at(-1) as Set<string>;
      if (keys.has(key)) return key;
      keys.add(key);
    }
    i = end;
  }
  return undefined;
}
