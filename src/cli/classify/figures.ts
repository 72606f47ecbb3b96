/** The figures for each class that `classify evaluate` prints: precision, recall and confusions. */

import { cutTo, widthOf, wrapped } from '../terminal/width';

/** Most classes whose confusions are printed as a table; with more, the most frequent ones are listed. */
const MOST_COLUMNS = 12;

/** Pairs of that list. */
const MOST_PAIRS = 20;

const SPACE = 2;

/** Figures of one class; a figure is undefined if its denominator is 0. */
export interface ClassFigures {
  /** Texts of the class. */
  texts: number;
  /** Fraction of the texts predicted as the class that belong to it. */
  precision: number | undefined;
  /** Fraction of the texts of the class that were predicted as it. */
  recall: number | undefined;
  /** The harmonic mean of both. */
  f1: number | undefined;
}

function ratio(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}

/** @param confusion number of texts by true class (row) and predicted class (column). */
export function classFigures(confusion: readonly (readonly number[])[]): ClassFigures[] {
  const taken = confusion.map(() => 0);
  for (const row of confusion) for (const [label, count] of row.entries()) taken[label] = (taken[label] ?? 0) + count;
  return confusion.map((row, label) => {
    const texts = row.reduce((sum, count) => sum + count, 0);
    const [right, as] = [row[label] ?? 0, taken[label] ?? 0];
    return {
      texts,
      precision: ratio(right, as),
      recall: ratio(right, texts),
      f1: ratio(2 * right, as + texts),
    };
  });
}

/** Prepares the text of a cell for printing, without changing its width. */
type Show = (text: string) => string;

const asItIs: Show = (text) => text;

/** Rows of cells, the first `left` columns of them to the left. What is too wide is cut from the widest of these. */
function table(rows: readonly (readonly string[])[], left: number, columns: number, show: Show): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? '')))) ?? [];
  const total = () => widths.reduce((sum, width) => sum + width, SPACE * (widths.length - 1));
  for (let over = total() - columns; over > 0; over = total() - columns) {
    const widest = widths
      .slice(0, left)
      .reduce((best, width, column) => (width > (widths[best] ?? 0) ? column : best), 0);
    const width = widths[widest] ?? 0;
    if (width <= 1) break;
    widths[widest] = width - 1;
  }
  const lines = rows.map((row) =>
    row.map((text, column) => {
      const cell = cutTo(text, widths[column] ?? 0);
      const space = ' '.repeat((widths[column] ?? 0) - widthOf(cell));
      return column < left ? show(cell) + space : space + show(cell);
    }),
  );
  return lines.map((cells) => cells.join(' '.repeat(SPACE)).trimEnd()).join('\n');
}

/** Precision, recall and F1 of each class, and their means over the classes that have them. */
export function figuresTable(
  classNames: readonly string[],
  figures: readonly ClassFigures[],
  columns: number,
  show = asItIs,
): string {
  const shown = (value: number | undefined) => value?.toFixed(4) ?? '–';
  const mean = (key: 'precision' | 'recall' | 'f1') => {
    const known = figures.flatMap((each) => each[key] ?? []);
    return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  const rows = figures.map(({ texts, precision, recall, f1 }, label) => [
    classNames[label] ?? '',
    String(texts),
    ...[precision, recall, f1].map(shown),
  ]);
  const all = figures.reduce((sum, { texts }) => sum + texts, 0);
  const last = ['mean', String(all), ...[mean('precision'), mean('recall'), mean('f1')].map(shown)];
  return table([['class', 'texts', 'precision', 'recall', 'F1'], ...rows, last], 1, columns, show);
}

/** The confusion matrix as a table; the rows are the true classes. */
export function confusionTable(
  classNames: readonly string[],
  confusion: readonly (readonly number[])[],
  show = asItIs,
): string {
  const rows = confusion.map((row, label) => [classNames[label] ?? '', ...row.map(String)]);
  return table([['', ...classNames], ...rows], 1, Number.POSITIVE_INFINITY, show);
}

function pairs(
  classNames: readonly string[],
  confusion: readonly (readonly number[])[],
  columns: number,
  show: Show,
): string {
  const all = confusion.flatMap((row, is) =>
    row.flatMap((count, taken) => (taken === is || count === 0 ? [] : [{ is, taken, count }])),
  );
  if (all.length === 0) return 'every text was classified correctly';
  const most = all.sort((a, b) => b.count - a.count || a.is - b.is || a.taken - b.taken).slice(0, MOST_PAIRS);
  const rows = most.map(({ is, taken, count }) => [classNames[is] ?? '', classNames[taken] ?? '', String(count)]);
  const some = all.length > most.length ? `, ${most.length} of ${all.length}` : '';
  const heading = wrapped(`the most frequent confusions${some} (--json has every count):`, columns);
  return `${heading}\n${table([['true class', 'predicted', 'texts'], ...rows], 2, columns, show)}`;
}

/** The confusions: as a table if there are few classes and it fits, else the most frequent pairs. */
export function confusionText(
  classNames: readonly string[],
  confusion: readonly (readonly number[])[],
  columns: number,
  show = asItIs,
): string {
  if (classNames.length <= MOST_COLUMNS) {
    const shown = confusionTable(classNames, confusion, show);
    const isFitting = shown.split('\n').every((line) => widthOf(line) <= columns);
    const heading = 'true class (rows) and predicted class (columns):';
    if (isFitting) return `${wrapped(heading, columns)}\n${shown}`;
  }
  return pairs(classNames, confusion, columns, show);
}
