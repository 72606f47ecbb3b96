/**
 * Facts about layers that are known before the native module is loaded, because lists of options and `--help` need
 * them. A test compares them with the declarations of the core.
 */

/** Types of recurrent layers. */
export const CELLS = ['rnn', 'gru', 'lstm'] as const;

/** Kinds of recurrent cells: vanilla, gated recurrent unit, long short-term memory. */
export type Cell = (typeof CELLS)[number];

/** Functions that a layer may have. */
export const ACTIVATIONS = ['tanh', 'relu', 'sigmoid', 'linear'] as const;

/** A function over a layer's sums. */
export type Activation = (typeof ACTIVATIONS)[number];

/** Most layers of one stack. */
export const MAX_LAYERS = 1024;
