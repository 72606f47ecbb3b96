/** What unknown options were meant for, in programs and on the command line, and the names of a vocabulary's size. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { datasets, LanguageModel, TextVectorizer, Vocabulary } from '../src/index';
import { meantOption } from '../src/suggestions';
import { runCli } from './support/cli';
import { useFolder } from './support/folder';

describe('an unknown option', () => {
  it('is told what it may have been meant for: a slip, or the name of another library', () => {
    const fit = ['epochs', 'steps', 'batch', 'learningRate', 'validation', 'validationData', 'clipNorm', 'weightDecay'];
    for (const [name, meant] of [
      ['batchSize', 'batch'],
      ['batch_size', 'batch'],
      ['lr', 'learningRate'],
      ['learning_rate', 'learningRate'],
      ['validationSplit', 'validation'],
      ['validation_data', 'validationData'],
      ['iterations', 'epochs'],
      ['epoch', 'epochs'],
      ['ephocs', 'epochs'],
      ['clipnorm', 'clipNorm'],
      ['weightdecay', 'weightDecay'],
      ['x', undefined],
      ['colour', undefined],
      ['constructor', undefined],
      ['e'.repeat(1e6), undefined],
    ] as const) {
      assert.equal(meantOption(name, fit), meant, name.slice(0, 20));
    }
    const network = ['cell', 'embedding', 'hidden', 'layers', 'dropout'];
    for (const [name, meant] of [
      ['units', 'hidden'],
      ['hiddenSize', 'hidden'],
      ['numLayers', 'layers'],
      ['num_layers', 'layers'],
      ['droput', 'dropout'],
    ] as const) {
      assert.equal(meantOption(name, network), meant);
    }
  });

  it('is refused with that by every call', async () => {
    const vocabulary = Vocabulary.build('abcabc');
    const code = 'ERR_UNROLLED_UNKNOWN_OPTION';
    assert.throws(() => LanguageModel.create({ vocabulary, hiddenSize: 4 } as never), {
      code,
      option: 'hiddenSize',
      message: /^\w+ has no option "hiddenSize"\. Did you mean hidden\? It knows /,
    });
    using model = LanguageModel.create({ vocabulary, hidden: 4 });
    const fit = model.fit(await datasets.sonnets(), { batchSize: 4 } as never);
    await assert.rejects(fit.next(), { code, message: /has no option "batchSize"\. Did you mean batch\?/ });
    await assert.rejects(TextVectorizer.adapt(['a'], { numWords: 4 } as never), { code, message: /mean maxTokens\?/ });
  });
});

describe('the size of a vocabulary', () => {
  it('has one name everywhere, and its older ones', async () => {
    for (const size of [{ maxTokens: 3 }, { maxSize: 3 }]) {
      assert.equal(Vocabulary.build('aaabbc', size).size, 3);
      assert.equal((await TextVectorizer.adapt(['a a a b b c'], size)).size, 3);
      assert.equal((await datasets.sonnets().then(() => Vocabulary.build('aaabbc', size))).unknown, 'replace');
    }
    const both = { maxTokens: 3, maxSize: 4 };
    const error = { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'maxSize' };
    assert.throws(() => Vocabulary.build('aaabbc', both), error);
    await assert.rejects(TextVectorizer.adapt(['a b'], both), error);
    assert.throws(() => Vocabulary.build('aaabbc', { maxTokens: 1 }), { ...error, option: 'maxTokens' });
  });
});

describe('unrolled', function () {
  this.timeout(60_000);
  const at = useFolder();

  it('says which option was meant', async () => {
    for (const [args, meant] of [
      [['train', 'x', '--learning-rate', '1'], '--lr'],
      [['train', 'x', '--batch-size=4'], '--batch'],
      [['train', 'x', '--hidden-size', '4'], '--hidden'],
      [['classify', 'train', 'x', '--num-layers', '2'], '--layers'],
      [['sample', 'x', '--temprature', '1'], '--temperature'],
    ] as const) {
      const { status, stderr } = await runCli(...args);
      assert.equal(status, 2);
      assert.match(
        stderr,
        new RegExp(`^unrolled: unknown option '.*'\\n\\(Did you mean ${meant}\\?\\) \\(ERR_`),
        args.join(' '),
      );
    }
    const { stderr } = await runCli('train', 'x', '--quantum');
    assert.equal(stderr, "unrolled: unknown option '--quantum' (ERR_UNROLLED_UNKNOWN_OPTION)\n");
  });

  it('takes either name of the size of a vocabulary', async () => {
    writeFileSync(at('text.txt'), 'the quick brown fox jumps over the lazy dog. '.repeat(40));
    const args = ['train', at('text.txt'), '--hidden', '4', '--steps', '1', '--embedding', '4', '--json'];
    const [one, other] = await Promise.all(
      ['--vocab', '--max-vocab'].map((flag) => runCli(...args, '--window', '8', '--batch', '2', flag, '5')),
    );
    assert.equal(one?.status, 0, one?.stderr);
    const lossOf = (text = '') => JSON.parse(text.split('\n')[0] as string).loss;
    assert.equal(lossOf(one?.stdout), lossOf(other?.stdout));
  });

  it('has two examples in the help of each command, and groups in long lists', async () => {
    for (const command of [
      'train',
      'sample',
      'evaluate',
      'score',
      'next',
      'bench',
      'doctor',
      'build',
      'classify train',
      'classify evaluate',
      'classify predict',
    ]) {
      const { status, stdout } = await runCli(...command.split(' '), '--help');
      assert.equal(status, 0);
      const examples = stdout
        .slice(stdout.indexOf('\nExamples:\n'))
        .split('\n')
        .filter((line) => line.startsWith('  '));
      assert.equal(examples.filter((line) => line.includes(`unrolled ${command}`)).length, 2, stdout);
      const groups = ['Text:', 'Model:', 'Training:', 'Files and output:'].filter((name) =>
        stdout.includes(`\n${name}\n`),
      );
      if (command.endsWith('train')) assert.equal(groups.length, 4, stdout);
    }
  });
});
