/**
 * The utility process: trains, and streams what comes of it to the main process. It has an event loop of its own, so even
 * what a model computes on JavaScript's side never holds up a window.
 */

const { Corpus, LanguageModel, UnrolledError } = require('unrolled');

const port = process.parentPort;

/** Milliseconds between two reports of a kind: nobody reads faster, and what is not read would pile up in the window. */
const INTERVAL = 100;

/** Whether so long has passed since it last said so. */
function pacer() {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const isTime = performance.now() - last >= INTERVAL;
    if (isTime) last = performance.now();
    return isTime;
  };
}

/** @type {AbortController | undefined} Stops the training that runs; undefined while none does. */
let running;

/** @param {import('./messages').FromTrainer} message */
function send(message) {
  port.postMessage(message);
}

/** @param {import('unrolled').FitProgress} progress Of the steps since the last one, at the end of each epoch at least. */
function sendProgress({ firstStep, losses, tokensPerSecond }) {
  const loss = losses.at(-1);
  if (loss !== undefined) send({ type: 'progress', step: firstStep + losses.length - 1, loss, tokensPerSecond });
}

/**
 * @param {import('./messages').Train} order
 * @param {AbortSignal} signal
 */
async function train({ text, epochs, hidden, prompt }, signal) {
  const corpus = Corpus.fromText(text);
  const model = LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'gru', hidden });
  try {
    const isTimeForProgress = pacer();
    const isTimeForText = pacer();
    const training = model.fit(corpus, {
      ...{ epochs, batch: 8, window: 8, learningRate: 0.005, clipNorm: 5, signal },
      onProgress: (progress) => {
        if (isTimeForProgress()) sendProgress(progress);
      },
    });
    for await (const { epoch, loss } of training) {
      if (!isTimeForText() && epoch < epochs - 1) continue;
      send({ type: 'epoch', epoch, loss });
      for await (const piece of model.stream(prompt, { length: 120, temperature: 0.7, signal })) {
        send({ type: 'text', epoch, piece });
      }
    }
    send({ type: 'done' });
  } finally {
    model.dispose();
  }
}

/** @param {unknown} error */
function sendFailure(error) {
  if (!(error instanceof UnrolledError)) throw error;
  const { code, reason, message } = error;
  send({ type: 'failed', code, message, ...(reason === undefined ? {} : { reason }) });
}

/** @param {import('./messages').Train} order */
async function start(order) {
  const control = new AbortController();
  running = control;
  try {
    await train(order, control.signal);
  } catch (error) {
    sendFailure(error);
  } finally {
    running = undefined;
  }
}

port.on('message', ({ data }) => {
  const order = /** @type {import('./messages').ToTrainer} */ (data);
  if (order.type === 'stop') running?.abort();
  else if (running === undefined) void start(order);
});
