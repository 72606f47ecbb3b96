/** What unknown options were meant for, in programs and on the command line, and the names of a vocabulary's size. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { meantOption } from '../../src/base/messages/suggestions';
import {
  Corpus,
  callbacks,
  datasets,
  LanguageModel,
  layers,
  Model,
  TextVectorizer,
  type UnrolledError,
  Vocabulary,
} from '../../src/index';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';

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

describe('a value of an option that has fixed ones', () => {
  const at = useFolder();

  it('is told what it may have been meant for, in programs', async () => {
    const corpus = Corpus.fromText('hello world. '.repeat(20));
    using model = LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 4 });
    const trained = (options: object) =>
      model.fit(corpus, { batch: 2, window: 4, steps: 1, ...options }).then(() => {});
    for (const [call, option, meant] of [
      [() => trained({ optimizer: 'adamW' }), 'optimizer', 'adamw'],
      [() => trained({ optimizer: { kind: 'AdaGrad' } }), 'optimizer.kind', 'adagrad'],
      [() => trained({ schedule: 'cosin' }), 'schedule', 'cosine'],
      [() => trained({ schedule: { kind: 'liner' } }), 'schedule.kind', 'linear'],
      [() => trained({ reduction: 'means' }), 'reduction', 'mean'],
      [async () => LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'LSTM' as 'lstm' }), 'cell', 'lstm'],
      [async () => Vocabulary.build('abc', { tokens: 'chars' as 'char' }), 'tokens', 'char'],
      [
        async () =>
          Model.create({
            input: { kind: 'features', features: 1 },
            layers: [layers.lstm(4, { activation: 'Tanh' as 'tanh' })],
          }),
        'activation',
        'tanh',
      ],
    ] as const) {
      await assert.rejects(call, (error: UnrolledError) => {
        assert.equal(error.code, 'ERR_UNROLLED_OPTION_RANGE', error.stack);
        assert.ok(error.option?.endsWith(option), error.option);
        assert.match(error.message, new RegExp(` must be one of .*, not '?"?\\w+"?'?\\. Did you mean ${meant}\\?$`));
        return true;
      });
    }
    await assert.rejects(trained({ optimizer: 'lion' }), { message: /not [^.]*\.$/ });
    await assert.rejects(trained({ optimizer: 5 }), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });

  it('is told so on the command line', async () => {
    writeFileSync(at('text'), 'hello world. '.repeat(20));
    for (const [flags, meant] of [
      [['--optimizer', 'adamW'], 'adamw'],
      [['--schedule', 'cosin'], 'cosine'],
      [['--cell', 'LSTM'], 'lstm'],
    ] as const) {
      const { status, stderr } = await runCli('train', at('text'), ...flags);
      assert.equal(status, 2);
      assert.ok(stderr.includes(`Did you mean ${meant}?`), stderr);
    }
    const { stderr } = await runCli('classify', 'train', at(), '--pooling', 'Mean');
    assert.match(stderr, /Did you mean mean\?/);
  });
});

describe('a warm-up that is longer than its run', () => {
  const at = useFolder();

  it('is noted, in steps and in epochs, also where a run goes on', async () => {
    const corpus = Corpus.fromText('hello world. '.repeat(20));
    const heard = async (options: object) => {
      using model = LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 4 });
      const said: string[] = [];
      await model.fit(corpus, { batch: 2, window: 4, steps: 5, onWarning: (text) => said.push(text), ...options });
      return said;
    };
    assert.deepEqual(await heard({ schedule: { kind: 'cosine', warmup: 5 } }), []);
    assert.deepEqual(await heard({ schedule: { kind: 'constant', warmup: 20 } }), [
      'The warm-up of 20 steps is longer than the run of 5 steps: the learning rate ends at 25 % of the requested rate.',
    ]);
    const [cosine, ...others] = await heard({ schedule: { kind: 'cosine', unit: 'epochs', warmup: 1 } });
    assert.match(
      cosine as string,
      /^The warm-up of 1 epoch is longer .*, and the cosine schedule after it never starts\.$/,
    );
    assert.deepEqual(others, []);
    const schedule = { kind: 'linear', warmup: 20 };
    const saving = { schedule, callbacks: [callbacks.checkpoint({ path: at('c') })] };
    await heard({ ...saving, steps: 30 });
    const [again] = await heard({
      resume: at('c'),
      schedule: undefined,
      batch: undefined,
      window: undefined,
      steps: 31,
    });
    assert.match(again as string, /^The linear schedule of .* covers 31 steps now/);
    assert.doesNotMatch(again as string, /warm-up/);
    writeFileSync(at('text'), 'hello world. '.repeat(20));
    const flags = ['--batch', '2', '--window', '4', '--hidden', '4', '--steps', '5', '--warmup', '50'];
    const { stderr } = await runCli('train', at('text'), ...flags);
    assert.match(stderr, /The warm-up of 50 steps is longer than the run of 5 steps: the learning rate ends at 10 %/);
  });
});
