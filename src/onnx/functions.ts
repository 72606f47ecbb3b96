/** Functions of values that several layers have. */

import type { Activation } from '../native/native';
import { type Graph, int, ints, type Name } from './graph';

const OPERATORS: Readonly<Record<Activation, string | undefined>> = {
  tanh: 'Tanh',
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  linear: undefined,
};

/** A function of each element. */
export function activate(graph: Graph, activation: Activation | undefined, value: Name): Name {
  const operator = OPERATORS[activation ?? 'linear'];
  return operator === undefined ? value : graph.add(operator, [value]);
}

/**
 * The last axis brought to mean 0 and variance 1. ONNX's own LayerNormalization subtracts the mean of squares and the square
 * of the mean, which are near to each other; and equal values must give exact zeros, so the first is subtracted before.
 */
export function normalize(graph: Graph, value: Name, epsilon = 1e-5): Name {
  const last = { axes: ints(-1), keepdims: int(1) };
  const first = graph.add('Gather', [value, graph.integers(0)], { axis: int(-1) });
  const shifted = graph.add('Sub', [value, first]);
  const centred = graph.add('Sub', [shifted, graph.add('ReduceMean', [shifted], last)]);
  const variance = graph.add('ReduceMean', [graph.add('Mul', [centred, centred])], last);
  const deviation = graph.add('Sqrt', [graph.add('Add', [variance, graph.number(epsilon)])]);
  return graph.add('Div', [centred, deviation]);
}

/** `gain ∘ value + shift` */
export function scaled(graph: Graph, value: Name, gain: Name, shift: Name | undefined): Name {
  const product = graph.add('Mul', [value, gain]);
  return shift === undefined ? product : graph.add('Add', [product, shift]);
}
