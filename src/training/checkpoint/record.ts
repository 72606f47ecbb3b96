/** The contents of a checkpoint besides the model, as the rest of training sees them. */

import type { NativeTrainingState } from '../../native/native';
import type { ModelFile, ModelHeader } from '../../network/model-file';
import type { EpochSumsState } from '../epoch-result';

/** The state of a callback under its name; of several of one name in their order. */
export interface CallbackState {
  name: string;
  optional: boolean;
  state: unknown;
}

/** Everything about a training except the model's weights. */
export interface TrainingRecord {
  /** The schedule, without its length if it covers the run; records of earlier releases have the length. */
  options: RecordedOptions;
  /** Steps that the run was planned to make; absent in checkpoints of earlier releases. */
  totalSteps?: number;
  /** How much data it was trained on; absent in checkpoints of earlier releases. */
  data?: DataCounts;
  native: NativeTrainingState;
  /** Figures of the running epoch; absent between two epochs. */
  epoch?: EpochSumsState;
  /** Whether the epoch is fully trained but neither validated nor reported. */
  isPending?: true;
  /** Seconds the run has taken. */
  seconds: number;
  callbacks: CallbackState[];
  /** Why a callback ended training. */
  stopReason?: string;
  /** Names of the parameters that are not trained; absent in checkpoints of earlier releases. */
  frozen?: readonly string[];
}

/** The checkpoint that a training resumes from. */
export interface Checkpoint {
  file: ModelFile;
  header: ModelHeader;
  record: TrainingRecord;
}

/** How much data there is, by what is counted, in the singular: `{ token: 1350 }`. Without what validates. */
export type DataCounts = Readonly<Record<string, number>>;

/** Options by name, as JSON. Options that are off are absent. */
export type RecordedOptions = Readonly<Record<string, unknown>>;
