/** The most important figures. If they are of one epoch, it is that of the kept weights. */

import { formatNumber, formatNumbers, formatSeconds } from './display';
import { escapeText } from './html';
import type { ReportEpoch, ReportRecord } from './record';
import { shownUnits } from './units';

function tile(name: string, value: string, unit = ''): string {
  return `<div class="tile"><dt>${escapeText(name)}</dt><dd>${escapeText(value)}${unit === '' ? '' : ` <small>${escapeText(unit)}</small>`}</dd></div>`;
}

type Figure = 'validationLoss' | 'validationAccuracy';

const isMeasured = (value: number | undefined): value is number => Number.isFinite(value);

/** The epoch where a figure was best, the first of equals. */
function best(history: readonly ReportEpoch[], figure: Figure): ReportEpoch | undefined {
  const sign = figure === 'validationLoss' ? -1 : 1;
  const measured = history.filter((epoch) => isMeasured(epoch[figure]));
  return measured.reduce<ReportEpoch | undefined>((leader, epoch) => {
    const isBetter = leader === undefined || sign * (epoch[figure] as number) > sign * (leader[figure] as number);
    return isBetter ? epoch : leader;
  }, undefined);
}

interface FigureWords {
  figure: Figure;
  name: string;
  /** The figure as text, with as many digits as its neighbours. */
  show(value: number): string;
  unit: string;
}

/** Shows each of some figures with the digits that all of them have together. */
function alike(figures: readonly (number | undefined)[]): (value: number) => string {
  const words = formatNumbers(figures);
  return (value) => words[figures.indexOf(value)] ?? formatNumber(value);
}

/** A figure of unseen data: of the epoch that was kept; where none is known, the best. */
function validationTile(
  { figure, name, show, unit }: FigureWords,
  history: readonly ReportEpoch[],
  kept: ReportEpoch | undefined,
): string[] {
  const leader = best(history, figure);
  if (leader === undefined) return [];
  const top = leader[figure] as number;
  const words = (...parts: string[]) => parts.filter((part) => part !== '').join(', ');
  const value = kept?.[figure];
  if (kept === undefined || !isMeasured(value)) {
    return [tile(`Best validation ${name}`, show(top), words(unit, `epoch ${leader.epoch + 1}`))];
  }
  const better = value === top ? ', the best' : `; best: ${show(top)}, epoch ${leader.epoch + 1}`;
  const own = words(unit, `epoch ${kept.epoch + 1}, kept`);
  return [tile(`Validation ${name}`, show(value), `${own}${better}`)];
}

/** The tiles of a record; empty without any. */
export function tiles(record: ReportRecord): string {
  const { history = [], keptEpoch, model } = record;
  const units = shownUnits(record);
  const last = history.at(-1);
  const kept = history.find(({ epoch }) => epoch === keptEpoch);
  const trained = kept ?? last;
  const both = (figure: Figure) => [kept?.[figure], best(history, figure)?.[figure]];
  const showLoss = alike([trained?.loss, ...both('validationLoss')]);
  const showPercent = alike(both('validationAccuracy').map((part) => part && part * 100));
  const shown = [
    ...validationTile({ figure: 'validationLoss', name: 'loss', show: showLoss, unit: units.loss }, history, kept),
    ...validationTile(
      { figure: 'validationAccuracy', name: 'accuracy', show: (part) => `${showPercent(part * 100)} %`, unit: '' },
      history,
      kept,
    ),
  ];
  if (keptEpoch !== undefined) {
    const all = last === undefined ? '' : `of ${Math.max(last.epoch, keptEpoch) + 1}`;
    shown.push(tile('Weights kept', `epoch ${keptEpoch + 1}`, all));
  }
  if (last !== undefined && trained !== undefined) {
    const which = kept === undefined ? '' : ', kept';
    shown.push(tile('Training loss', showLoss(trained.loss), `${units.loss}, epoch ${trained.epoch + 1}${which}`));
    shown.push(
      tile('Steps', formatNumber(last.step + 1), `in ${history.length} epoch${history.length === 1 ? '' : 's'}`),
    );
  }
  if (model !== undefined) {
    shown.push(tile('Parameters', formatNumber(model.layers.reduce((total, layer) => total + layer.parameters, 0))));
  }
  const speeds = history
    .map((epoch) => epoch.tokensPerSecond)
    .filter(isMeasured)
    .sort((a, b) => a - b);
  if (speeds.length > 0) shown.push(tile('Median speed', formatNumber(speeds[speeds.length >> 1]), `${units.speed}/s`));
  if (isMeasured(last?.seconds)) shown.push(tile('Time', formatSeconds(last.seconds)));
  return shown.length === 0 ? '' : `<dl class="tiles">${shown.join('')}</dl>`;
}
