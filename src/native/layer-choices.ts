/**
 * What is known of layers before the native module is loaded, as lists of options and the command line's help must know it.
 * A test compares it with what the core declares.
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
