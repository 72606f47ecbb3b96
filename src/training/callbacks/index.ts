/**
 * Callbacks that come with the package.
 * @module
 */

export { type CheckpointOptions, checkpoint } from './checkpoint';
export { type EarlyStopping, type EarlyStoppingOptions, earlyStopping } from './early-stopping';
export { type ReduceOnPlateauOptions, reduceOnPlateau } from './reduce-on-plateau';
