/** What the layers of a network find when they are added to a graph: inputs, lengths, states, parameters. */

import { UnrolledError } from '../base/errors';
import { planOf } from '../layers/plan';
import type { FloatArray, LayerDescription, LayerPlan, ModelDescription, RecurrentDescription } from '../native/native';
import type { FloatTensor, Parameters } from '../network/parameter-layout';
import { Graph, int, type Name } from './graph';
import type { Form } from './options';

/** What a layer gives, time-major: `[T, B, features]`, or ids `[T, B]`. */
export interface Value {
  readonly name: Name;
  /** `oneHot` are ids too: nobody but a recurrent layer reads them. */
  readonly kind: 'ids' | 'oneHot' | 'vectors';
  readonly features: number;
  /** Features that run from the first step to the last; those after them run from the last to the first. */
  readonly ahead: number;
  /** Whether there is one step, of the whole sequence. */
  readonly once: boolean;
  readonly ofSource: boolean;
}

/** The error for what cannot leave. */
export function cannotLeave(fault: string, advice: string, received: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_EXPORT', `The model cannot be exported: ${fault}`, { advice, received });
}

/** How messages call a layer. */
export function named({ name, type }: LayerDescription): string {
  return `the layer ${JSON.stringify(name)} of type ${type}`;
}

/** The lengths of the rows of an input. */
interface Rows {
  /** `[B]` */
  readonly lengths: Name;
  /** Where a row still is, `[T, B, 1]`. */
  readonly mask: Name;
}

export class Context {
  readonly graph = new Graph();
  readonly description: ModelDescription;
  readonly form: Form;
  /** What each layer and each input gives, by its name. */
  readonly values = new Map<string, Value>();
  /** Final states by name, `[B, H]`. */
  readonly finalStates = new Map<string, Name>();
  /** Names of states that are inputs, with their features. */
  readonly stateInputs = new Map<string, number>();
  readonly #parameters: Parameters;
  readonly #plans: ReadonlyMap<string, LayerPlan>;

  constructor(description: ModelDescription, parameters: Parameters, form: Form) {
    this.description = description;
    this.form = form;
    this.#parameters = parameters;
    this.#plans = new Map(planOf(description).layers.map((plan) => [plan.name, plan]));
  }

  planOf({ name }: Pick<LayerDescription, 'name'>): LayerPlan {
    return this.#plans.get(name) as LayerPlan;
  }

  tensor(name: string): FloatTensor {
    return this.#parameters[name] as FloatTensor;
  }

  hasParameter(name: string): boolean {
    return Object.hasOwn(this.#parameters, name);
  }

  /** A parameter in its own shape. */
  parameter(name: string): Name {
    const { shape, data } = this.tensor(name);
    return this.graph.weight({ name, type: 'float', shape, pieces: [data] });
  }

  /** A matrix of parameters with its axes exchanged; runtimes do that once, when they load the model. */
  transposed(name: string): Name {
    return this.graph.once(`transposed ${name}`, () => this.graph.transpose(this.parameter(name), 1, 0));
  }

  /** Some rows of a parameter, in an order: each block has `size` elements. */
  blocks(name: string, order: readonly number[], size: number): FloatArray[] {
    const { data } = this.tensor(name);
    return order.map((block) => data.subarray(block * size, (block + 1) * size));
  }

  /** Number of rows, `[1]`. */
  get batch(): Name {
    return this.graph.once('batch', () => this.#size(1));
  }

  /** Size of an axis of the model's first input, `[1]`. */
  #size(axis: number): Name {
    const shape = this.graph.add('Shape', [(this.values.get('input') as Value).name]);
    return this.graph.add('Gather', [shape, this.graph.integers(axis)], { axis: int(0) });
  }

  /** Lengths of the rows of what a layer gives; undefined where all have as many steps. */
  rowsOf({ once, ofSource }: Pick<Value, 'once' | 'ofSource'>): Rows | undefined {
    if (this.form !== 'lengths' || once) return undefined;
    const side = ofSource ? 'source' : 'input';
    const lengths = ofSource ? 'source.lengths' : 'lengths';
    const mask = this.graph.once(`mask of ${side}`, () => {
      const { graph } = this;
      const shape = graph.add('Shape', [(this.values.get(side) as Value).name]);
      const steps = graph.add('Range', [graph.integer(0), graph.at(shape, 0, 0), graph.integer(1)]);
      const isThere = graph.add('Less', [graph.unsqueeze(steps, 1), graph.unsqueeze(lengths, 0)]);
      return graph.unsqueeze(isThere, 2);
    });
    return { lengths, mask };
  }

  /** What a layer gives, zero behind the end of each row. */
  masked(value: Value): Name {
    const rows = this.rowsOf(value);
    return rows === undefined ? value.name : this.graph.add('Where', [rows.mask, value.name, this.graph.number(0)]);
  }

  /** `[B, features]` of zeros. */
  zeros(features: number): Name {
    const { graph } = this;
    const shape = graph.concatenate([this.batch, graph.integers(features)], 0);
    return graph.once(`zeros ${features}`, () => graph.add('Expand', [graph.number(0), shape]));
  }

  /**
   * What a recurrent layer starts a state from, `[B, H]`.
   * @param name one of its plan's states.
   */
  initialState(layer: RecurrentDescription, name: string): Name {
    const { states } = this.planOf(layer);
    const index = states.findIndex((state) => state.name === name);
    if (layer.initialState === undefined || layer.initialState === '') return this.#stateInput(name, layer.features);
    const other = this.planOf({ name: layer.initialState });
    const state = other.states[index];
    if (state !== undefined) return this.finalStates.get(state.name) as Name;
    // A vector of one step is the hidden state; the cell of an LSTM starts at zero.
    if (index > 0) return this.zeros(layer.features);
    return this.graph.squeeze((this.values.get(layer.initialState) as Value).name, 0);
  }

  #stateInput(name: string, features: number): Name {
    this.stateInputs.set(name, features);
    if (this.form !== 'lengths') return name;
    // It has a default of one row, as whoever classifies whole sequences gives no states.
    const shape = this.graph.concatenate([this.batch, this.graph.integers(features)], 0);
    return this.graph.add('Expand', [name, shape]);
  }

  /** What a layer gives as vectors. */
  vectorsOf({ kind, name, features }: Value): Name {
    if (kind !== 'oneHot') return name;
    const values = this.graph.weight({ name: '/[0,1]', type: 'float', shape: [2], pieces: [Float32Array.of(0, 1)] });
    return this.graph.add('OneHot', [name, this.graph.integer(features), values], { axis: int(-1) });
  }
}
