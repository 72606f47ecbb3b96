/** A file of another kind of model than a command takes: it is told what it is, and what it is for. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { LanguageModel, layers, Model } from '../../src/index';
import { type CliResult, runCli } from '../support/cli';
import { useFolder } from '../support/folder';

const TEXT = 'the quick brown fox jumps over the lazy dog.\n'.repeat(20);
const SMALL = ['--hidden', '4', '--embedding', '4', '--batch', '4', '--epochs', '1'];

describe('unrolled: a model of another kind', function () {
  this.timeout(60_000);
  const at = useFolder();

  beforeEach(async () => {
    writeFileSync(at('text.txt'), TEXT);
    for (const name of ['neg', 'pos']) {
      mkdirSync(at('texts', name), { recursive: true });
      for (let i = 0; i < 6; i++) writeFileSync(at('texts', name, `${i}.txt`), `A ${name} film.`);
    }
    const made = await Promise.all([
      runCli('train', at('text.txt'), ...SMALL, '--window', '8', '--out', at('l'), '--checkpoint', at('lc')),
      runCli(
        'classify',
        'train',
        at('texts'),
        ...SMALL,
        '--validation',
        '0.2',
        '--out',
        at('c'),
        '--checkpoint',
        at('cc'),
      ),
    ]);
    for (const { status, stderr } of made) assert.equal(status, 0, stderr);
  });

  async function refused(commands: string[][], message: RegExp): Promise<void> {
    const results = await Promise.all(commands.map((args) => runCli(...args)));
    for (const [index, args] of commands.entries()) {
      const { status, stdout, stderr } = results[index] as CliResult;
      assert.deepEqual([status, stdout], [1, ''], `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, message, args.join(' '));
      assert.match(stderr, /\(ERR_UNROLLED_MODEL_MISMATCH\)\n$/);
    }
  }

  it('is refused by the commands of language models', async () => {
    await refused(
      [
        ['train', at('text.txt'), '--init', at('c')],
        ['train', at('text.txt'), '--resume', at('c')],
        ['train', at('text.txt'), '--resume', at('cc')],
        ['sample', at('c')],
        ['score', at('c'), 'the'],
        ['next', at('c'), 'the'],
        ['evaluate', at('c'), at('text.txt')],
      ],
      /holds a text classifier, not a language model\. It is for unrolled classify predict.*classify train by --resume/,
    );
  });

  it('is refused by the commands of classifiers', async () => {
    await refused(
      [
        ['classify', 'train', at('texts'), '--resume', at('l')],
        ['classify', 'train', at('texts'), '--resume', at('lc')],
        ['classify', 'predict', at('lc'), 'a film'],
        ['classify', 'evaluate', at('l'), at('texts')],
      ],
      /holds a language model, not a text classifier\. It is for unrolled sample.*train by --resume/,
    );
  });

  it('is told by its class where no command takes it', async () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 3 },
      layers: [layers.embedding(2), layers.gru(2), layers.dense(1)],
    });
    await model.save(at('m'));
    await refused([['sample', at('m')]], /holds a model of layers, not a language model\. Read it with Model\.load\./);
    await assert.rejects(LanguageModel.load(at('c')), {
      code: 'ERR_UNROLLED_MODEL_MISMATCH',
      message: `${at('c')} holds a text classifier, not a language model. Read it with TextClassifier.load.`,
    });
  });
});
