/** A network as a graph: its inputs in the form that was asked for, its layers, its outputs. */

import { planOf } from '../layers/plan';
import type { InputDescription, LayerDescription, ModelDescription } from '../native/native';
import type { Parameters } from '../network/parameter-layout';
import { Context, cannotLeave, named, type Value } from './context';
import { type Name, valueInfo, type Weight } from './graph';
import { emit } from './layers';
import type { GraphProto, ValueInfoProto } from './messages';
import type { ResolvedOnnx } from './options';

/** A graph, its weights apart. */
export interface NetworkGraph {
  readonly graph: GraphProto;
  readonly weights: readonly Weight[];
}

/** The network of a description. @throws ERR_UNROLLED_EXPORT naming what cannot leave. */
export function networkGraph(
  description: ModelDescription,
  parameters: Parameters,
  { form, layout }: ResolvedOnnx,
): NetworkGraph {
  if (form === 'step') requireSteps(description);
  const context = new Context(description, parameters, form);
  const isBatchFirst = layout === 'batch';
  const input = [
    ...addInput(context, 'input', description.input, isBatchFirst),
    ...(description.source ? addInput(context, 'source', description.source, isBatchFirst) : []),
  ];
  let last = context.values.get('input') as Value;
  for (const layer of description.layers) {
    const inputs = context.planOf(layer).from.map((name) => context.values.get(name) as Value);
    last = emit(context, layer, inputs);
    context.values.set(layer.name, last);
  }
  const output = [addOutput(context, last, isBatchFirst), ...addFinalStates(context)];
  const { graph } = context;
  for (const [name, features] of context.stateInputs) {
    const isOptional = form === 'lengths';
    input.push(valueInfo(name, 'float', [isOptional ? 'batch_or_1' : 'batch', features]));
    if (isOptional) {
      graph.weight({ name, type: 'float', shape: [1, features], pieces: [new Float32Array(features)] });
    }
  }
  return { graph: { name: 'unrolled', node: graph.nodes, input, output }, weights: graph.weights };
}

/**
 * Refuses what needs all steps at once.
 * @throws ERR_UNROLLED_EXPORT.
 */
function requireSteps({ source, layers }: ModelDescription): void {
  const advice = "Choose the form 'sequence' or 'lengths'.";
  if (source !== undefined) {
    throw cannotLeave('an encoder–decoder reads its whole source, and the form step has one step', advice, 'step');
  }
  const whole = layers.find(needsAllSteps);
  if (whole === undefined) return;
  throw cannotLeave(`${named(whole)} needs all steps of a sequence, and the form step has one`, advice, 'step');
}

function needsAllSteps(layer: LayerDescription): boolean {
  if (layer.type === 'attention') return true;
  if (layer.type === 'pooling') return layer.pooling !== 'last' && layer.pooling !== 'final';
  if (!('layers' in layer)) return false;
  return layer.bidirectional === true || (layer.initialState !== undefined && layer.initialState !== '');
}

/** Adds one of the model's inputs, and says what goes in. */
function addInput(
  context: Context,
  side: 'input' | 'source',
  input: InputDescription,
  isBatchFirst: boolean,
): ValueInfoProto[] {
  const { graph, form } = context;
  const prefix = side === 'source' ? 'source.' : '';
  const isIds = input.kind === 'ids';
  const name = `${prefix}${input.kind}`;
  const time = `${prefix}time`;
  const axes = form === 'step' ? ['batch'] : isBatchFirst ? ['batch', time] : [time, 'batch'];
  const features = isIds ? input.vocabulary : input.features;
  const given = valueInfo(name, isIds ? 'int64' : 'float', isIds ? axes : [...axes, features]);
  const value = timeMajor();
  const base = { name: value, features, ahead: features, once: false, ofSource: side === 'source' };
  context.values.set(side, { ...base, kind: isIds ? 'ids' : 'vectors' });
  return form === 'lengths' ? [given, valueInfo(`${prefix}lengths`, 'int64', ['batch'])] : [given];

  function timeMajor(): Name {
    if (form === 'step') return graph.unsqueeze(name, 0);
    if (!isBatchFirst) return name;
    return isIds ? graph.transpose(name, 1, 0) : graph.transpose(name, 1, 0, 2);
  }
}

/** Whether the last layer's output are the scores of classes, or the log-probabilities of an adaptive softmax. */
function isHead(layer: LayerDescription | undefined): boolean {
  if (layer?.type === 'adaptiveSoftmax') return true;
  return layer?.type === 'dense' && (layer.activation ?? 'linear') === 'linear';
}

function addOutput(context: Context, last: Value, isBatchFirst: boolean): ValueInfoProto {
  const { graph, description, form } = context;
  const name = isHead(description.layers.at(-1)) ? 'logits' : 'output';
  if (last.once || form === 'step') {
    graph.addMany('Squeeze', [last.name, graph.integers(0)], [name]);
    return valueInfo(name, 'float', ['batch', last.features]);
  }
  const value = context.masked(last);
  graph.addMany('Identity', [isBatchFirst ? graph.transpose(value, 1, 0, 2) : value], [name]);
  return valueInfo(name, 'float', [...(isBatchFirst ? ['batch', 'time'] : ['time', 'batch']), last.features]);
}

/** The states after the last step, in the model's order. */
function addFinalStates({ graph, description, finalStates }: Context): ValueInfoProto[] {
  const states = planOf(description).layers.flatMap((layer) => layer.states);
  return states.map(({ name, features }) => {
    graph.addMany('Identity', [finalStates.get(name) as Name], [`${name}.next`]);
    return valueInfo(`${name}.next`, 'float', ['batch', features]);
  });
}
