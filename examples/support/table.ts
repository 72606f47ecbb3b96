/** Tables on the terminal. */

import type { ReportTable } from '../../src/report';

function shown(cell: string | number): string {
  if (typeof cell === 'string') return cell;
  return Number.isInteger(cell) ? cell.toLocaleString('en') : cell.toFixed(3);
}

/** Prints a table as a report shows it: names to the left, figures to the right. */
export function printTable({ title, columns, rows }: ReportTable): void {
  const cells = [columns, ...rows].map((row) => row.map(shown));
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart((widths[i] ?? 0) + 3))).join('');
  console.log(`\n${title}`);
  for (const row of cells) console.log(line(row).trimEnd());
}
