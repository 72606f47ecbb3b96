/** The check of a record before anything is drawn: what is not a record is refused by the name of its part. */

import { types } from 'node:util';
import * as check from '../base/check';
import type { ReportActivations, ReportLayer, ReportModel, ReportRecord } from './record';

const RECORD_PARTS = [
  'title',
  'command',
  'created',
  'note',
  'model',
  'history',
  'units',
  'keptEpoch',
  'weights',
  'steps',
  'samples',
  'confusions',
  'activations',
  'neighbours',
  'gradientByStep',
  'tables',
  'comparisons',
] as const satisfies (keyof ReportRecord)[];

/** An object of which nothing is known; these are the fields that are looked into. */
type Fields = Partial<
  Record<'classNames' | 'columns' | 'neighbours' | 'norms' | 'series' | 'shape' | 'x' | 'y', unknown>
>;

function object(option: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw check.wrongType(option, 'an object', value);
  }
  return value as Fields;
}

/** The objects of a list, each with its place as a name. */
function list(option: string, value: unknown): [name: string, element: Fields][] {
  if (!Array.isArray(value)) throw check.wrongType(option, 'a list', value);
  return value.map((element, index) => [`${option}[${index}]`, object(`${option}[${index}]`, element)]);
}

/** Strings and numbers of an object; numbers may be NaN or infinite, for they are shown as gaps. */
function fields(option: string, value: object, kinds: Record<string, 'string' | 'number'>): void {
  for (const [key, kind] of Object.entries(kinds)) {
    const optional = key.endsWith('?');
    const field = optional ? key.slice(0, -1) : key;
    const given = (value as Record<string, unknown>)[field];
    if (optional && given === undefined) continue;
    if (typeof given !== kind) throw check.wrongType(`${option}.${field}`, `a ${kind}`, given);
  }
}

function numbers(option: string, value: unknown): ArrayLike<number> {
  const isList = Array.isArray(value) || types.isFloat32Array(value) || types.isFloat64Array(value);
  if (!isList || !Array.prototype.every.call(value, (element) => typeof element === 'number')) {
    throw check.wrongType(option, 'a list of numbers', value);
  }
  return value;
}

function sameLength(option: string, value: ArrayLike<unknown>, expected: number): void {
  if (value.length !== expected) throw check.outOfRange(option, `a list of ${expected}`, value);
}

function strings(option: string, value: unknown): void {
  if (!Array.isArray(value)) throw check.wrongType(option, 'a list of strings', value);
  for (const [index, element] of value.entries()) check.string(`${option}[${index}]`, element);
}

function shape(option: string, value: unknown): void {
  const isSize = (size: unknown) => typeof size === 'string' || Number.isSafeInteger(size);
  if (!Array.isArray(value) || !value.every(isSize))
    throw check.wrongType(option, 'a list of sizes and letters', value);
}

function checkLayer(name: string, layer: ReportLayer): void {
  fields(name, layer, {
    name: 'string',
    type: 'string',
    parameters: 'number',
    'note?': 'string',
    'initialState?': 'string',
    'memory?': 'string',
    'stacked?': 'number',
  });
  shape(`${name}.shape`, layer.shape);
  if (layer.from !== undefined) strings(`${name}.from`, layer.from);
  for (const flag of ['recurrent', 'bidirectional'] as const) {
    if (layer[flag] !== undefined) check.boolean(`${name}.${flag}`, layer[flag]);
  }
  if (layer.states === undefined) return;
  for (const [state, value] of list(`${name}.states`, layer.states)) {
    fields(state, value, { name: 'string', features: 'number' });
  }
}

/** @throws ERR_UNROLLED_OPTION_TYPE naming the part that is not a model's. */
export function checkModel(option: string, value: unknown): void {
  const model = object(option, value) as unknown as ReportModel;
  fields(option, model, { 'description?': 'string' });
  for (const [name, input] of list(`${option}.inputs`, model.inputs)) {
    fields(name, input, { name: 'string', kind: 'string' });
    shape(`${name}.shape`, input.shape);
  }
  for (const [name, layer] of list(`${option}.layers`, model.layers)) checkLayer(name, layer as unknown as ReportLayer);
}

function checkActivations(option: string, value: unknown): void {
  for (const [name, element] of list(option, value)) {
    const { tokens, units } = element as unknown as ReportActivations;
    fields(name, element, { layer: 'string' });
    strings(`${name}.tokens`, tokens);
    if (!Array.isArray(units)) throw check.wrongType(`${name}.units`, 'a list of rows', units);
    sameLength(`${name}.units`, units, tokens.length);
    for (const [time, row] of units.entries()) {
      sameLength(`${name}.units[${time}]`, numbers(`${name}.units[${time}]`, row), units[0]?.length ?? 0);
    }
  }
}

