/** Optimisers by name. Their defaults are PyTorch's, but for `momentum` and for `adagrad-abs`, which PyTorch has not. */

import * as check from '../../base/check';
import type { NativeOptimizerOptions } from '../../native/native';

/** Hyper-parameters of an optimiser; which of them a kind knows is in `OPTIMIZERS`. */
export interface OptimizerHyperparameters {
  learningRate?: number;
  momentum?: number;
  weightDecay?: number;
  beta1?: number;
  beta2?: number;
  /** Smoothing constant of RMSprop. */
  alpha?: number;
  epsilon?: number;
}

/** An array of the parameters' size that an optimiser keeps: of a `sum` and a `square` nothing is negative. */
export type Slot = 'velocity' | 'mean' | 'sum' | 'square';

interface Optimizer {
  /** All hyper-parameters that it knows. */
  defaults: OptimizerHyperparameters & { learningRate: number; weightDecay: number };
  /** What it keeps, in the order of the native side. */
  slots: readonly Slot[];
}

const adam = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

/** Optimisers by name. `adagrad` adds up squares, `adagrad-abs` absolute values, as the from-scratch tutorials do. */
export type OptimizerKind = 'sgd' | 'momentum' | 'adagrad' | 'adagrad-abs' | 'rmsprop' | 'adam' | 'adamw';

/**
 * A new one is a name above and a line here, beside its file in the core (`binding/core/optimizers`), whose name and slots
 * it has.
 */
export const OPTIMIZERS: Readonly<Record<OptimizerKind, Optimizer>> = {
  // With a momentum it is `momentum`, as PyTorch's SGD is.
  sgd: { defaults: { learningRate: 0.001, momentum: 0, weightDecay: 0 }, slots: [] },
  // PyTorch has no optimiser of that name; its SGD has no momentum by default.
  momentum: { defaults: { learningRate: 0.001, momentum: 0.9, weightDecay: 0 }, slots: ['velocity'] },
  adagrad: { defaults: { learningRate: 0.01, epsilon: 1e-10, weightDecay: 0 }, slots: ['sum'] },
  // The tutorials' `m += |g|; w -= rate * g / sqrt(m + epsilon)`.
  'adagrad-abs': { defaults: { learningRate: 0.1, epsilon: 1e-8, weightDecay: 0 }, slots: ['sum'] },
  rmsprop: {
    defaults: { learningRate: 0.01, alpha: 0.99, epsilon: 1e-8, momentum: 0, weightDecay: 0 },
    slots: ['square', 'velocity'],
  },
  adam: { defaults: adam, slots: ['mean', 'square'] },
  adamw: { defaults: { ...adam, weightDecay: 0.01 }, slots: ['mean', 'square'] },
};

/** An optimiser by name, with the hyper-parameters that differ from its defaults. */
export interface OptimizerDescription extends OptimizerHyperparameters {
  kind: OptimizerKind;
}

export const OPTIMIZER_KINDS = Object.keys(OPTIMIZERS) as OptimizerKind[];

/** What an optimiser of the native side keeps, in its order. */
export function slotsOf(kind: string): readonly Slot[] {
  return OPTIMIZERS[kind as OptimizerKind].slots;
}

const RANGES: Record<keyof OptimizerHyperparameters, check.Range> = {
  learningRate: { min: 0 },
  momentum: { min: 0, below: 1 },
  weightDecay: { min: 0 },
  beta1: { min: 0, below: 1 },
  beta2: { min: 0, below: 1 },
  alpha: { min: 0, below: 1 },
  // Still above zero as a 32-bit float, so that nothing is divided by zero.
  epsilon: { min: 1e-30 },
};

/** The hyper-parameters among other options that stand beside an optimiser; an absent one must not hide its own. */
export function overridesIn(options: OptimizerHyperparameters): OptimizerHyperparameters {
  const { learningRate, momentum, weightDecay } = options;
  return {
    ...(learningRate !== undefined && { learningRate }),
    ...(momentum !== undefined && { momentum }),
    ...(weightDecay !== undefined && { weightDecay }),
  };
}

/**
 * The optimiser with every hyper-parameter given. `overrides` are the ones written beside it and outrank its own.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION for a hyper-parameter the kind does not know,
 *   ERR_UNROLLED_OPTION_TYPE and ERR_UNROLLED_OPTION_RANGE for impossible values.
 */
export function resolveOptimizer(
  optimizer: OptimizerKind | OptimizerDescription,
  overrides: OptimizerHyperparameters,
): NativeOptimizerOptions {
  const isDescribed = typeof optimizer === 'object' && optimizer !== null;
  const { kind: name, ...own } = isDescribed ? optimizer : { kind: optimizer };
  const kind = check.oneOf(isDescribed ? 'optimizer.kind' : 'optimizer', name, OPTIMIZER_KINDS);
  const { defaults } = OPTIMIZERS[kind];
  const known = Object.keys(defaults) as (keyof OptimizerHyperparameters)[];
  const given = check.options(`optimizer ${kind}`, { ...own, ...overrides }, known);
  const resolved = { ...defaults };
  for (const key of known) {
    if (given[key] !== undefined) resolved[key] = check.number(key, given[key], RANGES[key]);
  }
  const { learningRate, weightDecay, ...hyperparameters } = resolved;
  const isMomentum = kind === 'sgd' && (resolved.momentum as number) > 0;
  return { kind: isMomentum ? 'momentum' : kind, learningRate, weightDecay, hyperparameters };
}

/** A resolved optimiser with all its hyper-parameters, in the order of its defaults. */
export function describeOptimizer(optimizer: NativeOptimizerOptions): OptimizerDescription {
  const kind = optimizer.kind as OptimizerKind;
  const { learningRate, weightDecay, hyperparameters } = optimizer;
  return { kind, ...OPTIMIZERS[kind].defaults, ...hyperparameters, learningRate, weightDecay };
}
