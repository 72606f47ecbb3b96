/** Long texts are read, counted and encoded with turns for the event loop between. */

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { Corpus, datasets, LanguageModel, SequenceClassifier, TextClassifier, TextVectorizer } from '../../src/index';
import { type FormOptions, formingText, formText } from '../../src/text/text-form';
import { linesOf } from '../../src/text/text-parts';
import { Vocabulary } from '../../src/text/vocabulary';
import { TOKEN_KINDS } from '../../src/text/vocabulary-options';
import { useFolder } from '../support/folder';

const LINE = 'The naïve fox, 漢字 and 𠮷野家 👨‍👩‍👧: e\u0301 don’t \ud800 stop. ';

/** Some hundred kilobytes of lines, or of one line. */
const LINES = Array.from({ length: 4000 }, (_, i) => `${LINE}w${i % 900}\r\n`).join('');
const ONE_LINE = LINES.replaceAll('\r\n', ' ');

/** As much as takes several turns, where all of it would be read many times. */
const SOME_LINES = LINES.slice(0, LINES.indexOf('w899\r\n') + 6);
const SOME_LINE = SOME_LINES.replaceAll('\r\n', ' ');

/**
 * How much of the processor's time in milliseconds the work takes, and the most of it between two turns of the event
 * loop. What other processes take does not count.
 */
async function turnsOf(work: () => Promise<unknown>): Promise<{ total: number; longest: number }> {
  const spent = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const start = spent();
  let [last, longest, isDone] = [start, 0, false];
  const tick = () => {
    const now = spent();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isDone) setImmediate(tick);
  };
  setImmediate(tick);
  await work();
  isDone = true;
  tick();
  return { total: spent() - start, longest };
}

