/** `unrolled/text`: without Node.js it does what the package does, and draws what the package draws. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { LanguageModel, TextClassifier, TextVectorizer, UnrolledError, Vocabulary, WordList } from '../../../src/index';
import * as text from '../../../src/text/browser';
import { useFolder } from '../../support/folder';
import { CORPUS, STREAM, smallModel } from '../../support/models';

interface Call {
  make?: { class: string; by: string; args: unknown[] };
  method: string;
  args: unknown[];
}

type Result = { value: unknown } | { code: string; message: string };

const plain = (value: unknown): unknown =>
  ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : JSON.parse(JSON.stringify(value));

/** The same calls here. */
function here({ make, method, args }: Call): Result {
  type Methods = Record<string, (...args: unknown[]) => unknown>;
  const all = text as unknown as Methods & Record<string, Methods>;
  try {
    const of = make && all[make.class];
    const made = make === undefined ? all : (of?.[make.by]?.apply(of, make.args) as Methods);
    const call = made[method] as Methods[string];
    return { value: plain(call.apply(made, args)) };
  } catch (error) {
    assert.ok(error instanceof UnrolledError, String(error));
    return { code: error.code, message: error.message };
  }
}

const TEXTS = [
  'The cat sat on the mat. "Why?" said the dog.\r\n\tNobody knows…',
  '却说那日，宝玉笑道：“好，好！”',
  'مرحبا بالعالم ١٢٣',
  'Ünïcödé é ﬁ ① ½ İstanbul',
  '👩‍👩‍👧‍👦 e\u0301 🇩🇪 \ud83d',
  '',
];

/** Calls of vocabularies and vectorizers, over texts of many scripts. */
async function calls(): Promise<Call[]> {
  const all: Call[] = [];
  for (const tokens of ['char', 'grapheme', 'byte', 'word'] as const) {
    for (const options of [{ maxTokens: 40 }, { unknown: 'skip' }, { normalization: 'NFC', lineEnds: 'lf' }] as const) {
      const { unknown } = { unknown: 'skip', ...options } as { unknown: 'skip' };
      const vocabulary = Vocabulary.build(TEXTS.slice(0, 3).join('\n'), { tokens, ...options });
      const json = vocabulary.withUnknown('maxTokens' in options ? 'replace' : unknown).toJSON();
      const make = { class: 'Vocabulary', by: 'fromJSON', args: [json] };
      for (const each of TEXTS) all.push({ make, method: 'encode', args: [each] });
      all.push({ make, method: 'decode', args: [[0, 3, 2, 1]] }, { make, method: 'toJSON', args: [] });
    }
  }
  for (const options of [
    {},
    { split: 'word' },
    { split: 'character' },
    { standardize: 'lower', maxTokens: 9 },
  ] as const) {
    const vectorizer = await TextVectorizer.adapt(TEXTS, options);
    const make = { class: 'TextVectorizer', by: 'fromJSON', args: [vectorizer.toJSON()] };
    for (const each of TEXTS)
      all.push({ make, method: 'encode', args: [each] }, { make, method: 'tokens', args: [each] });
  }
  const words = { class: 'WordList', by: 'fromJSON', args: [new WordList(['the', 'cat']).toJSON()] };
  all.push({ make: words, method: 'encode', args: ['the cat'] }, { make: words, method: 'encode', args: ['a dog'] });
  const logits = [0.5, -1, 2, 2, 0];
  for (let seed = 0; seed < 20; seed++) {
    for (const options of [{}, { temperature: 0.5, topK: 3 }, { topP: 0.6 }, { temperature: 0 }, { excluded: [2] }]) {
      all.push({ method: 'drawToken', args: [logits, { seed, position: seed * 7, ...options }] });
    }
  }
  all.push({ method: 'tokenProbabilities', args: [logits] });
  // What is refused has the same code and the same words.
  for (const args of [
    [[]],
    [[1, null]],
    ['abc'],
    [logits, { seed: -1 }],
    [logits, { tempreature: 1 }],
    [logits, { excluded: [0, 1, 2, 3, 4] }],
  ]) {
    all.push({ method: 'drawToken', args });
  }
  all.push({ method: 'onnxFacts', args: ['text'] });
  for (const json of [{}, { kind: 'char', tokens: ['a', 'a'], unknownToken: false, unknown: 'error' }]) {
    all.push({ make: { class: 'Vocabulary', by: 'fromJSON', args: [json] }, method: 'toJSON', args: [] });
  }
  return all;
}

