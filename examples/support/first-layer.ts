/**
 * The first layer of a bag of words in two ways, from the same weights: a product of vectors with a one for each word,
 * and a sum of the words' rows. Both give the same sums and the same gradient; one reads all of the table for it.
 */

import { layers, Model, type ModelInput, type Tensor, tensor } from '../../src/index';

/** Reviews a product is made of at a time: their vectors have as many elements as there are words. */
const BLOCK = 100;

type Doubles = Tensor<'float64'>;

/** Seconds that one way took, of the layer alone and of the layer with its gradient. */
export interface LayerSeconds {
  forward: number;
  withGradient: number;
}

export interface FirstLayerComparison {
  reviews: number;
  dense: LayerSeconds;
  gathered: LayerSeconds;
  /** The largest difference between two sums, and between two elements of the gradient. */
  difference: number;
  gradientDifference: number;
}

/** `[rows, columns]` to `[columns, rows]`. */
function transposed({ shape: [rows = 0, columns = 0], data }: Doubles): Doubles {
  const result = tensor.zeros([columns, rows], 'float64');
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result.data[column * rows + row] = data[row * columns + column] as number;
    }
  }
  return result;
}

/** A one for each word of each review, `[1, B, V]`. */
function oneHotInput(bags: readonly Int32Array[], words: number) {
  const features = tensor.zeros([1, bags.length, words], 'float64');
  for (const [row, bag] of bags.entries()) {
    for (const id of bag) features.data[row * words + id] = 1;
  }
  return { features };
}

/** The words themselves, `[T, B]`, and how many each review has. */
function wordInput(bags: readonly Int32Array[]) {
  const lengths = bags.map(({ length }) => length);
  const ids = tensor.zeros([Math.max(...lengths), bags.length], 'int32');
  for (const [row, bag] of bags.entries()) {
    for (const [step, id] of bag.entries()) ids.data[step * bags.length + row] = id;
  }
  return { ids, lengths };
}

/** A way to compute the layer: its sums and its gradient by the table, with the seconds spent so far. */
class Way {
  readonly seconds: LayerSeconds = { forward: 0, withGradient: 0 };
  readonly #model: Model;
  readonly #parameter: string;

  constructor(model: Model, parameter: string) {
    this.#model = model;
    this.#parameter = parameter;
  }

  async #timed<Result>(what: keyof LayerSeconds, work: () => Promise<Result>): Promise<Result> {
    const start = performance.now();
    const result = await work();
    this.seconds[what] += (performance.now() - start) / 1000;
    return result;
  }

  /** Sums `[1, B, 20]`, and the gradient of half the sum of their squares. */
  async compute(input: ModelInput): Promise<{ sums: Doubles; gradient: Doubles }> {
    const { output } = await this.#timed('forward', () => this.#model.forward(input));
    const { parameters } = await this.#timed('withGradient', () =>
      this.#model.gradients(input, { gradOutput: output }),
    );
    return { sums: output as Doubles, gradient: parameters[this.#parameter] as Doubles };
  }
}

function largestDifference(a: Doubles, b: Doubles): number {
  return a.data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b.data[i] as number))), 0);
}

/**
 * Computes the layer and its gradient both ways over all bags.
 * @param table the words' vectors, `[V, 20]`.
 */
export async function compareFirstLayers(
  table: Tensor<'float32' | 'float64'>,
  bags: readonly Int32Array[],
): Promise<FirstLayerComparison> {
  const [words = 0, width = 0] = table.shape;
  const weight: Doubles = { dtype: 'float64', shape: [words, width], data: Float64Array.from(table.data) };
  using product = Model.create({
    input: { kind: 'features', features: words },
    layers: [layers.dense(width, { bias: false })],
    dtype: 'float64',
  });
  await product.setParameters({ 'dense.weight': transposed(weight) });
  using sum = Model.create({
    input: { kind: 'ids', vocabulary: words },
    layers: [layers.embedding(width), layers.pooling('sum')],
    dtype: 'float64',
  });
  await sum.setParameters({ 'embedding.weight': weight });
  const [dense, gathered] = [new Way(product, 'dense.weight'), new Way(sum, 'embedding.weight')];
  let [difference, gradientDifference] = [0, 0];
  for (let begin = 0; begin < bags.length; begin += BLOCK) {
    const block = bags.slice(begin, begin + BLOCK);
    const ours = await gathered.compute(wordInput(block));
    const theirs = await dense.compute(oneHotInput(block, words));
    difference = Math.max(difference, largestDifference(ours.sums, theirs.sums));
    gradientDifference = Math.max(gradientDifference, largestDifference(ours.gradient, transposed(theirs.gradient)));
  }
  return {
    ...{ reviews: bags.length, dense: dense.seconds, gathered: gathered.seconds },
    ...{ difference, gradientDifference },
  };
}
