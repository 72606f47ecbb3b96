/**
 * What `npm start` runs: an LSTM learns Shakespeare's sonnets for about a minute. It shows what it would write as it
 * goes, and saves itself as sonnets.safetensors in this folder's parent.
 */

import path from 'node:path';
import { parseArgs } from 'node:util';
import { progressDisplay } from '../src/cli/progress';
import { datasets, LanguageModel } from '../src/index';
import { run } from './run';

const FILE = 'sonnets.safetensors';
const PROMPT = 'Shall I';

/** Epochs between two samples. */
const EPOCHS_BETWEEN_SAMPLES = 4;

async function showSample(model: LanguageModel, title: string): Promise<void> {
  const text = PROMPT + (await model.sample(PROMPT, { length: 120, temperature: 0.7 }));
  console.log(`\n${title}\n${text.replace(/^/gm, '  | ')}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { epochs: { type: 'string', default: '16' } } });
  const epochs = Number(values.epochs);
  const corpus = await datasets.sonnets();
  const { vocabulary } = corpus;
  console.log(`Shakespeare's sonnets: ${corpus.ids.length} characters, ${vocabulary.size} distinct`);

  const model = LanguageModel.create({ vocabulary, cell: 'lstm', embedding: 64, hidden: 256 });
  console.log(`An LSTM of ${model.summary().parameterCount.toLocaleString('en')} parameters, ${epochs} epochs`);
  await showSample(model, 'Before training it writes:');

  const display = progressDisplay();
  const training = model.fit(corpus, {
    epochs,
    batch: 16,
    window: 64,
    optimizer: 'adam',
    learningRate: 0.003,
    clipNorm: 5,
    validation: 0.05,
    onProgress: (progress) => display.update(progress),
  });
  for await (const { epoch, loss, validationLoss, tokensPerSecond } of training) {
    display.clear();
    const rate = Math.round(tokensPerSecond).toLocaleString('en');
    console.log(
      `epoch ${epoch + 1}: loss ${loss.toFixed(3)}, on unseen lines ${validationLoss?.toFixed(3)}, ${rate} characters/s`,
    );
    if ((epoch + 1) % EPOCHS_BETWEEN_SAMPLES === 0) await showSample(model, `After epoch ${epoch + 1}:`);
  }

  await model.save(path.join(__dirname, '..', FILE));
  console.log(`Saved as ${FILE}. Now try, with other words and temperatures:\n`);
  console.log(`  npx unrolled sample ${FILE} --prompt "${PROMPT}" --temperature 0.7`);
  console.log('  npx unrolled train sonnets --cell gru --epochs 10 --lr 0.003 --validation 0.05 --out gru.safetensors');
  console.log('  npx unrolled --help');
}

run(main);
