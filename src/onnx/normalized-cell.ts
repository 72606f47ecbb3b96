/**
 * Recurrent layers with a normalisation inside their cell, for which ONNX has no operator: one step of the cell as a graph,
 * which a Scan repeats over a sequence. `binding/core/layers/recurrent/cell_normalization.h` has the formulas.
 */

import type { RecurrentDescription } from '../native/native';
import { type Context, cannotLeave, named } from './context';
import { activate, normalize, scaled } from './functions';
import { type Graph, graph as graphAttribute, int, ints, type Name, valueInfo } from './graph';
import type { Direction, Level } from './level';

/** A cell in one direction. */
interface Cell {
  readonly context: Context;
  readonly layer: RecurrentDescription;
  readonly suffix: string;
  readonly gates: number;
}

/** States of a step. */
interface States {
  readonly h: Name;
  readonly c?: Name;
}

/** One step: from what the input adds to the sums `[B, G·H]`, and the states, to the new ones. */
type Step = (graph: Graph, cell: Cell, sums: Name, states: States) => States;

const STEPS: Readonly<Record<string, { gates: number; step: Step }>> = {
  rnn: { gates: 1, step: rnn },
  gru: { gates: 3, step: gru },
  lstm: { gates: 4, step: lstm },
};

function optional({ context, layer, suffix }: Cell, before: string, after = ''): Name | undefined {
  const name = `${layer.name}.${before}${suffix}${after}`;
  return context.hasParameter(name) ? context.parameter(name) : undefined;
}

/** Some of a parameter's blocks of H rows: `[count·H, width]`, or `[count·H]` where there is no width. */
function someGates(cell: Cell, what: string, after: string, range: readonly number[], width?: number): Name {
  const { context, layer, suffix } = cell;
  const name = `${layer.name}.${what}${suffix}${after}`;
  if (range.length === cell.gates) return context.parameter(name);
  const rows = range.length * layer.features;
  return context.graph.weight({
    ...{ name: `/${name}[${range}]`, type: 'float', shape: width === undefined ? [rows] : [rows, width] },
    pieces: context.blocks(name, range, layer.features * (width ?? 1)),
  });
}

/** Normalises each gate's features by themselves. @param axes those before the gates. */
function normalizeGates(graph: Graph, { layer }: Cell, value: Name, gates: number, axes: number): Name {
  const before = Array.from({ length: axes }, () => 0);
  const apart = graph.add('Reshape', [value, graph.integers(...before, gates, layer.features)]);
  const normal = normalize(graph, apart, layer.epsilon);
  return graph.add('Reshape', [normal, graph.integers(...before, gates * layer.features)]);
}

/** What the input adds to the sums of all gates, of all steps: `[T, B, G·H]`. */
function inputSums(cell: Cell, { input }: Level): Name {
  const { context, layer, suffix, gates } = cell;
  const { graph } = context;
  const weight = context.transposed(`${layer.name}.weight_ih${suffix}`);
  const product =
    input.kind === 'oneHot'
      ? graph.add('Gather', [weight, input.name], { axis: int(0) })
      : graph.add('MatMul', [context.vectorsOf(input), weight]);
  const normal = normalizeGates(graph, cell, product, gates, 2);
  const gain = context.parameter(`${layer.name}.norm_ih${suffix}.weight`);
  return scaled(graph, normal, gain, optional(cell, 'bias_ih'));
}

/** What a state adds to the sums of some gates: `[B, count·H]`. */
function stateSums(graph: Graph, cell: Cell, state: Name, range: readonly number[]): Name {
  const weight = someGates(cell, 'weight_hh', '', range, cell.layer.features);
  // Outside of the step, so that it is done once.
  const outer = cell.context.graph;
  const transposed = outer.once(`transposed ${weight}`, () => outer.transpose(weight, 1, 0));
  const product = graph.add('MatMul', [state, transposed]);
  const normal = normalizeGates(graph, cell, product, range.length, 1);
  const hasShift = optional(cell, 'bias_hh') !== undefined;
  const shift = hasShift ? someGates(cell, 'bias_hh', '', range) : undefined;
  return scaled(graph, normal, someGates(cell, 'norm_hh', '.weight', range), shift);
}

/** Sums of gates apart, each `[B, H]`. */
function split(graph: Graph, { layer }: Cell, sums: Name, count: number): Name[] {
  const outputs = Array.from({ length: count }, () => graph.newName('gate'));
  const sizes = graph.integers(...outputs.map(() => layer.features));
  graph.addMany('Split', [sums, sizes], outputs, { axis: int(-1) });
  return outputs;
}

function rnn(graph: Graph, cell: Cell, sums: Name, { h }: States): States {
  const sum = graph.add('Add', [sums, stateSums(graph, cell, h, [0])]);
  return { h: activate(graph, cell.layer.activation ?? 'tanh', sum) };
}

