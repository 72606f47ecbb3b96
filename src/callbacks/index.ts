/**
 * Callbacks that come with the package.
 * @module
 */

export { type CheckpointOptions, checkpoint } from '../training/callbacks/checkpoint';
export { type EarlyStopping, type EarlyStoppingOptions, earlyStopping } from '../training/callbacks/early-stopping';
export { type ReduceOnPlateauOptions, reduceOnPlateau } from '../training/callbacks/reduce-on-plateau';
export { type TensorBoardOptions, tensorBoard } from '../training/callbacks/tensorboard';
