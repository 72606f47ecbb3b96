/** Models whose vocabulary is extended: what is kept of their weights, what is drawn, and that they train on. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Corpus, callbacks, datasets, LanguageModel, type LanguageModelOptions, Vocabulary } from '../../src/index';
import { writeSafetensors } from '../../src/safetensors';
import { useFolder } from '../support/folder';

const OLD = Corpus.fromText('床前明月光，疑是地上霜。举头望明月，低头思故乡。\n'.repeat(8));
const NEW = Corpus.fromText('春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。明月明月\n'.repeat(8));

type Rows = Map<string, number[]>;

/** Rows of a table by token: of `[V, width]`, or the columns of `[width, V]`. */
async function rowsOf(model: LanguageModel, name: string, columns = false): Promise<Rows> {
  const { [name]: tensor } = await model.parameters();
  assert.ok(tensor, name);
  const { data, shape } = tensor;
  const { vocabulary } = model;
  const [rows = 0, width = 1] = shape;
  assert.equal(columns ? width : rows, vocabulary.size);
  return new Map(
    Array.from({ length: vocabulary.size }, (_, id) => [
      id === vocabulary.unknownId ? '<unk>' : id === vocabulary.endId ? '<end>' : vocabulary.token(id),
      columns
        ? Array.from({ length: rows }, (_, row) => data[row * width + id] as number)
        : [...data.subarray(id * width, (id + 1) * width)],
    ]),
  );
}

function requireKept(before: Rows, after: Rows): void {
  for (const [token, row] of before) assert.deepEqual(after.get(token), row, token);
}

