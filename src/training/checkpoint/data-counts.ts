/** Sizes of the training data in a checkpoint, which are enough to say how other data differ. */

import { UnrolledError } from '../../base/errors';
import { showCount } from '../../base/messages/formatting';
import { phrase, refer } from '../../base/messages/phrase';
import { inNumber } from '../../base/messages/plurals';
import { idCount, sequenceCount } from '../../data/source';
import type { NativeSource } from '../../native/native';
import type { Checkpoint, DataCounts } from './record';

/** Advice for a checkpoint whose data, options or model differ. */
export const OR_RESTART = refer.remedy(
  'restart',
  ', or start a new training from its weights: load it as a model and fit it without resume (on the command line --init)',
);

function elementsOf({ offsets }: { offsets: Int32Array }): number {
  return offsets.at(-1) ?? 0;
}

export function dataCounts(source: NativeSource): DataCounts {
  switch (source.kind) {
    case 'stream':
      return { token: idCount(source.ids) };
    case 'documents':
      return { document: source.offsets.length - 1, token: source.ids.length };
    case 'paired':
      return {
        example: sequenceCount(source.inputs),
        'step of the sources': elementsOf(source.source),
        step: elementsOf(source.inputs),
      };
    case 'labelled':
    case 'tagged':
      return { example: sequenceCount(source.sequences), step: elementsOf(source.sequences) };
  }
}

/** The word for one step of a sequence, because "step" also means a step of training. */
function elementOf(source: NativeSource): string {
  const sequences = source.kind === 'paired' ? source.inputs : 'sequences' in source ? source.sequences : undefined;
  return sequences !== undefined && 'features' in sequences ? 'vector' : 'token';
}

function showCounts(counts: DataCounts, element: string): string {
  const shown = Object.entries(counts).map(([noun, count]) => {
    const [head = '', ...rest] = noun.split(' ');
    return [showCount(count), inNumber(count, head === 'step' ? element : head), ...rest].join(' ');
  });
  return shown.join(' and ');
}

/**
 * The error for a checkpoint of other data than these, where all options are the same.
 * @param before what it remembers of its data; absent in checkpoints of earlier releases.
 */
export function otherData({ file, record }: Checkpoint, source: NativeSource, cause: unknown): UnrolledError {
  const [before, now] = [record.data, dataCounts(source)];
  const show = (counts: DataCounts) => showCounts(counts, elementOf(source));
  const nouns = new Set([...Object.keys(before ?? {}), ...Object.keys(now)]);
  let what = 'the options are the same, but the data are not';
  if (before !== undefined) {
    const isSame = [...nouns].every((noun) => before[noun] === now[noun]);
    what = isSame
      ? `these are also ${show(now)}, but not the same ones`
      : `it was trained on ${show(before)}, but these are ${show(now)}`;
  }
  return new UnrolledError('ERR_UNROLLED_MODEL_MISMATCH', `${file.path} is from a training on other data: ${what}`, {
    advice: phrase`Resume with the data it was trained on${OR_RESTART}.`,
    option: 'resume',
    expected: before === undefined ? 'the same data' : show(before),
    received: show(now),
    cause,
  });
}

/**
 * The error for a checkpoint of other data than these, where the model's vocabulary lacks a token of these.
 * @param error what reading them by that vocabulary has thrown; any other than of a token is returned.
 */
export function lackingData({ file }: Checkpoint, error: unknown): unknown {
  if (!(error instanceof UnrolledError) || error.code !== 'ERR_UNROLLED_UNKNOWN_TOKEN') return error;
  const { received = 'a token' } = error;
  return new UnrolledError(
    'ERR_UNROLLED_MODEL_MISMATCH',
    `${file.path} is from a training on other data: its vocabulary lacks ${received}, which these data have`,
    {
      advice: phrase`Resume with the data it was trained on${OR_RESTART}.`,
      option: 'resume',
      expected: 'the same data',
      received,
      cause: error,
    },
  );
}