const EPOCH_FIELDS = {
  epoch: 'number',
  step: 'number',
  loss: 'number',
  'validationLoss?': 'number',
  'accuracy?': 'number',
  'validationAccuracy?': 'number',
  'learningRate?': 'number',
  'gradientNorm?': 'number',
  'tokensPerSecond?': 'number',
  'seconds?': 'number',
} as const;

function checkCurves({ history, steps, gradientByStep, comparisons }: ReportRecord): void {
  if (history !== undefined) for (const [name, epoch] of list('history', history)) fields(name, epoch, EPOCH_FIELDS);
  if (steps !== undefined) {
    object('steps', steps);
    if (steps.first !== undefined) check.integer('steps.first', steps.first, { min: 0 });
    numbers('steps.loss', steps.loss);
    if (steps.learningRate !== undefined) numbers('steps.learningRate', steps.learningRate);
    if (steps.gradientNorm !== undefined) numbers('steps.gradientNorm', steps.gradientNorm);
  }
  if (gradientByStep !== undefined) {
    for (const [name, series] of list('gradientByStep.series', object('gradientByStep', gradientByStep).series)) {
      fields(name, series, { label: 'string' });
      numbers(`${name}.norms`, series.norms);
    }
  }
  if (comparisons === undefined) return;
  for (const [name, plot] of list('comparisons', comparisons)) {
    fields(name, plot, { title: 'string', xLabel: 'string', yLabel: 'string' });
    for (const [line, series] of list(`${name}.series`, plot.series)) {
      fields(line, series, { label: 'string' });
      sameLength(`${line}.y`, numbers(`${line}.y`, series.y), numbers(`${line}.x`, series.x).length);
    }
  }
}

function checkUnits(value: unknown): void {
  const units = check.options('units', object('units', value) as { loss?: unknown; speed?: unknown }, [
    'loss',
    'speed',
  ]);
  fields('units', units, { 'loss?': 'string', 'speed?': 'string' });
}

function checkNeighbours(value: unknown): void {
  const { words, lists } = object('neighbours', value) as { words?: unknown; lists?: unknown };
  for (const [name, word] of list('neighbours.words', words)) {
    fields(name, word, { word: 'string', x: 'number', y: 'number', 'group?': 'string' });
  }
  for (const [name, entry] of list('neighbours.lists', lists)) {
    fields(name, entry, { word: 'string' });
    for (const [near, neighbour] of list(`${name}.neighbours`, entry.neighbours)) {
      fields(near, neighbour, { word: 'string', distance: 'number' });
    }
  }
}

function checkConfusions(value: unknown): void {
  for (const [name, confusion] of list('confusions', value)) {
    fields(name, confusion, { title: 'string' });
    strings(`${name}.classNames`, confusion.classNames);
    const { classNames, counts } = confusion as { classNames: string[]; counts: unknown };
    if (!Array.isArray(counts)) throw check.wrongType(`${name}.counts`, 'a list of rows', counts);
    sameLength(`${name}.counts`, counts, classNames.length);
    for (const [label, row] of counts.entries()) {
      const option = `${name}.counts[${label}]`;
      sameLength(option, numbers(option, row), classNames.length);
      for (const count of row) check.integer(option, count, { min: 0 });
    }
  }
}

function checkTables(value: unknown): void {
  for (const [name, table] of list('tables', value)) {
    fields(name, table, { title: 'string' });
    strings(`${name}.columns`, table.columns);
    const { columns, rows } = table as { columns: string[]; rows: unknown };
    if (!Array.isArray(rows)) throw check.wrongType(`${name}.rows`, 'a list of rows', rows);
    for (const [index, row] of rows.entries()) {
      const option = `${name}.rows[${index}]`;
      if (!Array.isArray(row)) throw check.wrongType(option, 'a list', row);
      sameLength(option, row, columns.length);
      for (const cell of row) {
        if (typeof cell !== 'string' && typeof cell !== 'number')
          throw check.wrongType(option, 'words and numbers', cell);
      }
    }
  }
}

/**
 * Refuses what is not a record.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the part, as in
 *   `history[3].loss`.
 */
export function checkRecord(record: ReportRecord): void {
  check.options('a report', object('record', record) as unknown as ReportRecord, RECORD_PARTS);
  fields('record', record, {
    title: 'string',
    'command?': 'string',
    'created?': 'string',
    'note?': 'string',
    'weights?': 'string',
  });
  if (record.units !== undefined) checkUnits(record.units);
  if (record.model !== undefined) checkModel('model', record.model);
  checkCurves(record);
  if (record.samples !== undefined) {
    for (const [name, sample] of list('samples', record.samples)) {
      fields(name, sample, { epoch: 'number', step: 'number', text: 'string' });
    }
  }
  if (record.keptEpoch !== undefined) check.integer('keptEpoch', record.keptEpoch, { min: 0 });
  if (record.confusions !== undefined) checkConfusions(record.confusions);
  if (record.activations !== undefined) checkActivations('activations', record.activations);
  if (record.neighbours !== undefined) checkNeighbours(record.neighbours);
  if (record.tables !== undefined) checkTables(record.tables);
}
