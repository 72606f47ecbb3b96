/** What the tutorials leave to their readers: variants of a model side by side. */

import type { EpochResult } from '../../../src/index';
import type { ReportComparison, ReportTable } from '../../../src/report';

export interface ExerciseOptions {
  epochs: number;
  seed: number;
}

export interface ExerciseResult {
  table: ReportTable;
  /** A figure of each variant by epoch. */
  comparison: ReportComparison;
}

/** What came of one variant. */
export interface VariantResult {
  /** The first of its cells is its name. */
  row: readonly [string, ...(string | number)[]];
  /** After each epoch. */
  figures: readonly number[];
}

/** The result of an exercise: `title` and `columns` are the table's, `plotted` and `yLabel` the plot's. */
export function resultOf(
  { title, columns, plotted, yLabel }: Pick<ReportTable, 'title' | 'columns'> & { plotted: string; yLabel: string },
  variants: readonly VariantResult[],
): ExerciseResult {
  const series = variants.map(({ row: [label], figures }) => ({
    label,
    x: figures.map((_, epoch) => epoch + 1),
    y: figures,
  }));
  return {
    table: { title, columns, rows: variants.map(({ row }) => row) },
    comparison: { title: plotted, xLabel: 'epoch', yLabel, series },
  };
}

/** All epochs of a training, of which there is one at least. */
export async function historyOf(training: AsyncIterable<EpochResult>): Promise<EpochResult[]> {
  const history: EpochResult[] = [];
  for await (const epoch of training) history.push(epoch);
  return history;
}

export function lastOf(history: readonly EpochResult[]): EpochResult {
  return history.at(-1) as EpochResult;
}
