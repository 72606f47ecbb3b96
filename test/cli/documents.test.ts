/** Commands with a model of documents, and with one of plain text without line ends. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Corpus, LanguageModel, type NextToken, type TextScore } from '../../src/index';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { parseJsonLines } from '../support/json-lines';
import { train } from '../support/models';

describe('unrolled with a model of documents', function () {
  this.timeout(60_000);
  const at = useFolder();
  const corpus = Corpus.fromDocuments(Array(60).fill(['one', 'two', 'two of three']).flat());
  let model: LanguageModel;

  before(async () => {
    model = LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'gru', hidden: 24, embedding: 8 });
    await train(model, { epochs: 20, learningRate: 0.02 }, corpus);
  });

  after(() => model.dispose());

  async function saved(): Promise<string> {
    await model.save(at('model.safetensors'));
    return at('model.safetensors');
  }

  it('sample begins one, and ends with it', async () => {
    const path = await saved();
    const text = await model.sample('', { seed: 3 });
    assert.ok(text.length > 2 && text.length < 40);
    assert.deepEqual(await runCli('sample', path, '--seed', '3'), { status: 0, stdout: `${text}\n`, stderr: '' });
    const [best] = await model.beam('', { beams: 3 });
    assert.equal((await runCli('sample', path, '--beams', '3')).stdout, `${best?.text}\n`);
  });

  it('score takes the first token, and with --document the end', async () => {
    const path = await saved();
    const open = await runCli('score', path, 'two', '--json', '--per-token');
    assert.deepEqual(parseJsonLines<TextScore>(open.stdout), [await model.score('two', { perToken: true })]);
    const whole = await runCli('score', path, 'two', '--document', '--per-token');
    assert.match(
      whole.stdout,
      /^"t" \S+\n"w" \S+\n"o" \S+\n"" \S+\nlogProbability \S+\ntokens 4\nperplexity \S+\nknownTokens 3\n/,
    );
  });

  it('next and evaluate begin one', async () => {
    const path = await saved();
    const next = await runCli('next', path, '', '--top', '2', '--json');
    const counts = { knownTokens: 0, unknownTokens: 0 };
    const expected = (await model.next('', 2)).map((token) => ({ ...token, ...counts }));
    assert.deepEqual(parseJsonLines<NextToken>(next.stdout), expected);
    writeFileSync(at('text.txt'), 'two of three');
    const { stdout } = await runCli('evaluate', path, at('text.txt'), '--json');
    const text = Corpus.fromText('two of three').withVocabulary(corpus.vocabulary);
    assert.deepEqual(parseJsonLines(stdout), [await model.evaluate(text)]);
  });

  it('train --init goes on with it as one', async () => {
    const path = await saved();
    writeFileSync(at('text.txt'), 'two of three '.repeat(30));
    const out = at('other.safetensors');
    const options = ['--epochs', '1', '--batch', '2', '--window', '8', '--init', path, '--out', out];
    assert.equal((await runCli('train', at('text.txt'), ...options)).status, 0);
    using other = await LanguageModel.load(out);
    assert.equal(other.documents, true);
  });

  it('are told from plain text, with which nothing begins that has no line end', async () => {
    const path = at('plain.safetensors');
    using plain = LanguageModel.create({ vocabulary: Corpus.fromText('one two').vocabulary, hidden: 4, embedding: 4 });
    await plain.save(path);
    const text = await plain.sample('', { length: 9, seed: 2 });
    assert.equal((await runCli('sample', path, '--length', '9', '--seed', '2')).stdout, `${text}\n`);
    const refused: [args: string[], status: number, message: RegExp][] = [
      [['next', path, ''], 1, /^unrolled: The text has no tokens, .*no line end to start from\. .*CORPUS_EMPTY/],
      [['sample', path, '--beams', '2'], 1, /^unrolled: --prompt: The prompt has no tokens, .*CORPUS_EMPTY/],
      [['score', path, 'one', '--context', ''], 1, /^unrolled: The context has no tokens, .*CORPUS_EMPTY/],
      [['score', path, 'one', '--document'], 2, /^unrolled: --document must be left out for a model of plain text/],
    ];
    for (const [args, status, message] of refused) {
      const result = await runCli(...args);
      assert.equal(result.status, status, args.join(' '));
      assert.match(result.stderr, message);
      assert.equal(result.stdout, '');
    }
  });
});
