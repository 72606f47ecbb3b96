/** What a checkpoint has in it beside the model, as the rest of training sees it. */

import type { NativeTrainingState } from '../../native/native';
import type { ModelFile, ModelHeader } from '../../network/model-file';
import type { EpochSumsState } from '../epoch-result';

/** The state of a callback under its name; of several of one name in their order. */
export interface CallbackState {
  name: string;
  optional: boolean;
  state: unknown;
}

/** All that a training is beside the model's weights. */
export interface TrainingRecord {
  /** Without the length of a schedule that covers the run; those of earlier releases have it. */
  options: RecordedOptions;
  /** Steps that the run was planned to make; absent in checkpoints of earlier releases. */
  totalSteps?: number;
  /** How much data it was trained on; absent in checkpoints of earlier releases. */
  data?: DataCounts;
  native: NativeTrainingState;
  /** Of the running epoch; absent between two. */
  epoch?: EpochSumsState;
  /** Whether the epoch is trained to its end but neither validated nor told of. */
  isPending?: true;
  /** Seconds the run has taken. */
  seconds: number;
  callbacks: CallbackState[];
  /** Why a callback ended training. */
  stopReason?: string;
  /** Names of the parameters that are not trained; absent in checkpoints of earlier releases. */
  frozen?: readonly string[];
}

/** What a training resumes from. */
export interface Checkpoint {
  file: ModelFile;
  header: ModelHeader;
  record: TrainingRecord;
}

/** How much data there is, by what is counted, in the singular: `{ token: 1350 }`. Without what validates. */
export type DataCounts = Readonly<Record<string, number>>;

/** Options by name, JSON only; those that are off are absent. */
export type RecordedOptions = Readonly<Record<string, unknown>>;
