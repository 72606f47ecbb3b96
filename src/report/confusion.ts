/** Tables of a classifier's confusions and of the figures for each class. */

import { formatNumber } from './display';
import { escapeText, scrollable } from './html';
import type { ReportConfusion } from './record';

/** Most classes of a table of confusions; its number of cells is their square. */
const MOST_COLUMNS = 50;

/** Classes whose table is wider than a page of paper in its usual size. */
const WIDE = 10;

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A cell is coloured by its share of the row's examples: blue where they were recognised, orange where not. */
function cell(count: number, total: number, isRight: boolean): string {
  if (count === 0) return '<td class="number none">0</td>';
  const share = (count / total).toFixed(3);
  return `<td class="number ${isRight ? 'right' : 'wrong'}" style="--share:${share}">${formatNumber(count)}</td>`;
}

function matrix({ title, classNames, counts }: ReportConfusion): string {
  const names = classNames.map((name) => `<th scope="col" class="number"><bdi>${escapeText(name)}</bdi></th>`).join('');
  const rows = counts.map((row, label) => {
    const cells = row.map((count, taken) => cell(count, sum(row), taken === label)).join('');
    return `<tr><th scope="row"><bdi>${escapeText(classNames[label] as string)}</bdi></th>${cells}</tr>`;
  });
  return (
    `${scrollable(`Table: ${title}`)}<table class="confusion${classNames.length > WIDE ? ' wide' : ''}"><caption><bdi>${escapeText(title)}</bdi>: true and predicted classes</caption>` +
    `<thead><tr><th scope="col" rowspan="2" class="corner">true class</th><th scope="colgroup" colspan="${classNames.length}">predicted class</th></tr><tr>${names}</tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table></div>`
  );
}

function figures({ title, classNames, counts }: ReportConfusion): string {
  const right = counts.map((row, label) => row[label] as number);
  const are = counts.map(sum);
  const taken = classNames.map((_, label) => sum(counts.map((row) => row[label] as number)));
  const number = (words: string) => `<td class="number">${words}</td>`;
  const rows = classNames.map((name, label) => {
    const [own, is, as] = [right[label], are[label], taken[label]] as [number, number, number];
    const cells = [formatNumber(is), percent(own, as), percent(own, is)].map(number).join('');
    return `<tr><th scope="row"><bdi>${escapeText(name)}</bdi></th>${cells}</tr>`;
  });
  const heads = ['examples', 'precision', 'recall'].map((head) => `<th scope="col" class="number">${head}</th>`);
  return (
    `${scrollable(`Table: ${title}, each class`)}<table><caption><bdi>${escapeText(title)}</bdi>: each class</caption>` +
    `<thead><tr><th scope="col">class</th>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody>` +
    `<tfoot><tr><th scope="row">all</th>${number(formatNumber(sum(are)))}<td class="number" colspan="2">accuracy ${percent(sum(right), sum(are))}</td></tr></tfoot></table>` +
    '<p class="note">Precision: the fraction of the texts predicted as the class that belong to it. Recall: the fraction of the texts of the class that were predicted as it.</p></div>'
  );
}

/** The tables of a confusion; of very many classes only the figures of each. */
export function confusionTables(confusion: ReportConfusion): string {
  const isShown = confusion.classNames.length <= MOST_COLUMNS;
  const isNarrow = confusion.classNames.length <= 5;
  const tables = (isShown ? matrix(confusion) : '') + figures(confusion);
  return `<div class="${isShown && isNarrow ? 'grid' : 'stack'}">${tables}</div>`;
}
