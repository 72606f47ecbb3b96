/**
 * What `npm start` runs: an LSTM learns Shakespeare's sonnets for about a minute. It shows what it would write as it
 * goes, and saves itself as sonnets.safetensors in this folder's parent, as it was when it did best on unseen lines.
 */

import path from 'node:path';
import { requireWritable } from '../src/base/files/files';
import { progressDisplay } from '../src/cli/terminal/progress';
import { datasets, History, LanguageModel, type ReportOptions } from '../src/index';
import { run, wholeNumber } from './run';

const FILE = 'sonnets.safetensors';
const PROMPT = 'Shall I';

/** Part of the text, from its end, that it does not learn. */
const VALIDATION = 0.05;

/** Epochs after which it shows what it would write. */
const SAMPLED_EPOCHS = [1, 3, 6, 12];

const USAGE = {
  help: 'npm start -- [--epochs 12] [--report FILE.html]',
  options: { epochs: { type: 'string', default: '12' }, report: { type: 'string' } },
} as const;

/** Shows what it would write, and returns it. */
async function showSample(model: LanguageModel, title: string): Promise<string> {
  const text = PROMPT + (await model.sample(PROMPT, { length: 120, temperature: 0.7 }));
  console.log(`\n${title}\n${text.replace(/^/gm, '  | ')}\n`);
  return text;
}

run(USAGE, async ({ values }) => {
  const epochs = wholeNumber('epochs', values.epochs, 1);
  if (values.report !== undefined) await requireWritable(values.report);
  const corpus = await datasets.sonnets();
  const { vocabulary } = corpus;
  console.log(`Shakespeare's sonnets: ${corpus.ids.length} characters, ${vocabulary.size} distinct`);

  const model = LanguageModel.create({ vocabulary, cell: 'lstm', embedding: 64, hidden: 256 });
  console.log(`An LSTM of ${model.summary().parameterCount.toLocaleString('en')} parameters, ${epochs} epochs`);
  await showSample(model, 'Before training it writes:');

  const display = progressDisplay();
  const history = new History();
  const samples: NonNullable<ReportOptions['samples']>[number][] = [];
  const training = model.fit(corpus, {
    epochs,
    batch: 16,
    window: 64,
    optimizer: 'adam',
    learningRate: 0.003,
    clipNorm: 5,
    validation: VALIDATION,
    callbacks: [history],
    onProgress: (progress) => display.update(progress),
  });
  const file = path.join(__dirname, '..', FILE);
  let best = { epoch: 0, loss: Number.POSITIVE_INFINITY };
  for await (const { epoch, step, loss, validationLoss = loss, tokensPerSecond } of training) {
    display.clear();
    const rate = Math.round(tokensPerSecond).toLocaleString('en');
    console.log(
      `epoch ${epoch + 1}: loss ${loss.toFixed(3)}, on unseen lines ${validationLoss.toFixed(3)}, ${rate} characters/s`,
    );
    if (validationLoss < best.loss) {
      best = { epoch: epoch + 1, loss: validationLoss };
      await model.save(file);
    }
    if (SAMPLED_EPOCHS.includes(epoch + 1)) {
      samples.push({ epoch, step, text: await showSample(model, `After epoch ${epoch + 1}:`) });
    }
  }

  console.log(
    `Saved as ${FILE}: the model after epoch ${best.epoch}, the best on unseen lines. Now try, with other words and temperatures:\n`,
  );
  console.log(`  npx unrolled sample ${FILE} --prompt "${PROMPT}" --temperature 0.7`);
  console.log('  npx unrolled train sonnets --cell gru --epochs 10 --lr 0.003 --validation 0.05 --out gru.safetensors');
  console.log('  npx unrolled --help');
  if (values.report !== undefined) {
    const title = "An LSTM reads Shakespeare's sonnets";
    const text = vocabulary.decode(corpus.split(VALIDATION).validation);
    await model.report(values.report, { title, history, samples, text });
  }
});