describe('unrolled/text', function () {
  this.timeout(60_000);
  const at = useFolder();

  it('does in a context without Node.js what it does here', async () => {
    const asked = await calls();
    writeFileSync(at('calls.json'), JSON.stringify(asked));
    const script = path.join(__dirname, 'run-bundle.mjs');
    const args = ['--no-warnings', '--experimental-vm-modules', script, at('calls.json')];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
    const came = JSON.parse(stdout) as Result[];
    assert.equal(came.length, asked.length);
    for (const [i, call] of asked.entries()) {
      // JSON has turned a lone surrogate, undefined and the like into the same for both.
      assert.deepEqual(
        came[i],
        JSON.parse(JSON.stringify(here(JSON.parse(JSON.stringify(call))))),
        JSON.stringify(call),
      );
    }
    assert.ok(came.filter((result) => 'code' in result).length >= 8);
  });

  it('draws what sample draws, from the same logits', async () => {
    using model = smallModel();
    await model.fit(CORPUS, { ...STREAM, epochs: 2, learningRate: 0.01 });
    for (const options of [
      {},
      { temperature: 0.7, topK: 4 },
      { topP: 0.8 },
      { temperature: 1.3, topP: 0.5, topK: 9 },
    ]) {
      const drawn = await model.sample('the ', { length: 60, seed: 11, ...options });
      const ids = [...model.vocabulary.encode(`the ${drawn}`)];
      const { output } = await model.model.forward({ ids: ids.map((id) => [id]) });
      const width = model.vocabulary.size;
      for (let position = 0; position < 60; position++) {
        const logits = (output.data as Float32Array).subarray((position + 3) * width, (position + 4) * width);
        const id = text.drawToken(logits, { seed: 11, position, ...options });
        assert.equal(id, ids[position + 4], `draw ${position} with ${JSON.stringify(options)}`);
      }
    }
  });

  it('reads from a file what exportOnnx wrote, and nothing from another', async () => {
    using language = LanguageModel.create({ vocabulary: Vocabulary.build('a cat\n'), hidden: 4 });
    await language.exportOnnx(at('l.onnx'));
    const bytes = readFileSync(at('l.onnx'));
    const { vocabulary, vectorizer, classes, text: said } = text.onnxFacts(bytes);
    assert.deepEqual([vocabulary?.toJSON(), vectorizer, classes], [language.vocabulary.toJSON(), undefined, undefined]);
    assert.equal(said?.kind, 'language-model');
    const adapted = await TextVectorizer.adapt(['good film', 'bad film'], { maxTokens: 10 });
    using classifier = TextClassifier.create({ vectorizer: adapted, classNames: ['no', 'yes'], hidden: 3 });
    await classifier.exportOnnx(at('c.onnx'));
    const facts = text.onnxFacts(new Uint8Array(readFileSync(at('c.onnx'))).buffer);
    assert.deepEqual([...(facts.vectorizer?.encode('a good film') ?? [])], [...adapted.encode('a good film')]);
    assert.deepEqual([facts.classes, facts.text?.probabilities], [['no', 'yes'], 'sigmoid']);
    await language.model.exportOnnx(at('m.onnx'));
    assert.deepEqual(text.onnxFacts(readFileSync(at('m.onnx'))), {});
    for (const damaged of [bytes.subarray(0, bytes.length - 1), Buffer.from('no model at all'), Buffer.from([0x80])]) {
      assert.throws(() => text.onnxFacts(damaged), { code: 'ERR_UNROLLED_MODEL_FORMAT' });
    }
    assert.throws(() => text.onnxFacts('l.onnx' as never), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });
});
