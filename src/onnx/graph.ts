/** A graph of ONNX's operators while it is made: nodes in the order in which they run, and the weights that they read. */

import type { FloatArray } from '../native/native';
import {
  AttributeProtoAttributeType as AttributeKind,
  type AttributeProto,
  TensorProtoDataType as DataType,
  type GraphProto,
  type NodeProto,
  type ValueInfoProto,
} from './messages';

/** The name of a value. */
export type Name = string;

/** A weight whose elements are written one piece after another; 64-bit floats become 32-bit ones on their way. */
export interface Weight {
  readonly name: Name;
  readonly type: 'float' | 'int64';
  readonly shape: readonly number[];
  readonly pieces: Iterable<FloatArray | BigInt64Array>;
}

/** Numbers of a long list that become 64-bit ones at a time. */
const WIDENED = 2 ** 13;

/** A long list of whole numbers, a piece at a time whenever it is written. */
export function integerPieces(list: readonly number[]): Iterable<BigInt64Array> {
  return {
    *[Symbol.iterator]() {
      for (let begin = 0; begin < list.length; begin += WIDENED) {
        yield BigInt64Array.from(list.slice(begin, begin + WIDENED), BigInt);
      }
    },
  };
}

/** An attribute without its name. */
type Attribute = Omit<AttributeProto, 'name'>;

export const int = (i: number): Attribute => ({ type: AttributeKind.INT, i });
export const ints = (...list: number[]): Attribute => ({ type: AttributeKind.INTS, ints: list });
export const floats = (list: number[]): Attribute => ({ type: AttributeKind.FLOATS, floats: list });
export const graph = (g: GraphProto): Attribute => ({ type: AttributeKind.GRAPH, g });
const bytesOf = (text: string) => new TextEncoder().encode(text);
export const text = (value: string): Attribute => ({ type: AttributeKind.STRING, s: bytesOf(value) });
export const texts = (list: readonly string[]): Attribute => ({
  type: AttributeKind.STRINGS,
  strings: list.map(bytesOf),
});

const ELEMENT_TYPES = { float: DataType.FLOAT, int64: DataType.INT64, bool: DataType.BOOL } as const;

/** What is said of an input or an output: axes are sizes, or names where they may have any size. */
export function valueInfo(
  name: Name,
  type: keyof typeof ELEMENT_TYPES,
  axes: readonly (number | string)[],
): ValueInfoProto {
  const dim = axes.map((axis) => (typeof axis === 'number' ? { dim_value: axis } : { dim_param: axis }));
  return { name, type: { tensor_type: { elem_type: ELEMENT_TYPES[type], shape: { dim } } } };
}

/** What a graph and those inside its nodes have in common. */
interface Shared {
  readonly weights: Map<Name, Weight>;
  /** Values that were made. */
  count: number;
}

export class Graph {
  readonly nodes: NodeProto[] = [];
  readonly #shared: Shared;
  readonly #made = new Map<string, Name>();

  constructor(shared: Shared = { weights: new Map(), count: 0 }) {
    this.#shared = shared;
  }

  /** A graph for an attribute of a node, which reads the values of this one too. */
  inner(): Graph {
    return new Graph(this.#shared);
  }

  get weights(): Weight[] {
    return [...this.#shared.weights.values()];
  }

  /** A name that no parameter has: those begin with the name of a layer, and no layer's with a slash. */
  newName(what: string): Name {
    return `/${what}_${this.#shared.count++}`;
  }

  /** Adds an operator with several outputs. An input that is left out is ''. */
  addMany(
    operator: string,
    inputs: readonly Name[],
    outputs: readonly Name[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    const attribute = Object.entries(attributes).map(([name, value]) => ({ name, ...value }));
    this.nodes.push({
      op_type: operator,
      name: this.newName(operator),
      input: [...inputs],
      output: [...outputs],
      attribute,
    });
  }

  /** Adds an operator, and returns its output. */
  add(operator: string, inputs: readonly Name[], attributes?: Readonly<Record<string, Attribute>>): Name {
    const output = this.newName(operator);
    this.addMany(operator, inputs, [output], attributes);
    return output;
  }

  /** A value that several read, made when it is first asked for. */
  once(key: string, make: () => Name): Name {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const name = make();
    this.#made.set(key, name);
    return name;
  }

  /** A weight, which is there once. */
  weight(weight: Weight): Name {
    if (!this.#shared.weights.has(weight.name)) this.#shared.weights.set(weight.name, weight);
    return weight.name;
  }

  /** A list of whole numbers. */
  integers(...list: number[]): Name {
    const pieces = [BigInt64Array.from(list, BigInt)];
    return this.weight({ name: `/[${list.join(',')}]`, type: 'int64', shape: [list.length], pieces });
  }

  /** A whole number without axes. */
  integer(value: number): Name {
    const pieces = [BigInt64Array.of(BigInt(value))];
    return this.weight({ name: `/${value}`, type: 'int64', shape: [], pieces });
  }

  /** A number without axes. */
  number(value: number): Name {
    return this.weight({ name: `/float ${value}`, type: 'float', shape: [], pieces: [Float32Array.of(value)] });
  }

  squeeze(value: Name, axis: number): Name {
    return this.add('Squeeze', [value, this.integers(axis)]);
  }

  unsqueeze(value: Name, axis: number): Name {
    return this.add('Unsqueeze', [value, this.integers(axis)]);
  }

  /** Elements at a place of an axis, which goes. */
  at(value: Name, place: number, axis: number): Name {
    return this.add('Gather', [value, this.integer(place)], { axis: int(axis) });
  }

  transpose(value: Name, ...axes: number[]): Name {
    return this.add('Transpose', [value], { perm: ints(...axes) });
  }

  /** Side by side on the last axis. */
  concatenate(values: readonly Name[], axis = -1): Name {
    return values.length === 1 ? (values[0] as Name) : this.add('Concat', values, { axis: int(axis) });
  }
}
