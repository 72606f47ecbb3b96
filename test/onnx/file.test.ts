/** ONNX files: what they say, where they cannot be written, and weights beside the model. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers';
import { PbfReader } from 'pbf';
import {
  Corpus,
  LanguageModel,
  layers,
  Model,
  SequenceClassifier,
  TextClassifier,
  TextVectorizer,
  UnrolledError,
  Vocabulary,
  WordList,
} from '../../src/index';
import type { LayerDescription } from '../../src/native/native';
import { Context } from '../../src/onnx/context';
import { exportNetwork } from '../../src/onnx/export';
import { emit } from '../../src/onnx/layers';
import { useFolder } from '../support/folder';
import { expectedRun, ranInPython, requireAllSame, requireOnnxruntime } from './runs';

const { bidirectional, dense, embedding, gru, lstm, pooling } = layers;

/** The texts among `metadata_props` (field 14 of a model, each with key 1 and value 2). */
function metadataOf(path: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const reader = new PbfReader(readFileSync(path));
  reader.readFields((field, _, pbf) => {
    if (field !== 14) return;
    const entry: [string, string] = ['', ''];
    pbf.readMessage((part, into) => {
      into[part - 1] = pbf.readString();
    }, entry);
    found[entry[0]] = JSON.parse(entry[1]);
  }, {});
  return found;
}

function classifier(): Model {
  return Model.create({
    input: { kind: 'ids', vocabulary: 200 },
    layers: [embedding(16), bidirectional(lstm(12)), pooling('final'), dense(2)],
  });
}

/** That a call is refused with a code, and leaves nothing behind. */
async function refused(call: Promise<void>, code: string, message: RegExp, folder: string): Promise<void> {
  const before = readdirSync(folder);
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof UnrolledError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(readdirSync(folder), before);
}