describe('a vocabulary that is extended', () => {
  const at = useFolder();

  async function saved(options: Partial<LanguageModelOptions>, corpus = OLD): Promise<string> {
    using model = LanguageModel.create({
      ...{ vocabulary: corpus.vocabulary, embedding: 6, hidden: 6, seed: 5, threads: 1 },
      ...options,
    });
    await model.fit(corpus, { steps: 3, batch: 2, window: 8 });
    await model.save(at('old.safetensors'));
    return at('old.safetensors');
  }

  function extended(path: string, options: Partial<LanguageModelOptions> = {}): Promise<LanguageModel> {
    return LanguageModel.initFrom(path, { vocabulary: NEW.vocabulary, extendVocabulary: true, threads: 1, ...options });
  }

  it('keeps its ids, and has the other tokens behind them', () => {
    const { vocabulary } = OLD;
    const more = vocabulary.extendedBy(NEW.vocabulary);
    for (let id = 0; id < vocabulary.size; id++) assert.equal(more.token(id), vocabulary.token(id));
    for (const token of new Set(NEW.text)) assert.notEqual(more.id(token), undefined, token);
    assert.equal(more.size, new Set(OLD.text + NEW.text).size);
    assert.deepEqual(more.frequencies?.[more.id('明') as number], 16);
    assert.deepEqual(more.frequencies?.[more.id('床') as number], 0);
    assert.ok(more.extendedBy(OLD.vocabulary).equals(more));
    assert.ok(Vocabulary.fromJSON(JSON.parse(JSON.stringify(more))).equals(more));
    const bounded = Vocabulary.build(OLD.text, { maxTokens: 9, endToken: true }).extendedBy(NEW.vocabulary);
    assert.deepEqual([bounded.unknownId, bounded.endId], [bounded.size - 2, bounded.size - 1]);
    assert.equal(bounded.unknown, 'replace');
    assert.deepEqual([...bounded.encode('明床')], [bounded.id('明'), bounded.unknownId]);
    const both = vocabulary.extendedBy(Vocabulary.build(NEW.text, { maxTokens: 9 }));
    assert.equal(both.unknown, 'replace');
    assert.throws(() => vocabulary.extendedBy(Vocabulary.build('a b', { tokens: 'word' })), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'vocabulary',
    });
    assert.throws(() => vocabulary.extendedBy({} as never), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });

  it('keeps every weight of the model, and draws those of new tokens by the seed', async () => {
    const bounded = Corpus.fromText(OLD.text, { minCount: 9 });
    const cases: [Partial<LanguageModelOptions>, string[], Corpus?][] = [
      [{}, ['embedding.weight', 'head.weight', 'head.bias']],
      [{ cell: 'gru', layers: 2, dtype: 'float64' }, ['embedding.weight', 'head.weight', 'head.bias']],
      [{ tied: true }, ['embedding.weight', 'head.bias']],
      [{ embedding: 'onehot', cell: 'rnn', singleBias: true }, ['rnn.weight_ih_l0', 'head.weight']],
      [{ output: 'sampled', samples: 4 }, ['embedding.weight', 'head.weight', 'head.bias']],
      [{ layerNorm: true, dropout: 0.1 }, ['embedding.weight', 'head.weight', 'head.bias']],
      [{ vocabulary: bounded.vocabulary }, ['embedding.weight', 'head.weight', 'head.bias'], bounded],
    ];
    for (const [options, tables, corpus = OLD] of cases) {
      const what = JSON.stringify({ ...options, vocabulary: undefined });
      const path = await saved(options, corpus);
      using old = await LanguageModel.load(path);
      using model = await extended(path, { seed: 7 });
      using again = await extended(path, { seed: 7 });
      using other = await extended(path, { seed: 8 });
      const [were, are, same, others] = await Promise.all([old, model, again, other].map((m) => m.parameters()));
      assert.deepEqual(are, same, what);
      for (const [name, { data }] of Object.entries(were ?? {})) {
        if (!tables.includes(name) && name !== 'head.bias')
          assert.deepEqual(are?.[name]?.data, data, `${what} ${name}`);
      }
      for (const table of tables) {
        const isColumns = table === 'rnn.weight_ih_l0';
        const [before, after] = [await rowsOf(old, table, isColumns), await rowsOf(model, table, isColumns)];
        requireKept(before, after);
        const fresh = after.get('春') as number[];
        assert.ok(
          fresh.some((value) => value !== 0),
          `${what} ${table}`,
        );
        assert.notDeepEqual(others?.[table], are?.[table], `${what} ${table}`);
      }
      assert.equal(model.vocabulary.size, after(model));
    }
    function after({ vocabulary }: LanguageModel): number {
      const ends = vocabulary.unknownId === undefined ? 0 : 1;
      return ends + new Set([...vocabulary.toJSON().tokens]).size;
    }
  });

  it('ranks the tokens of an adaptive softmax anew, by the new text', async () => {
    const cutoffs = [6, 14];
    const path = await saved({ output: 'adaptive', cutoffs });
    using old = await LanguageModel.load(path);
    using model = await extended(path, { seed: 7 });
    requireKept(await rowsOf(old, 'embedding.weight'), await rowsOf(model, 'embedding.weight'));
    assert.deepEqual(model.architecture.cutoffs, cutoffs);
    const { size } = model.vocabulary;
    const ranks = (m: LanguageModel) =>
      m.architecture.ranks ?? Array.from({ length: m.vocabulary.size }, (_, id) => id);
    assert.equal(new Set(ranks(model)).size, size);
    // The most frequent characters of the new text are in the head.
    for (const token of ['明', '月', '，', '。', '处']) {
      assert.ok((ranks(model)[model.vocabulary.id(token) as number] as number) < 6, token);
    }
    const [were, are] = [await old.parameters(), await model.parameters()];
    /** The output row of a token, and its cluster. */
    const rowOf = (m: LanguageModel, all: typeof were, token: string): [string, number[]] => {
      const rank = ranks(m)[m.vocabulary.id(token) as number] as number;
      const cluster = cutoffs.findLastIndex((begin) => rank >= begin);
      const name = cluster < 0 ? 'head.head.weight' : `head.tail.${cluster}.1.weight`;
      const { data, shape } = all[name] as (typeof all)[string];
      const row = rank - (cluster < 0 ? 0 : (cutoffs[cluster] as number));
      return [name, [...data.subarray(row * (shape[1] as number), (row + 1) * (shape[1] as number))]];
    };
    let kept = 0;
    for (const token of new Set(OLD.text)) {
      const [[cluster, row], [now, after]] = [rowOf(old, were, token), rowOf(model, are, token)];
      if (cluster === now) {
        assert.deepEqual(after, row, token);
        kept++;
      }
    }
    assert.ok(kept >= 3, `${kept} kept`);
    for (const index of [0, 1]) {
      assert.deepEqual(are[`head.tail.${index}.0.weight`], were[`head.tail.${index}.0.weight`]);
      const entry = (all: typeof were) =>
        [...(all['head.head.weight']?.data ?? [])].slice((6 + index) * 6, (7 + index) * 6);
      assert.deepEqual(entry(are), entry(were));
    }
    const before = await model.evaluate(NEW);
    await model.fit(NEW, { epochs: 3, batch: 2, window: 8, learningRate: 0.01 });
    assert.ok((await model.evaluate(NEW)).loss < before.loss);
    await model.save(at('extended.safetensors'));
    using loaded = await LanguageModel.load(at('extended.safetensors'), { threads: 1 });
    assert.deepEqual(await loaded.parameters(), await model.parameters());
  });

  it('is read from a file with another softmax, and with frequencies or none', async () => {
    const path = await saved({});
    using sampled = await extended(path, { output: 'sampled', samples: 4 });
    assert.equal(sampled.architecture.ranks?.length, sampled.vocabulary.size);
    const adaptive = await saved({ output: 'adaptive', cutoffs: [6, 14] });
    const plain = Vocabulary.fromJSON(JSON.parse(JSON.stringify(NEW.vocabulary)));
    using uncounted = await extended(adaptive, { vocabulary: plain });
    using old = await LanguageModel.load(adaptive);
    const before = old.architecture.ranks as number[];
    assert.deepEqual(uncounted.architecture.ranks?.slice(0, before.length), before, 'new tokens follow');
    const wrong = extended(adaptive, { frequencies: [1, 2] });
    await assert.rejects(wrong, { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'frequencies' });
  });

  it('trains on, resumes to the same bits, and reads a text in its file', async () => {
    const path = await saved({});
    const plan = { epochs: 4, batch: 2, window: 8 } as const;
    using whole = await extended(path);
    await whole.fit(NEW, plan);
    using half = await extended(path);
    await half.fit(NEW, { ...plan, epochs: 2, callbacks: [callbacks.checkpoint({ path: at('run.safetensors') })] });
    using resumed = await LanguageModel.load(at('run.safetensors'));
    await resumed.fit(NEW, { ...plan, resume: at('run.safetensors') });
    assert.deepEqual(await resumed.parameters(), await whole.parameters());
    writeFileSync(at('new.txt'), NEW.text);
    const file = await datasets.textFile(at('new.txt'), { idsFile: at('ids') });
    using streamed = await extended(path, { vocabulary: file.vocabulary });
    await streamed.fit(file, plan);
    assert.deepEqual(await streamed.parameters(), await whole.parameters());
    assert.ok((await whole.evaluate(OLD)).loss > 0, 'it reads its first text too');
  });

  it('goes with documents, forms, and a vocabulary that is an extension already', async () => {
    const documents = Corpus.fromDocuments(['明月', '床前'], { lineEnds: 'lf' });
    const others = Corpus.fromDocuments(['春眠', '花落\r\n']);
    using model = LanguageModel.create({ vocabulary: documents.vocabulary, embedding: 4, hidden: 4 });
    await model.save(at('old.safetensors'));
    using more = await extended(at('old.safetensors'), { vocabulary: others.vocabulary });
    assert.equal(more.documents, true);
    assert.equal(more.vocabulary.form?.lineEnds, 'lf');
    requireKept(await rowsOf(model, 'embedding.weight'), await rowsOf(more, 'embedding.weight'));
    const own = documents.vocabulary.extendedBy(others.vocabulary).withUnknown('skip');
    using given = await extended(at('old.safetensors'), { vocabulary: own });
    assert.equal(given.vocabulary.unknown, 'skip');
    assert.deepEqual(await given.parameters(), await more.parameters());
    using same = await extended(at('old.safetensors'), { vocabulary: documents.vocabulary });
    assert.deepEqual(await same.parameters(), await model.parameters());
  });

  it('makes a model of plain text one of documents where it gives it an end token', async () => {
    const path = await saved({});
    const documents = Corpus.fromDocuments(['\u660e\u6708', '\u5e8a\u524d', '\u660e\u6708\u5149']);
    using more = await extended(path, { vocabulary: documents.vocabulary });
    assert.equal(more.documents, true);
    await more.fit(documents, { epochs: 2, batch: 2, window: 4 });
    await more.save(at('documents.safetensors'));
    using loaded = await LanguageModel.load(at('documents.safetensors'));
    assert.equal(loaded.documents, true);
    const whole = await loaded.score('\u660e\u6708', { document: true });
    assert.equal(whole.tokens, 3, 'the first, and the end, among them');
    assert.equal(await loaded.sample('', { length: 5 }), await more.sample('', { length: 5 }));
    // Without one it stays what it was.
    using plain = await extended(path, { vocabulary: NEW.vocabulary });
    assert.equal(plain.documents, false);
  });

  it('is refused where it cannot be, and other vocabularies without the option as before', async () => {
    const path = await saved({});
    await assert.rejects(LanguageModel.initFrom(path, { vocabulary: NEW.vocabulary }), {
      code: 'ERR_UNROLLED_MODEL_MISMATCH',
    });
    const words = Vocabulary.build(NEW.text, { tokens: 'word' });
    await assert.rejects(extended(path, { vocabulary: words }), { code: 'ERR_UNROLLED_MODEL_MISMATCH' });
    await assert.rejects(extended(path, { extendVocabulary: 'yes' as never } as never), {
      code: 'ERR_UNROLLED_OPTION_TYPE',
      option: 'extendVocabulary',
    });
    using old = await LanguageModel.load(path);
    await writeSafetensors(at('weights'), new Map(Object.entries(await old.parameters())), new Map());
    await assert.rejects(extended(at('weights'), { embedding: 6, hidden: 6 }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'extendVocabulary',
    });
  });
});
