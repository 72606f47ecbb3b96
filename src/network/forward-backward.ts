/**
 * Passes over one batch, by hand: outputs forward, and gradients of an objective by back-propagation through time.
 *
 * Shapes: `T` time, `B` batch, `F` features of the last layer.
 */

import * as check from '../base/check';
import { resolveThreads } from '../base/resource-limits';
import { planOf } from '../layers/plan';
import { VALUE_LOSSES, type ValueLoss } from '../native/losses';
import type { ModelDescription, NativeDropping, NativeModel, NativeObjective } from '../native/native';
import { tensorOrOther } from '../tensor/nested-numbers';
import type { NestedPlanes, NestedRows, Tensor } from '../tensor/tensor';
import { FLOATS, requireTensor } from '../tensor/tensor-shape';
import { type ModelInput, toBatch } from './batch-input';
import type { FlatLayout, FloatTensor, Parameters, States } from './parameter-layout';

/** The result of `Model.forward`. */
export interface ForwardResult {
  /** Output of the last layer, `[T', B, F]`; T' is 1 after pooling, else T. */
  output: FloatTensor;
  /** Final states. */
  states: States;
  /** Outputs of the requested layers, by name. */
  layers: Record<string, FloatTensor>;
}

/** The loss to differentiate. */
export type Objective =
  /** Softmax cross-entropy of class ids `[T', B]`. */
  | { loss?: 'crossEntropy'; targets: Tensor<'int32'> | NestedRows; reduction?: 'mean' | 'sum' }
  /**
   * A loss of each output against `values` `[T', B, F]`: binary cross-entropy, which reads the outputs as logits, or
   * squared errors. The mean is over all outputs.
   */
  | { loss: ValueLoss; values: FloatTensor | NestedPlanes; reduction?: 'mean' | 'sum' }
  /** The sum of `gradOutput · output`, `[T', B, F]`. */
  | { gradOutput: FloatTensor | NestedPlanes };

/** The result of `Model.gradients`. Each gradient has the shape of its parameter, state or input. */
export interface GradientsResult {
  /** Mean or sum, as requested; absent with `gradOutput`. */
  loss?: number;
  /** `[T', B, F]`; absent with a loss. */
  output?: FloatTensor;
  parameters: Parameters;
  /** Gradient of the features, `[T, B, F]`; absent for ids. */
  input?: FloatTensor;
  /** The same of the source's features. */
  source?: FloatTensor;
  /** Gradients of the initial states. */
  initialStates: States;
  /** Final states of the forward pass. */
  states: States;
}

/** Options of everything that computes once. */
export interface ComputeOptions {
  /** The pool's default where absent. The results do not depend on it. */
  threads?: number | undefined;
}

/** Options of `Model.forward`. */
export interface ForwardOptions extends ComputeOptions {
  /** Names of layers whose output is wanted too. */
  layers?: readonly string[] | undefined;
}

/** Options of `Model.gradients`. */
export interface GradientsOptions extends ComputeOptions {
  /** Drops units as step `step` of a training with that seed does. None are dropped where absent. */
  dropping?: NativeDropping | undefined;
}

function nativeObjective(layout: FlatLayout, objective: Objective): NativeObjective {
  if (typeof objective !== 'object' || objective === null) {
    throw check.wrongType('objective', 'an object with targets, values or gradOutput', objective);
  }
  const converted = (option: string, given: unknown) =>
    layout.convert(
      requireTensor(option, tensorOrOther(option, given, 'float64', 3), FLOATS, 'a tensor of floats, or nested arrays'),
    );
  if ('gradOutput' in objective) return { gradOutput: converted('gradOutput', objective.gradOutput) };
  const reduction = check.oneOf('reduction', objective.reduction === undefined ? 'mean' : objective.reduction, [
    'mean',
    'sum',
  ]);
  if ('values' in objective) {
    const loss = check.oneOf('loss', objective.loss, VALUE_LOSSES);
    return { loss, values: converted('values', objective.values), reduction };
  }
  if (objective.loss !== undefined) check.oneOf('loss', objective.loss, ['crossEntropy']);
  return {
    targets: requireTensor('targets', tensorOrOther('targets', objective.targets, 'int32', 2), ['int32']).data,
    reduction,
  };
}

/** The members of a network that a pass needs. */
interface Computing {
  readonly description: ModelDescription;
  readonly native: NativeModel;
}

/** `Model.forward`. */
export async function forwardPass(
  model: Computing,
  layout: FlatLayout,
  input: ModelInput,
  options?: ForwardOptions,
): Promise<ForwardResult> {
  const { threads, layers = [] } = check.options('Model.forward', options, ['threads', 'layers']);
  check.strings('layers', layers, 'a list of names of layers');
  const batch = toBatch(model.description, layout, input);
  const result = await model.native.forward(batch, resolveThreads(threads), [...layers]);
  return {
    output: layout.tensor([result.time, batch.batch, result.features], result.output),
    states: layout.states(result.state, batch.batch),
    layers: Object.fromEntries(
      result.layers.map(({ name, output, time, features }) => [
        name,
        layout.tensor([time, batch.batch, features], output),
      ]),
    ),
  };
}

/** `Model.gradients`. */
export async function gradientsPass(
  model: Computing,
  layout: FlatLayout,
  input: ModelInput,
  objective: Objective,
  options?: GradientsOptions,
): Promise<GradientsResult> {
  const { threads, dropping } = check.options('Model.gradients', options, ['threads', 'dropping']);
  const batch = toBatch(model.description, layout, input);
  const wanted = nativeObjective(layout, objective);
  const result = await model.native.gradients(batch, wanted, resolveThreads(threads), dropping);
  const { input: own, source } = model.description;
  const { once, features } = planOf(model.description);
  const rows = batch.batch;
  return {
    ...(result.loss !== undefined && { loss: result.loss }),
    ...('gradOutput' in objective &&
      result.output && { output: layout.tensor([once ? 1 : batch.time, rows, features], result.output) }),
    parameters: layout.parameters(result.parameters),
    ...(own.kind === 'features' &&
      result.input && { input: layout.tensor([batch.time, rows, own.features], result.input) }),
    ...(source?.kind === 'features' &&
      batch.source &&
      result.source && { source: layout.tensor([batch.source.time, rows, source.features], result.source) }),
    initialStates: layout.states(result.state, batch.batch),
    states: layout.states(result.finalState, batch.batch),
  };
}
