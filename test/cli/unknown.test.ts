/** What people and programs are told of tokens that a language model does not know. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LanguageModel, Vocabulary } from '../../src/index';
import { runCli } from '../support/cli';
import { parseJsonLines } from '../support/json-lines';
import { CORPUS, smallModel, train } from '../support/models';

interface Counts {
  knownTokens: number;
  unknownTokens: number;
}

/** None of it is in the corpus. */
const NONSENSE = 'XYZZY-XYZZY';

describe('tokens that a language model does not know', function () {
  this.timeout(60_000);
  let folder = '';
  let model = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unrolled-test-'));
    model = join(folder, 'model.safetensors');
    using bounded = smallModel({ vocabulary: Vocabulary.build(CORPUS.text, { minCount: 1 }) });
    await train(bounded, { epochs: 1 });
    await bounded.save(model);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  async function counted(...args: string[]): Promise<Counts | undefined> {
    const { status, stdout, stderr } = await runCli(...args, '--json');
    assert.deepEqual([status, stderr], [0, '']);
    return parseJsonLines<Counts>(stdout)[0];
  }

  it('are counted by score, and told of', async () => {
    const known = await runCli('score', model, 'the fox');
    assert.equal(known.stderr, '');
    assert.match(known.stdout, /\nknownTokens 7\nunknownTokens 0\n$/);
    const some = await runCli('score', model, 'the FOX');
    assert.match(some.stdout, /\ntokens 6\n.*\nknownTokens 4\nunknownTokens 3\n$/);
    const replaced =
      'and reads each as the same unknown token: the more there are, the less these figures tell about the text.';
    assert.equal(some.stderr, `Warning: the model does not know 3 of the text's 7 tokens (43 %), ${replaced}\n`);
    const none = await runCli('score', model, NONSENSE, '--context', 'The fox');
    assert.equal(
      none.stderr,
      "Warning: the model does not know 1 of the context's 7 tokens (14 %), and reads each as the same unknown token.\n" +
        "Warning: the model knows none of the text's tokens (11): these figures mean nothing.\n",
    );
    const result = await counted('score', model, 'the FOX', '--unknown', 'skip');
    assert.deepEqual([result?.knownTokens, result?.unknownTokens], [4, 3]);
  });

  it('are counted by next, and told of', async () => {
    const { stderr } = await runCli('next', model, 'the FOX', '--unknown', 'skip');
    const skipped = 'and leaves them out: these probabilities are for the rest.';
    assert.equal(stderr, `Warning: the model does not know 3 of the text's 7 tokens (43 %), ${skipped}\n`);
    const result = await counted('next', model, NONSENSE, '--top', '1');
    assert.deepEqual([result?.knownTokens, result?.unknownTokens], [0, 11]);
  });

  it('are counted by evaluate, of a text in memory and in its file, read anew or from its ids', async () => {
    const corpus = join(folder, 'corpus.txt');
    writeFileSync(corpus, `${CORPUS.text}${NONSENSE}`);
    const { stdout, stderr } = await runCli('evaluate', model, corpus);
    assert.match(stdout, /\nknownTokens 1204\nunknownTokens 11\n$/);
    assert.match(
      stderr,
      /^The model does not know 11 of the text's 1215 tokens \(0\.9 %\), .* the less these figures tell about the text\.\n$/,
    );
    for (const unknown of ['replace', 'skip', 'skip']) {
      const args = ['evaluate', model, corpus, '--unknown', unknown, '--json'];
      const inMemory = await runCli(...args);
      const inFile = await runCli(...args, '--stream');
      assert.equal(inFile.stdout, inMemory.stdout);
      const [result] = parseJsonLines<Counts>(inFile.stdout);
      assert.deepEqual([result?.knownTokens, result?.unknownTokens], [1204, 11]);
    }
  });

  it('are told of by a training that begins from the model', async () => {
    const corpus = join(folder, 'other.txt');
    writeFileSync(corpus, `${CORPUS.text}${NONSENSE}`);
    const args = ['train', corpus, '--init', model, '--steps', '1', '--batch', '2', '--window', '8', '--out'];
    const trained: string[] = [];
    for (const how of [[], ['--stream']]) {
      const out = join(folder, `other-${how.length}`);
      const { stderr } = await runCli(...args, out, '--unknown', 'skip', ...how);
      assert.match(stderr, /The model does not know 11 of the text's 1215 tokens \(0\.9 %\), and leaves them out\.\n/);
      trained.push(readFileSync(out, 'latin1'));
    }
    assert.equal(trained[1], trained[0]);
    writeFileSync(corpus, CORPUS.text);
    assert.doesNotMatch((await runCli(...args, join(folder, 'same'))).stderr, /does not know/);
  });

  it('are told of by a training whose own vocabulary is bounded, and in its last line', async () => {
    const corpus = join(folder, 'words.txt');
    writeFileSync(corpus, Array.from({ length: 400 }, (_, i) => `w${i} the\n`).join(''));
    const args = ['train', corpus, '--tokens', 'word', '--steps', '1', '--batch', '2', '--window', '8'];
    const few = ['--max-vocab', '4', '--json'];
    for (const how of [[], ['--stream']]) {
      const { status, stdout, stderr } = await runCli(...args, ...few, ...how);
      assert.equal(status, 0, stderr);
      // A word, a space, "the" and a line end each; of them those that come once are unknown.
      assert.match(
        stderr,
        /Warning: the vocabulary leaves out 400 of the text's 1600 tokens \(25 %\), which the model reads as one unk/,
      );
      const last = parseJsonLines<Counts>(stdout).at(-1);
      assert.deepEqual([last?.knownTokens, last?.unknownTokens], [1200, 400]);
    }
    const all = await runCli(...args, '--json');
    assert.doesNotMatch(all.stderr, /leaves out|know/);
    assert.ok(!('unknownTokens' in (parseJsonLines<Counts>(all.stdout).at(-1) as Counts)));
    const checkpoint = join(folder, 'run.safetensors');
    await runCli(...args, ...few, '--checkpoint', checkpoint);
    const resumed = await runCli('train', corpus, '--resume', checkpoint, '--steps', '2', '--json');
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.match(resumed.stderr, /Warning: the model does not know 400 of the text's 1600 tokens \(25 %\)/);
    assert.equal(parseJsonLines<Counts>(resumed.stdout).at(-1)?.unknownTokens, 400);
  });

  it('are learnt by a training that extends the vocabulary', async () => {
    const corpus = join(folder, 'tang.txt');
    const text = '床前明月光，疑是地上霜。\n'.repeat(60);
    writeFileSync(corpus, text);
    const out = join(folder, 'tang.safetensors');
    const args = ['train', corpus, '--init', model, '--epochs', '2', '--batch', '2', '--window', '8', '--out', out];
    const short = await runCli(...args, '--unknown', 'skip');
    assert.equal(short.status, 0, short.stderr);
    assert.match(
      short.stderr,
      /^Warning: the model does not know 720 of the text's 780 tokens \(92 %\), and leaves them out\. --ext/m,
    );
    for (const how of [[], ['--stream']]) {
      const { status, stderr } = await runCli(...args, '--extend-vocab', ...how);
      assert.equal(status, 0, stderr);
      assert.match(stderr, /The model had 30 tokens; 12 more from the text are added\./);
      assert.doesNotMatch(stderr, /not know/);
      using trained = await LanguageModel.load(out);
      assert.equal(trained.vocabulary.size, 42);
      assert.equal(trained.vocabulary.encode(text).includes(trained.vocabulary.unknownId as number), false);
      assert.equal(trained.vocabulary.tokenCounts('the fox').unknownTokens, 0);
    }
    const again = await runCli('train', corpus, '--init', out, '--extend-vocab', '--steps', '1', '--batch', '2');
    assert.match(again.stderr, /The model already has all tokens of the text\./);
    for (const wrong of [['--extend-vocab'], ['--extend-vocab', '--resume', out]]) {
      const { status, stderr } = await runCli('train', corpus, ...wrong);
      assert.equal(status, 2, stderr);
      assert.match(stderr, /--extend-vocab must be left out unless --init is given/);
    }
    const words = await runCli('train', corpus, '--init', model, '--extend-vocab', '--tokens', 'word');
    assert.equal(words.status, 1);
    assert.match(words.stderr, /trained with another vocabulary: its tokens are of kind char, not word/);
  });

  it('are told of by sample', async () => {
    const one = await runCli('sample', model, '--prompt', 'the FOX', '--length', '3');
    assert.match(
      one.stderr,
      /^Warning: the model does not know 3 of the prompt's 7 tokens \(43 %\), and .* unknown token\.\n$/,
    );
    const prompts = join(folder, 'prompts.txt');
    writeFileSync(prompts, 'the FOX\nthe dog\n');
    const all = await runCli('sample', model, '--prompts', prompts, '--length', '3', '--unknown', 'skip');
    assert.equal(
      all.stderr,
      "Warning: the model does not know 3 of the prompts' 14 tokens (21 %), and leaves them out.\n",
    );
    assert.equal((await runCli('sample', model, '--prompt', 'the FOX', '--json')).stderr, '');
  });
});
