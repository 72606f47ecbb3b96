/**
 * Models in a page: trains a small language model on Shakespeare's sonnets and a classifier on the toy set of feelings, exports
 * both, and serves `examples/browser` with them. `build/browser` is then a page for any web server.
 */

import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { datasets, LanguageModel, TextClassifier, TextVectorizer } from '../src/index';
import { run, wholeNumber } from './run';
import { hasRuntime, makePage } from './support/page';
import { servePage } from './support/page-server';

const FOLDER = path.join(__dirname, '..', 'build', 'browser');

const USAGE = {
  help: 'npm run example:browser -- [--epochs 3] [--port 8080]',
  options: { epochs: { type: 'string', default: '3' }, port: { type: 'string', default: '8080' } },
} as const;

async function exportLanguageModel(epochs: number): Promise<void> {
  const corpus = await datasets.sonnets();
  using model = LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'gru', embedding: 32, hidden: 160 });
  const options = { epochs, batch: 16, window: 64, learningRate: 0.004, validation: 0.05 };
  for await (const { epoch, loss } of model.fit(corpus, options)) {
    console.log(`language model, epoch ${epoch + 1} of ${epochs}: loss ${loss.toFixed(3)}`);
  }
  await model.exportOnnx(path.join(FOLDER, 'language-model.onnx'));
}

async function exportClassifier(): Promise<void> {
  const { train, test } = datasets.toySentiment();
  const vectorizer = await TextVectorizer.adapt(train.map(({ text }) => text));
  using classifier = TextClassifier.create({
    vectorizer,
    classNames: ['negative', 'positive'],
    embedding: 16,
    hidden: 16,
  });
  await classifier.fit(train, { epochs: 40, batch: 4 });
  const { accuracy } = await classifier.evaluate(test);
  console.log(`classifier: accuracy ${accuracy.toFixed(2)} on ${test.length} phrases`);
  await classifier.exportOnnx(path.join(FOLDER, 'classifier.onnx'));
}

run(USAGE, async ({ values }) => {
  const epochs = wholeNumber('epochs', values.epochs, 1);
  const port = wholeNumber('port', values.port, 0);
  if (!hasRuntime()) {
    console.error('onnxruntime-web is absent: npm run onnx-runtimes');
    process.exitCode = 1;
    return;
  }
  makePage(FOLDER);
  await exportLanguageModel(epochs);
  await exportClassifier();
  const server = await servePage(FOLDER, port);
  console.log(`http://localhost:${(server.address() as AddressInfo).port} (Ctrl-C ends it)`);
});
