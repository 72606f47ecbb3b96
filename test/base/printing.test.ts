/** What `console.log` shows of the package's objects. */

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import {
  Corpus,
  collect,
  History,
  layers,
  Model,
  TextClassifier,
  TextVectorizer,
  Vocabulary,
  WordList,
} from '../../src';
import { ends, excerpt, showEstimate, showFigure, showSeconds } from '../../src/base/messages/printing';
import { epochResult } from '../support/epochs';
import { CORPUS, STREAM, smallModel } from '../support/models';

function lines(value: unknown): string[] {
  return inspect(value).split('\n');
}

describe('what is printed', () => {
  it('of a history is a table of its epochs, with the figures they have', () => {
    const history = new History([
      epochResult(0, { loss: 3.25, validationLoss: 3.5 }),
      epochResult(1, { loss: 0.00001234, validationLoss: 2, stopReason: 'enough' }),
    ]);
    assert.deepEqual(lines(history), [
      'History of 2 epochs',
      'epoch  steps      loss  validationLoss  learningRate  seconds',
      '    0      2    3.2500          3.5000         0.001      1.0',
      '    1      2  1.234e-5          2.0000         0.001      2.0',
      'ended early: enough',
    ]);
    assert.equal(inspect(new History()), '[History of 0 epochs]');
    assert.match(inspect({ a: { b: { c: history } } }), /\[History of 2 epochs\]/);
  });

  it('of a long history is its beginning and its end', () => {
    const shown = lines(new History(Array.from({ length: 5000 }, (_, epoch) => epochResult(epoch, { loss: 1 }))));
    assert.equal(shown.length, 23);
    assert.equal(shown[0], 'History of 5000 epochs');
    assert.match(shown[2] as string, /^ +0 /);
    assert.equal(shown[12]?.trim(), '…');
    assert.match(shown[22] as string, /^ *4999 /);
  });

  it('of a history is whole up to 20 epochs, and says nothing of epochs that are not left out', () => {
    for (const [epochs, rows] of [
      [1, 1],
      [19, 19],
      [20, 20],
      [21, 21],
      [22, 21],
    ] as const) {
      const shown = lines(new History(Array.from({ length: epochs }, (_, epoch) => epochResult(epoch, { loss: 1 }))));
      assert.equal(shown.length, rows + 2, `${epochs} epochs`);
      assert.equal(shown.filter((line) => line.trim() === '…').length, epochs > 20 ? 1 : 0, `${epochs} epochs`);
    }
  });

  it('of a list leaves nothing out where there is room for all, be it for an odd number', () => {
    assert.deepEqual(ends([1, 2, 3, 4, 5], 5), { first: [1, 2, 3, 4, 5], left: 0, last: [] });
    assert.deepEqual(ends([1, 2, 3, 4], 5), { first: [1, 2, 3, 4], left: 0, last: [] });
    assert.deepEqual(ends([1, 2, 3, 4, 5, 6], 5), { first: [1, 2], left: 2, last: [5, 6] });
    assert.deepEqual(ends([1, 2, 3, 4, 5], 4), { first: [1, 2], left: 1, last: [4, 5] });
  });

  it('of a figure has as many digits as a person compares, of a time its two largest units', () => {
    for (const [value, shown] of [
      [undefined, ''],
      [0, '0.0000'],
      [0.001, '0.0010'],
      [0.00099, '9.900e-4'],
      [-2.5, '-2.5000'],
      [99_999, '99999.0000'],
      [100_000, '1.000e+5'],
      [Number.NaN, 'NaN'],
    ] as const) {
      assert.equal(showFigure(value), shown);
    }
    for (const [seconds, shown] of [
      [0, '0s'],
      [0.4, '0s'],
      [59.4, '59s'],
      [60, '1m 00s'],
      [125, '2m 05s'],
      [3599.4, '59m 59s'],
      [3600, '1h 00m'],
      [3720, '1h 02m'],
    ] as const) {
      assert.equal(showSeconds(seconds), shown);
    }
    assert.equal(showEstimate(0.4), 'under a second');
    assert.equal(showEstimate(0), 'about 0s');
    assert.equal(showEstimate(125), 'about 2m 05s');
    assert.equal(excerpt('文字🙂 text', 3), '"文字🙂"…');
    assert.equal(excerpt('文字🙂', 3), '"文字🙂"');
  });

  it('of an epoch has a few of its steps, and the epoch is as it was', async () => {
    using model = smallModel();
    const { last } = await collect(model.fit(CORPUS, { ...STREAM, epochs: 1 }));
    assert.ok(last !== undefined && last.steps > 20);
    assert.match(inspect(last), /stepLosses: Float64Array\(\d+\) \[[^\]]*\.\.\. \d+ more items\s+\]/);
    assert.ok(lines(last).length < 45);
    assert.deepEqual({ ...last }, last);
    assert.deepEqual(structuredClone(last), last);
    assert.deepEqual(Object.getOwnPropertySymbols({ ...last }), []);
  });

  it('of a vocabulary, a word list and a vectorizer is their beginning', async () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz';
    const vocabulary = Vocabulary.build(letters, { endToken: true });
    assert.match(inspect(vocabulary), /^Vocabulary \{\s+kind: 'char',\s+size: 27,\s+tokens: \[[^\]]*20 more items/);
    assert.match(inspect(vocabulary), /unknown: 'error',\s+endId: 26\s+\}$/);
    assert.match(inspect(new WordList([...letters])), /^WordList \{\s+size: 26,\s+words: \[[^\]]*20 more items/);
    const vectorizer = await TextVectorizer.adapt([[...letters].join(' ')]);
    assert.match(inspect(vectorizer), /^TextVectorizer \{\s+output: 'int',\s+size: 28,[\s\S]*22 more items/);
    for (const value of [vocabulary, vectorizer])
      assert.match(inspect({ a: { b: { c: value } } }), /\[\w+ of \d+ tokens\]/);
  });

  it('of a corpus is its name and the beginning of its text', () => {
    const corpus = Corpus.fromText('A long text.\n'.repeat(1000), { name: 'long' });
    assert.equal(lines(corpus)[0], `Corpus "long": one text, "${'A long text.\\n'.repeat(4)}A long t"…`);
    assert.match(inspect(corpus), /\nVocabulary \{/);
    const emoji = Corpus.fromText('😀'.repeat(100));
    assert.equal(lines(emoji)[0], `Corpus "text": one text, "${'😀'.repeat(60)}"…`);
    const documents = Corpus.fromDocuments(Array.from({ length: 500 }, (_, index) => `document ${index}`));
    assert.equal(lines(documents)[0], 'Corpus "text": 500 documents, "document 0"');
    assert.ok(lines(documents).length < 15);
  });

  it('of a model is its layers, and of a text model what it is made of', async () => {
    const model = smallModel();
    assert.deepEqual(lines(model.model), [
      'Model: 2,389 parameters of float32, input of ids below 29',
      'layer                  output      parameters',
      'embedding (embedding)  [T, B, 8]          232',
      'rnn (lstm)             [T, B, 16]       1,664',
      'head (dense)           [T, B, 29]         493',
    ]);
    assert.ok(lines(model).length < 30);
    assert.match(inspect(model), /^LanguageModel \{\s+vocabulary: Vocabulary \{[\s\S]*architecture: \{[\s\S]*rnn \(/);
    assert.equal(inspect(model.summary()), model.summary().toString());
    const inner = model.model;
    model.dispose();
    assert.equal(inspect(inner), 'Model (disposed)');

    const { dense, gru } = layers;
    const many = Array.from({ length: 60 }, () => dense(2));
    using deep = Model.create({
      input: { kind: 'features', features: 2 },
      source: { kind: 'ids', vocabulary: 3 },
      layers: [
        layers.oneHot({ from: 'source' }),
        gru(2, { name: 'encoder' }),
        gru(2, { from: 'input', initialState: 'encoder' }),
        ...many,
      ],
    });
    assert.match(inspect(deep), /input of 2 features, source of ids below 3\n/);
    assert.equal(lines(deep).length, 23);
    assert.match(inspect(deep), /\n… 43 more/);

    const vectorizer = await TextVectorizer.adapt(['good', 'bad']);
    using classifier = TextClassifier.create({ vectorizer, classNames: ['no', 'yes'] });
    assert.match(inspect(classifier), /classNames: \[ 'no', 'yes' \][\s\S]*model: Model: /);
    assert.ok(lines(classifier).length < 40);
  });
});
