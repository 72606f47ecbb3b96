/**
 * Times training steps of TensorFlow.js: forward, backward, clipping to norm 5, Adam, on random ids.
 *
 * Takes the options of `unrolled bench` and `--backend cpu|wasm`; cpu is plain JavaScript. Prints one JSON line,
 * `tokensPerSecond` and `steps`, or `error`, TensorFlow.js's own, where it cannot train the model. Ends with status 77
 * where a package is absent.
 */

import { type PeerOptions, peerOptions, randomIds, requirePeer, timeSteps } from './steps';

/** As much of a tensor, of a layer and of the library as is used here; the package need not be there to check this. */
interface Tensor {
  dataSync(): Float32Array;
}
interface LayerFactory {
  embedding(options: { inputDim: number; outputDim: number; inputShape: (number | null)[] }): unknown;
  simpleRNN(options: { units: number; returnSequences: true }): unknown;
  gru(options: { units: number; returnSequences: true }): unknown;
  lstm(options: { units: number; returnSequences: true }): unknown;
  dense(options: { units: number }): unknown;
}
interface TensorFlow {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  sequential(): { add(layer: unknown): void; apply(input: Tensor, options: { training: true }): Tensor };
  layers: LayerFactory;
  train: { adam(learningRate: number): { applyGradients(gradients: Record<string, Tensor>): void } };
  variableGrads(loss: () => Tensor): { value: Tensor; grads: Record<string, Tensor> };
  tidy<T>(work: () => T): T;
  tensor1d(values: Int32Array, dtype: 'int32'): Tensor;
  tensor2d(values: Int32Array, shape: [number, number], dtype: 'int32'): Tensor;
  scalar(value: number): Tensor;
  reshape(tensor: Tensor, shape: number[]): Tensor;
  oneHot(ids: Tensor, depth: number): Tensor;
  mul(a: Tensor, b: Tensor): Tensor;
  sum(tensor: Tensor): Tensor;
  square(tensor: Tensor): Tensor;
  losses: { softmaxCrossEntropy(labels: Tensor, logits: Tensor): Tensor };
}

const CLIP_NORM = 5;

function createModel(tf: TensorFlow, { cell, layers, vocab, embedding, hidden }: PeerOptions) {
  const model = tf.sequential();
  const recurrent = cell === 'lstm' ? tf.layers.lstm : cell === 'gru' ? tf.layers.gru : tf.layers.simpleRNN;
  model.add(tf.layers.embedding({ inputDim: vocab, outputDim: embedding, inputShape: [null] }));
  for (let layer = 0; layer < layers; layer++) model.add(recurrent({ units: hidden, returnSequences: true }));
  model.add(tf.layers.dense({ units: vocab }));
  return model;
}

async function main(): Promise<void> {
  const options = peerOptions();
  const { backend, vocab, window, batch, seconds } = options;
  const tf = requirePeer<TensorFlow>('@tensorflow/tfjs');
  if (backend === 'wasm') requirePeer('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend(backend))) throw new Error(`the backend ${backend} did not start`);
  await tf.ready();
  const model = createModel(tf, options);
  const optimizer = tf.train.adam(0.001);
  const step = (rows: number) =>
    tf.tidy(() => {
      const inputs = tf.tensor2d(randomIds(rows * window, vocab), [rows, window], 'int32');
      const targets = tf.oneHot(tf.tensor1d(randomIds(rows * window, vocab), 'int32'), vocab);
      const { value, grads } = tf.variableGrads(() =>
        tf.losses.softmaxCrossEntropy(
          targets,
          tf.reshape(model.apply(inputs, { training: true }), [rows * window, vocab]),
        ),
      );
      let squares = 0;
      for (const gradient of Object.values(grads)) squares += tf.sum(tf.square(gradient)).dataSync()[0]!;
      const factor = tf.scalar(Math.min(1, CLIP_NORM / (Math.sqrt(squares) + 1e-6)));
      for (const [name, gradient] of Object.entries(grads)) grads[name] = tf.mul(gradient, factor);
      optimizer.applyGradients(grads);
      if (!Number.isFinite(value.dataSync()[0])) throw new Error('the loss is not a finite number');
    });
  // A short one first, for the compiler to see all there is.
  step(2);
  await timeSteps(window * batch, seconds, async () => step(batch));
}

// What it says of itself as it loads is no result, and goes to standard error.
console.warn = console.error;
main().catch((error: unknown) => {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
});