describe('an ONNX file', () => {
  const at = useFolder();

  it('says how texts become ids and outputs answers', async () => {
    const vocabulary = Vocabulary.build('a cat\nthe hat', { maxTokens: 6 });
    using language = LanguageModel.create({ vocabulary, hidden: 4 });
    await language.exportOnnx(at('l.onnx'));
    assert.deepEqual(metadataOf(at('l.onnx')), {
      'unrolled.vocabulary': vocabulary.toJSON(),
      'unrolled.text': {
        ...{ kind: 'language-model', documents: false, unknown: vocabulary.unknownId, end: null },
        lineEnd: vocabulary.id('\n') ?? null,
      },
    });
    const documents = Corpus.fromDocuments(['one', 'two\n']);
    using ofDocuments = LanguageModel.create({ vocabulary: documents.vocabulary, hidden: 4 });
    await ofDocuments.exportOnnx(at('d.onnx'), { form: 'lengths' });
    assert.deepEqual(metadataOf(at('d.onnx'))['unrolled.text'], {
      ...{ kind: 'language-model', documents: true, unknown: null, end: documents.vocabulary.endId },
      lineEnd: documents.vocabulary.id('\n'),
    });
    const vectorizer = await TextVectorizer.adapt(['good film', 'bad film', 'a film'], { maxTokens: 10 });
    for (const [classNames, probabilities] of [
      [['no', 'yes'], 'sigmoid'],
      [['a', 'b', 'c'], 'softmax'],
    ] as const) {
      using texts = TextClassifier.create({ vectorizer, classNames: [...classNames], hidden: 3 });
      await texts.exportOnnx(at('t.onnx'));
      assert.deepEqual(metadataOf(at('t.onnx')), {
        'unrolled.vectorizer': JSON.parse(JSON.stringify(vectorizer)),
        'unrolled.classes': classNames,
        'unrolled.text': { kind: 'text-classifier', probabilities },
      });
    }
    using sequences = SequenceClassifier.create({ vocabulary: new WordList(['x', 'y']), classes: 3, hidden: 3 });
    await sequences.exportOnnx(at('s.onnx'));
    assert.deepEqual(metadataOf(at('s.onnx')), {
      'unrolled.vocabulary': { kind: 'words', words: ['x', 'y'] },
      'unrolled.classes': [0, 1, 2],
      'unrolled.text': { kind: 'sequence-classifier', probabilities: 'softmax' },
    });
    using plain = classifier();
    await plain.exportOnnx(at('p.onnx'));
    assert.deepEqual(metadataOf(at('p.onnx')), {});
  });

  it('has the same bytes each time, and takes the place of another file', async () => {
    using model = classifier();
    writeFileSync(at('one.onnx'), 'something else');
    await model.exportOnnx(at('one.onnx'));
    await model.exportOnnx(at('two.onnx'));
    assert.deepEqual(readFileSync(at('one.onnx')), readFileSync(at('two.onnx')));
    assert.deepEqual(readdirSync(at()), ['one.onnx', 'two.onnx']);
  });

  it('is not written where an option, the form, the weights or the place is impossible', async () => {
    using model = classifier();
    const path = at('m.onnx');
    const options = (given: object) => model.exportOnnx(path, given as never);
    await refused(options({ forms: 'step' }), 'ERR_UNROLLED_UNKNOWN_OPTION', /forms.*form, layout/, at());
    await refused(options({ form: 'steps' }), 'ERR_UNROLLED_OPTION_RANGE', /^form must be.*step.*steps/, at());
    await refused(options({ form: 3 }), 'ERR_UNROLLED_OPTION_TYPE', /^form must be/, at());
    await refused(options({ layout: 'rows' }), 'ERR_UNROLLED_OPTION_RANGE', /^layout must be/, at());
    const both = { form: 'step', layout: 'batch' };
    await refused(options(both), 'ERR_UNROLLED_OPTION_RANGE', /^layout must be left out for the form step/, at());
    const whole =
      /^The model cannot be exported: the layer "rnn" of type lstm needs all steps .*'sequence' or 'lengths'\.$/;
    await refused(options({ form: 'step' }), 'ERR_UNROLLED_EXPORT', whole, at());
    await refused(model.exportOnnx('' as never), 'ERR_UNROLLED_OPTION_RANGE', /^path/, at());
    await refused(model.exportOnnx(at()), 'ERR_UNROLLED_FILE_WRITE', /it is a directory/, at());
    await refused(model.exportOnnx(at('no', 'm.onnx')), 'ERR_UNROLLED_FILE_WRITE', /the folder does not exist/, at());
    using large = Model.create({
      ...{ input: { kind: 'features', features: 1 }, layers: [dense(1)], dtype: 'float64' },
    });
    await large.setParameters({ 'dense.weight': [[1e300]], 'dense.bias': [0] });
    const inDouble = /1e\+300 in dense\.weight is no finite number in 32 bits/;
    await refused(large.exportOnnx(path), 'ERR_UNROLLED_MODEL_NOT_FINITE', inDouble, at());
    const gone = classifier();
    gone.dispose();
    await refused(gone.exportOnnx(path), 'ERR_UNROLLED_DISPOSED', /disposed/, at());
  });

  it('does not take a layer that nobody has taught to leave, which is named', () => {
    const description = { input: { kind: 'features', features: 2 }, layers: [] } as const;
    using model = Model.create({ input: description.input, layers: [dense(2, { name: 'dense' })] });
    const context = new Context(model.description, {}, 'lengths');
    const layer = { type: 'clippedRelu', name: 'cut', ceiling: 6 } as unknown as LayerDescription;
    const named = /^The model cannot be exported: the layer "cut" of type clippedRelu has no counterpart/;
    assert.throws(() => emit(context, layer, []), { code: 'ERR_UNROLLED_EXPORT', message: named });
    for (const type of ['constructor', 'toString', '__proto__']) {
      const other = { type, name: 'cut' } as unknown as LayerDescription;
      assert.throws(() => emit(context, other, []), { code: 'ERR_UNROLLED_EXPORT' });
    }
  });

  it('is written without holding the event loop', async () => {
    using model = Model.create({
      ...{ input: { kind: 'ids', vocabulary: 60_000 }, dtype: 'float64' },
      layers: [embedding(64), gru(8), dense(2)],
    });
    let turns = 0;
    let isDone = false;
    const turn = () => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    turn();
    await model.exportOnnx(at('m.onnx'));
    isDone = true;
    // 3.8 million weights: they are looked at and converted in parts.
    assert.ok(turns > 20, String(turns));
  }).timeout(60_000);

  it('of a model that trains is of a whole step', async () => {
    using model = Model.create({ input: { kind: 'ids', vocabulary: 5 }, layers: [embedding(4), gru(4), dense(5)] });
    const inputs = Array.from({ length: 40 }, (_, i) => [i % 5, (i * 3) % 5, (i * 2) % 5]);
    const training = model.fit({ inputs, tags: inputs }, { epochs: 3 });
    const [history] = await Promise.all([training, model.exportOnnx(at('m.onnx'))]);
    assert.equal(history.epochs.length, 3);
    assert.ok(statSync(at('m.onnx')).size > 1000);
  });
});

describe('an ONNX file with its weights beside it', function () {
  this.timeout(60_000);
  before(function () {
    return requireOnnxruntime(this);
  });
  const at = useFolder();

  it('is read as one', async () => {
    using model = classifier();
    const expected = await expectedRun('beside', model, at('whole.onnx'), { form: 'lengths' });
    const exported = { form: 'lengths', facts: {} } as const;
    await exportNetwork(model, at('cut.onnx'), undefined, exported, 2000);
    assert.ok(statSync(at('cut.onnx')).size < 10_000 && statSync(at('cut.onnx.data')).size > 12_800);
    assert.equal(statSync(at('cut.onnx.data')).size % 4, 0);
    const cut = { ...expected, model: at('cut.onnx') };
    requireAllSame(await ranInPython([expected, cut], at()), [expected, cut]);
    // All or nothing of both.
    await assert.rejects(exportNetwork(model, at('no', 'cut.onnx'), undefined, exported, 2000));
    assert.ok(!existsSync(at('no')));
    assert.deepEqual(readdirSync(at()).sort(), ['cut.onnx', 'cut.onnx.data', 'runs.json', 'whole.onnx']);
  });
});
