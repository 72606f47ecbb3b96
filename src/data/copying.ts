/**
 * Copies a caller's data and checks each element. Data may be as large as memory, so the event loop has turns
 * meanwhile. Sizes are those at the beginning, even if the originals change.
 */

import * as check from '../base/check';
import { ELEMENTS_PER_LOOK, giveTurn, Pace } from '../base/event-loop';
import type { FloatArray } from '../native/native';

/** Lists by index. There may be millions, so only a wrong one gets its name for a message. */
export interface Lists {
  nameOf(index: number): string;
  at(index: number): ArrayLike<number>;
}

/** Lists that are elements of an option. */
export function listsIn(option: string, lists: readonly ArrayLike<number>[]): Lists {
  return { nameOf: (index) => `${option}[${index}]`, at: (index) => lists[index] as ArrayLike<number> };
}

/** The only list of an option, and its name. */
export function oneList(option: string, list: ArrayLike<number>): [Lists, Int32Array] {
  return [{ nameOf: () => option, at: () => list }, Int32Array.of(0, list.length)];
}

/**
 * Copies lists one after another in pieces that are soon copied.
 * @param copy copies elements [first, end) of a list to where they belong, from `at` on.
 */
async function copyPieces(
  offsets: Int32Array,
  width: number,
  copy: (list: number, first: number, end: number, at: number) => void,
): Promise<void> {
  const pace = new Pace();
  for (let list = 0; list + 1 < offsets.length; list++) {
    const start = (offsets[list] as number) * width;
    const length = (offsets[list + 1] as number) * width - start;
    for (let first = 0; first < length; first += ELEMENTS_PER_LOOK) {
      const end = Math.min(first + ELEMENTS_PER_LOOK, length);
      copy(list, first, end, start + first);
      if (pace.isDue(end - first)) await giveTurn();
    }
  }
}

/**
 * Copies ids, each at least 0 and below `count`: list i to `[offsets[i], offsets[i + 1])`.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export async function copyIds(lists: Lists, offsets: Int32Array, count: number, to: Int32Array): Promise<void> {
  await copyPieces(offsets, 1, (list, first, end, at) => {
    const from = lists.at(list);
    for (let i = first; i < end; i++) {
      const id = from[i] as number;
      // Only a wrong element needs the words of the validator.
      if (!(Number.isInteger(id) && id >= 0 && id < count)) {
        check.integer(`${lists.nameOf(list)}[${i}]`, id, { min: 0, max: count - 1 });
      }
      to[at + i - first] = id;
    }
  });
}

/**
 * Copies finite numbers, `width` an element: list i to `[offsets[i] * width, offsets[i + 1] * width)`.
 * @throws ERR_UNROLLED_OPTION_RANGE.
 */
export async function copyValues(lists: Lists, offsets: Int32Array, width: number, to: FloatArray): Promise<void> {
  await copyPieces(offsets, width, (list, first, end, at) => {
    const from = lists.at(list);
    for (let i = first; i < end; i++) {
      const place = at + i - first;
      to[place] = from[i] as number;
      // A number may be too large for the type it is copied to.
      if (!Number.isFinite(to[place])) {
        const position = width === 1 ? `[${i}]` : `[${Math.floor(i / width)}][${i % width}]`;
        throw check.outOfRange(`${lists.nameOf(list)}${position}`, `a finite number of the model's type`, from[i]);
      }
    }
  });
}