function gru(graph: Graph, cell: Cell, sums: Name, { h }: States): States {
  const { activation = 'tanh', gateActivation = 'sigmoid', resetAfter } = cell.layer;
  const [inputR, inputZ, inputN] = split(graph, cell, sums, 3) as [Name, Name, Name];
  const isAfter = resetAfter !== false;
  const product = stateSums(graph, cell, h, isAfter ? [0, 1, 2] : [0, 1]);
  const [stateR, stateZ, stateN] = split(graph, cell, product, isAfter ? 3 : 2) as [Name, Name, Name | undefined];
  const gate = (one: Name, other: Name) => activate(graph, gateActivation, graph.add('Add', [one, other]));
  const [reset, update] = [gate(inputR, stateR), gate(inputZ, stateZ)];
  const added =
    stateN === undefined
      ? stateSums(graph, cell, graph.add('Mul', [reset, h]), [2])
      : graph.add('Mul', [reset, stateN]);
  const candidate = activate(graph, activation, graph.add('Add', [inputN, added]));
  const rest = graph.add('Sub', [graph.number(1), update]);
  return { h: graph.add('Add', [graph.add('Mul', [rest, candidate]), graph.add('Mul', [update, h])]) };
}

function lstm(graph: Graph, cell: Cell, sums: Name, { h, c }: States): States {
  const { activation = 'tanh', gateActivation = 'sigmoid', epsilon } = cell.layer;
  const sum = graph.add('Add', [sums, stateSums(graph, cell, h, [0, 1, 2, 3])]);
  const [i, f, g, o] = split(graph, cell, sum, 4) as [Name, Name, Name, Name];
  const gate = (value: Name) => activate(graph, gateActivation, value);
  const kept = graph.add('Mul', [gate(f), c as Name]);
  const after = graph.add('Add', [kept, graph.add('Mul', [gate(i), activate(graph, activation, g)])]);
  const { context, layer, suffix } = cell;
  const gain = context.parameter(`${layer.name}.norm_c${suffix}.weight`);
  const normal = scaled(graph, normalize(graph, after, epsilon), gain, optional(cell, 'norm_c', '.bias'));
  return { h: graph.add('Mul', [gate(o), activate(graph, activation, normal)]), c: after };
}

/** One direction of a level: of a single step its graph, else a Scan. */
export function normalizedDirection(context: Context, level: Level, direction: number): Direction {
  const { layer, suffixes, input } = level;
  const known = STEPS[layer.type];
  if (known === undefined) {
    throw cannotLeave(`layerNorm of ${named(layer)} cannot be expressed in ONNX`, 'Leave layerNorm out.', layer.type);
  }
  const { graph } = context;
  const cell: Cell = { context, layer, suffix: suffixes[direction] as string, gates: known.gates };
  const isLstm = layer.type === 'lstm';
  const initial = (state: string) => context.initialState(layer, `${layer.name}.${state}${cell.suffix}`);
  const states: States = { h: initial('h'), ...(isLstm && { c: initial('c') }) };
  const sums = inputSums(cell, level);
  if (context.form === 'step' || input.once) {
    const after = known.step(graph, cell, graph.squeeze(sums, 0), states);
    return { output: graph.unsqueeze(after.h, 0), ...after };
  }
  return scan(cell, known.step, { sums, states, mask: context.rowsOf(input)?.mask, isBackward: direction === 1 });
}

interface Scanned {
  readonly sums: Name;
  readonly states: States;
  readonly mask: Name | undefined;
  readonly isBackward: boolean;
}

/** The steps of a sequence. Behind the end of a row its states stay and its output is zero. */
function scan(cell: Cell, step: Step, { sums, states, mask, isBackward }: Scanned): Direction {
  const { graph } = cell.context;
  const body = graph.inner();
  const names = states.c === undefined ? (['h'] as const) : (['h', 'c'] as const);
  const before = names.map((state) => graph.newName(`${state}_before`));
  const [sumsOfStep, isThere] = [graph.newName('sums'), graph.newName('is_there')];
  const after = step(body, cell, sumsOfStep, {
    h: before[0] as Name,
    ...(names.length > 1 && { c: before[1] as Name }),
  });
  const keep = (value: Name, otherwise: Name) =>
    mask === undefined ? body.add('Identity', [value]) : body.add('Where', [isThere, value, otherwise]);
  const kept = names.map((state, i) => keep(after[state] as Name, before[i] as Name));
  const output = keep(after.h, graph.number(0));
  const { features } = cell.layer;
  const vector = (name: Name) => valueInfo(name, 'float', ['batch', features]);
  const proto = {
    name: graph.newName('step'),
    node: body.nodes,
    input: [
      ...before.map(vector),
      valueInfo(sumsOfStep, 'float', ['batch', cell.gates * features]),
      ...(mask ? [valueInfo(isThere, 'bool', ['batch', 1])] : []),
    ],
    output: [...kept, output].map(vector),
  };
  const way = isBackward ? 1 : 0;
  const inputs = mask ? [sums, mask] : [sums];
  const outputs = [...names, 'outputs'].map((what) => graph.newName(what));
  graph.addMany('Scan', [...names.map((state) => states[state] as Name), ...inputs], outputs, {
    body: graphAttribute(proto),
    num_scan_inputs: int(inputs.length),
    scan_input_directions: ints(...inputs.map(() => way)),
    scan_output_directions: ints(way),
  });
  const [h, c] = outputs as [Name, Name];
  return { output: outputs.at(-1) as Name, h, ...(names.length > 1 && { c }) };
}