describe('long texts', () => {
  const file = useFolder();

  beforeEach(async () => {
    await writeFile(file('lines.txt'), LINES);
    await writeFile(file('lines.txt.gz'), gzipSync(LINES));
    await writeFile(
      file('lines.jsonl'),
      LINES.split('\n')
        .map((text) => JSON.stringify({ text }))
        .join('\n'),
    );
  });

  for (const tokens of TOKEN_KINDS) {
    for (const [name, text] of Object.entries({ lines: LINES, 'one line': ONE_LINE })) {
      it(`have the same ${tokens} ids and vocabulary in turns as at once: ${name}`, async () => {
        const options = { tokens, maxSize: 200, lineEnds: 'lf', normalization: 'NFC' } as const;
        const corpus = Corpus.fromText(text, options);
        const inTurns = await Corpus.fromLongText(text, options);
        assert.equal(inTurns.text, corpus.text);
        assert.deepEqual(inTurns.vocabulary.toJSON(), corpus.vocabulary.toJSON());
        const ids = await inTurns.encodeInTurns();
        assert.deepEqual(ids, corpus.vocabulary.encode(text));
        assert.equal(inTurns.ids, ids, 'they are encoded once');
        assert.deepEqual(inTurns.tokenCounts, corpus.vocabulary.tokenCounts(text));
        assert.deepEqual(await corpus.vocabulary.encodeInTurns(text), ids);
      });
    }
  }

  it('have the same form in turns as at once', () => {
    const hard = `${'\u0301'.repeat(9000)}\r${'\r\n'.repeat(5000)}${'각\u1100\u1161\u11a8'.repeat(3000)}`;
    for (const text of [LINES, ONE_LINE, hard, `${'a\u0323\u0307'.repeat(3000)}x`, 'ก็ว่า'.repeat(2000)]) {
      for (const lineEnds of ['keep', 'lf'] as const) {
        for (const normalization of ['none', 'NFC', 'NFD', 'NFKC', 'NFKD'] as const) {
          const form: Required<FormOptions> = { lineEnds, normalization };
          const work = formingText(text, form as never);
          let step = work.next();
          while (!step.done) step = work.next();
          assert.ok(step.value === formText(text, form as never), `${lineEnds} ${normalization}`);
        }
      }
    }
  });

  it('have the lines that split gives', () => {
    for (const text of ['', '\n', 'a', 'a\n', '\r\n\r\r\na\n\nb', LINES]) {
      for (const end of [/\r\n|\n|\r/, /\n/, /\r?\n/]) assert.deepEqual([...linesOf(text, end)], text.split(end));
    }
  });

  it('have documents in turns as at once, and their boundaries', async () => {
    const documents = LINES.split('\r\n');
    const corpus = Corpus.fromDocuments(documents, { tokens: 'word' });
    const inTurns = await datasets.documents(file('lines.txt'), { format: 'lines', tokens: 'word' });
    await inTurns.encodeInTurns();
    assert.deepEqual(inTurns.ids, corpus.ids);
    assert.deepEqual(inTurns.boundaries, corpus.boundaries);
    assert.deepEqual(inTurns.tokenCounts, corpus.tokenCounts);
  });

  it('name an unknown token far inside by its position and line, as at once', async () => {
    const messageOf = async (work: () => unknown) => {
      try {
        await work();
      } catch (error) {
        return (error as Error).message;
      }
      return assert.fail('nothing is unknown');
    };
    for (const tokens of TOKEN_KINDS) {
      const vocabulary = Vocabulary.build(SOME_LINES, { tokens });
      for (const text of [`${SOME_LINES}~~\nmore`, `${SOME_LINE}~~`, `~~${SOME_LINES}`]) {
        const expected = await messageOf(() => vocabulary.encode(text));
        assert.equal(await messageOf(() => vocabulary.encodeInTurns(text)), expected);
      }
    }
  });

  it('give what one call gives where a vectorizer cuts them', async () => {
    for (const split of ['whitespace', 'character', 'word'] as const) {
      const options = { split, ngrams: 2, stopWords: ['and'], normalization: 'NFKD' } as const;
      const text = `${SOME_LINES}ΑΣ ΣΑΣ Σ`;
      const vectorizer = await TextVectorizer.adapt([text], options);
      // Lines do not depend on each other; what is cut in one go is short.
      const whole = text
        .normalize('NFKD')
        .toLowerCase()
        .replace(/[!-/:-@[-`{-~]/g, '');
      const plain = await TextVectorizer.adapt([whole], { ...options, standardize: (short) => short });
      assert.deepEqual(vectorizer.vocabulary, plain.vocabulary);
      assert.deepEqual(vectorizer.encode(text), plain.encode(whole));
      const { ids, offsets } = await vectorizer.encodeAllInTurns([text, 'fox']);
      assert.deepEqual({ ids, offsets }, vectorizer.encodeAll([text, 'fox']));
    }
  });

  it('end when their signal says so', async () => {
    const vocabulary = Vocabulary.build(LINES, { tokens: 'word' });
    const corpus = await datasets.text(file('lines.txt'), { tokens: 'word' });
    const vectorizer = await TextVectorizer.adapt(['fox']);
    const works: ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) => vocabulary.encodeInTurns(LINES, { signal }),
      (signal) => corpus.encodeInTurns({ signal }),
      (signal) => vectorizer.encodeAllInTurns(LINES.split('\n'), { signal }),
    ];
    for (const work of works) {
      await assert.rejects(work(AbortSignal.abort()), { code: 'ERR_UNROLLED_ABORTED' });
      const controller = new AbortController();
      setImmediate(() => controller.abort());
      await assert.rejects(work(controller.signal), { code: 'ERR_UNROLLED_ABORTED' });
      await assert.rejects(work('now' as never), { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'signal' });
    }
  });

  describe('leave the event loop free', () => {
    const words = { tokens: 'word', maxSize: 100 } as const;
    const corpus = Corpus.fromText(LINES.slice(0, 20_000), words);
    const model = LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 2, embedding: 2, threads: 1 });
    const unread = () => datasets.text(file('lines.txt'), { ...words, maxSize: 90 });
    const short = LINES.slice(0, LINES.length / 4);
    const examples = LINES.split('\n').map((text, i) => ({ text: `a ${text}`, label: i % 2 }));
    const computed = { hidden: 1, embedding: 1 };

    const works: Record<string, () => Promise<unknown>> = {
      'datasets.text, words': () => datasets.text(file('lines.txt'), words),
      'datasets.text, graphemes of a gzipped file in a normal form': () =>
        datasets.text(file('lines.txt.gz'), { tokens: 'grapheme', lineEnds: 'lf', normalization: 'NFD' }),
      'datasets.documents, lines': () => datasets.documents(file('lines.txt'), { format: 'lines', tokens: 'word' }),
      'datasets.documents, jsonl': () => datasets.documents(file('lines.jsonl'), { format: 'jsonl', tokens: 'word' }),
      'datasets.textFile': () => datasets.textFile(file('lines.txt'), { ...words, idsFile: file('ids') }),
      'Vocabulary.encodeInTurns': () => corpus.vocabulary.encodeInTurns(LINES),
      'LanguageModel.estimate of a corpus of another vocabulary': async () =>
        model.estimate(await unread(), { batch: 1, window: 2 }),
      'LanguageModel.score': () => model.score(short),
      'LanguageModel.next': () => model.next(short),
      'TextVectorizer.adapt, one text': () => TextVectorizer.adapt([LINES], { split: 'word', ngrams: 2 }),
      'TextVectorizer.adapt, tf-idf': () =>
        TextVectorizer.adapt(LINES.split('\n'), { split: 'word', output: 'tf-idf' }),
      'TextClassifier.predict': async () => {
        const vectorizer = await TextVectorizer.adapt(['the fox'], { split: 'word', sequenceLength: 4 });
        using classifier = TextClassifier.create({ vectorizer, classNames: ['a', 'b'], ...computed, threads: 1 });
        await classifier.predict(examples.map(({ text }) => text));
      },
      'SequenceClassifier.evaluate': async () => {
        using classifier = SequenceClassifier.create({
          ...{ vocabulary: corpus.vocabulary.withUnknown('skip'), classes: 2, hidden: 1, threads: 1 },
        });
        await classifier.evaluate(examples.slice(0, 2000));
      },
    };
    for (const [name, work] of Object.entries(works)) {
      it(name, async () => {
        const { total, longest } = await turnsOf(work);
        // At once, the cutting alone is more than half of the whole.
        const limit = Math.max(100, total / 4);
        assert.ok(longest <= limit, `${longest.toFixed(0)} ms of ${total.toFixed(0)} in one turn`);
      });
    }
  });
});
