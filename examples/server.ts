/**
 * A server that streams text to many clients from one model:
 *
 *   npm run example:server                                    trains a small model on the sonnets first
 *   npm run example:server -- --model sonnets.safetensors     serves a model that is there
 *   curl -N localhost:8080/generate -d '{"prompt": "The ", "length": 300, "temperature": 0.8}'
 *
 * Clients join and leave as they like. Those that are served at the same time are computed together, and each gets the
 * text of its seed, whoever else is there.
 */

import type { AddressInfo } from 'node:net';
import { datasets, LanguageModel } from '../src/index';
import { run, wholeNumber } from './run';
import { closeServer, DEFAULT_LIMITS, textServer } from './support/server';

/** `--length` is of a text, at most; `--clients` are served at once; texts may take `--grace` seconds to end after SIGTERM. */
const USAGE = {
  help: 'npm run example:server -- [--model FILE | --epochs 2] [--port 8080] [--host 127.0.0.1] [--clients 64] [--length 2000] [--grace 10]',
  options: {
    model: { type: 'string' },
    epochs: { type: 'string', default: '2' },
    port: { type: 'string', default: '8080' },
    host: { type: 'string', default: '127.0.0.1' },
    clients: { type: 'string', default: String(DEFAULT_LIMITS.clients) },
    length: { type: 'string', default: String(DEFAULT_LIMITS.length) },
    grace: { type: 'string', default: '10' },
  },
} as const;

async function trained(epochs: number): Promise<LanguageModel> {
  const corpus = await datasets.sonnets();
  const model = LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'lstm', hidden: 256 });
  for await (const { epoch, loss } of model.fit(corpus, { epochs, batch: 16, learningRate: 0.003 })) {
    console.log(`epoch ${epoch + 1} of ${epochs}: loss ${loss.toFixed(3)}`);
  }
  return model;
}

run(USAGE, async ({ values }) => {
  const [epochs, port] = [wholeNumber('epochs', values.epochs, 1), wholeNumber('port', values.port, 0)];
  const clients = wholeNumber('clients', values.clients, 1);
  const length = wholeNumber('length', values.length, 1);
  const grace = wholeNumber('grace', values.grace, 0);

  const model = values.model === undefined ? await trained(epochs) : await LanguageModel.load(values.model);
  const server = textServer(model, { ...DEFAULT_LIMITS, clients, length });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, values.host, resolve);
  });
  const { address, port: listening } = server.address() as AddressInfo;
  console.log(`listening on http://${address.includes(':') ? `[${address}]` : address}:${listening}`);

  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  console.log('closing: no new clients, and the texts that run come to their end');
  await closeServer(server, 1000 * grace);
  model.dispose();
});
