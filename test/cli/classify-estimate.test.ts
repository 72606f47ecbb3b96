/** `unrolled classify train --estimate`: what a training would take. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { type Estimate, TextClassifier, TextVectorizer } from '../../src/index';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';

describe('unrolled classify train --estimate', () => {
  const at = useFolder();
  const SMALL = ['--embedding', '8', '--hidden', '6', '--dense', '5', '--batch', '8', '--epochs', '3'];

  function folder(): string {
    for (const [name, word] of [
      ['neg', 'bad'],
      ['pos', 'good'],
    ] as const) {
      mkdirSync(at('texts', name), { recursive: true });
      for (let i = 0; i < 20; i++) writeFileSync(at('texts', name, `${i}.txt`), `${word} film ${i % 4}`);
    }
    return at('texts');
  }

  it('says what it would take, and trains nothing', async () => {
    const flags = ['classify', 'train', folder(), ...SMALL, '--checkpoint', at('c'), '--out', at('m'), '--estimate'];
    const { status, stdout, stderr } = await runCli(...flags);
    assert.deepEqual([status, stderr], [0, '2 classes: neg 20, pos 20; 4 of 40 texts are for validation.\n']);
    const [total, epoch, run] = stdout.trimEnd().split('\n').slice(-3) as [string, string, string];
    // 36 texts train, and 4 validate.
    assert.match(total, /^a fit takes .* \(parameters .*, checkpoint .*\)$/);
    assert.match(epoch, /^and about .* per epoch of 5 steps, .* each$/);
    assert.match(run, /^(about \d.*|under a second) for the 15 steps of this run$/);
    const json = JSON.parse((await runCli(...flags, '--json')).stdout) as Estimate & { event: string; steps: number };
    assert.deepEqual([json.event, json.steps, json.stepsPerEpoch], ['estimate', 15, 5]);
    assert.ok(json.secondsPerStep > 0 && (json.bytes.checkpoint as number) > 0);
    assert.deepEqual(readdirSync(at()), ['texts']);
    await runCli('classify', 'train', folder(), ...SMALL, '--checkpoint', at('c'));
    const again = ['classify', 'train', folder(), '--resume', at('c'), '--epochs', '5', '--estimate', '--json'];
    const resumed = JSON.parse((await runCli(...again)).stdout) as { steps: number };
    assert.equal(resumed.steps, 10);
    assert.equal((await runCli('classify', 'train', folder(), '--hidden', '0', '--estimate')).status, 2);
  });

  it('is `estimate` of a classifier, which changes no weight', async () => {
    const examples = Array.from({ length: 20 }, (_, i) => ({ text: i % 2 ? 'good film' : 'bad film', label: i % 2 }));
    const vectorizer = await TextVectorizer.adapt(examples.map(({ text }) => text));
    using model = TextClassifier.create({ vectorizer, classNames: ['bad', 'good'], hidden: 4, embedding: 4 });
    const before = await model.parameters();
    const estimate = await model.estimate(examples, { batch: 4, validation: 0.2 });
    assert.equal(estimate.stepsPerEpoch, 4);
    assert.deepEqual(await model.parameters(), before);
    assert.match(String(model.summary(estimate)), /a fit takes /);
    await assert.rejects(model.estimate([]), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
  });
});
