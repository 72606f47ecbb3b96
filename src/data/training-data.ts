/** Data to train and to judge a `Model` with, for each shape of a recurrent network. */

import type { ClassLoss, ValueLoss } from '../native/losses';
import type { FloatTensor } from '../network/parameter-layout';
import type { NestedPlanes, NestedRows, Tensor } from '../tensor/tensor';
import type { SequenceData } from './sequences';

/** Classes at each position of each sequence: lists as long as the sequences, or a tensor `[N, T]`. */
export type Tags = readonly ArrayLike<number>[] | Tensor<'int32'>;

/**
 * Numbers for each output: of one output a sequence `[N, F]` (or N numbers, where F is 1); of an output at every step
 * `[N, T, F]`, or a tensor `[T, F]` for each sequence. Nested arrays may have these shapes too.
 */
export type Values = FloatTensor | ArrayLike<number> | readonly FloatTensor[] | NestedRows | NestedPlanes;

/**
 * Many-to-one: the class of each sequence. The loss is cross-entropy by default, or binary cross-entropy where the model
 * has a single output; labels are 0 and 1 then.
 */
export interface LabelledData {
  inputs: SequenceData;
  /** N classes. */
  labels: ArrayLike<number>;
  loss?: ClassLoss | undefined;
}

/** Many-to-many, synced: a class at every position. The loss is as of labels. */
export interface TaggedData {
  inputs: SequenceData;
  tags: Tags;
  loss?: ClassLoss | undefined;
}

/** Numbers to be met, one per sequence or one at every position. Squared error by default. */
export interface ValuedData {
  inputs: SequenceData;
  values: Values;
  loss?: ValueLoss | undefined;
}

/**
 * Encoder–decoder with teacher forcing: the decoder is fed `start` and the target, and has to give the target and `end`.
 * The loss is cross-entropy.
 */
export interface PairedData {
  sources: SequenceData;
  /** Ids to write, N lists or a tensor `[N, T]`; none needs an id. */
  targets: readonly ArrayLike<number>[] | Tensor<'int32'>;
  /** Id that the decoder is fed first. */
  start: number;
  /** Id that it ends with, another than `start`. */
  end: number;
}

/** Encoder–decoder whose decoder is fed `inputs`, with a class or values at each of their positions. */
export type GuidedData = { sources: SequenceData } & (TaggedData | ValuedData);

/** Data of one of the shapes. */
export type TrainingData = LabelledData | TaggedData | ValuedData | PairedData | GuidedData;
