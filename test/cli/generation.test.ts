/** Commands that continue text and judge it, from outside. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { unescaped } from '../../src/cli/terminal/escapes';
import { type BeamResult, LanguageModel, type NextToken, type TextScore } from '../../src/index';
import { runCli } from '../support/cli';
import { parseJsonLines } from '../support/json-lines';
import { smallModel, train } from '../support/models';

const main = resolve(__dirname, '..', '..', 'lib', 'cli', 'main.js');

describe('unrolled sample, score and next', function () {
  this.timeout(60_000);
  let folder = '';
  let path = '';
  let model: LanguageModel;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unrolled-test-'));
    path = join(folder, 'model.safetensors');
    using trained = smallModel();
    await train(trained, { epochs: 20, learningRate: 0.01 });
    await trained.save(path);
    model = await LanguageModel.load(path);
  });

  after(() => {
    model.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it('sample ends at --stop, of which there may be several', async () => {
    const options = ['--prompt', 'the', '--length', '200', '--stop', 'zz', '--stop', 'o'];
    const drawn = await model.sample('the', { stop: ['zz', 'o'] });
    assert.ok(drawn.length < 200);
    assert.deepEqual(await runCli('sample', path, ...options), { status: 0, stdout: `the${drawn}\n`, stderr: '' });
    const { stdout } = await runCli('sample', path, ...options, '--include-stop', '--json');
    assert.deepEqual(parseJsonLines(stdout), [{ prompt: 'the', text: `${drawn}o` }]);
  });

  it('sample takes --allow, --bias and --min-length, for beams too, and refuses what they cannot be', async () => {
    const printed = async (...args: string[]) =>
      (await runCli('sample', path, '--prompt', 'the', '--length', '12', ...args)).stdout;
    const bias = new Map([
      ['o', 2.5],
      [' ', -Infinity],
    ]);
    const drawn = await model.sample('the', { length: 12, bias, allow: ['e', 'o', ' ', 'x'] });
    const flags = ['--bias', 'o=2.5', '--bias', ' =-inf', '--allow', 'eoe', '--allow', 'x '];
    assert.match(drawn, /^[eox]{12}$/);
    assert.equal(await printed(...flags), `the${drawn}\n`);
    const [best] = await model.beam('the', { length: 12, bias, allow: ['e', 'o', ' ', 'x'], beams: 3 });
    assert.equal(await printed(...flags, '--beams', '3'), `the${best?.text}\n`);
    const late = await model.sample('the', { length: 12, stop: 'o', minLength: 9 });
    assert.ok(late.length >= 9);
    assert.equal(await printed('--stop', 'o', '--min-length', '9'), `the${late}\n`);
    for (const [args, status, message] of [
      [['--bias', 'o'], 2, /^unrolled: --bias must be a token, =, and a decimal number or -inf, not "o"\./],
      [['--bias', 'o=abc'], 2, /^unrolled: --bias must be a token, =, and a decimal number or -inf/],
      [['--bias', 'o='], 2, /^unrolled: --bias must be/],
      [['--bias', 'o=0x10'], 2, /^unrolled: --bias must be .*, not "o=0x10"\./],
      [['--bias', 'o=-Infinity'], 2, /^unrolled: --bias must be .*, not "o=-Infinity"\./],
      [['--bias', 'Q=1'], 1, /^unrolled: --bias\["Q"\] must name one of the 29 tokens/],
      [['--bias', 'o=1e99'], 2, /^unrolled: --bias\["o"\] must be a number from -1e30/],
      [
        ['--allow', 'abQ'],
        1,
        /^unrolled: --allow: The character "Q" \(U\+0051\) at position 2 .* Leave that token out\. \(/,
      ],
      [
        ['--allow', 'o', '--bias', 'o=-inf'],
        2,
        /^unrolled: --allow leaves no token to choose at step 1\. .* end the text earlier with --length or --stop\. /,
      ],
      [['--min-length', '13'], 2, /^unrolled: --min-length must be at most --length, which is 12, not 13\./],
      [['--min-length', 'x'], 2, /^unrolled: --min-length must be a decimal number/],
    ] as const) {
      for (const more of [[], ['--beams', '2']]) {
        const result = await runCli('sample', path, '--length', '12', ...args, ...more);
        assert.deepEqual([result.status, result.stdout], [status, '']);
        assert.match(result.stderr, message);
      }
    }
  });

  it('sample goes on with each line of --prompts', async () => {
    const file = join(folder, 'prompts.txt');
    writeFileSync(file, 'the quick\n\r\nfox\n');
    const prompts = ['the quick', '', 'fox'];
    const texts = await model.sampleAll(prompts, { length: 8, seed: 5 });
    const options = ['sample', path, '--prompts', file, '--length', '8', '--seed', '5'];
    const lines = prompts.map((prompt, i) => `${prompt}${texts[i]}\n`);
    assert.equal((await runCli(...options)).stdout, lines.join('\n'), 'an empty line between two');
    assert.deepEqual(
      parseJsonLines((await runCli(...options, '--json')).stdout),
      prompts.map((prompt, i) => ({ prompt, text: texts[i] })),
    );
    // What cannot be read is told of, and keeps nothing else from its answer.
    writeFileSync(file, 'the quick\nThe fox\nfox\nX\n');
    const two = await model.sampleAll(['the quick', '', 'fox'], { length: 8, seed: 5 });
    const [best, last] = await Promise.all(['the quick', 'fox'].map((prompt) => model.beam(prompt, { beams: 2 })));
    const beams = ['sample', path, '--prompts', file, '--beams', '2'];
    for (const [args, [one, three]] of [
      [options, [two[0], two[2]]],
      [beams, [best?.[0]?.text, last?.[0]?.text]],
    ] as const) {
      const { status, stdout, stderr } = await runCli(...args);
      assert.equal(status, 1);
      assert.match(
        stderr,
        /^unrolled: --prompts, line 2: .*"T".*characters\) is not in.*UNKNOWN_TOKEN\)\n.*, line 4: .*"X"/,
      );
      assert.equal(stdout, `the quick${one}\n\nfox${three}\n`);
      const lines = await runCli(...args, '--json');
      assert.equal(lines.status, 1);
      const answers = parseJsonLines<{ prompt: string; text?: string; error?: { code: string } }>(lines.stdout);
      const failed = answers.filter(({ error }) => error !== undefined);
      assert.deepEqual(
        failed.map(({ prompt, error }) => [prompt, error?.code]),
        ['The fox', 'X'].map((prompt) => [prompt, 'ERR_UNROLLED_UNKNOWN_TOKEN']),
      );
      assert.deepEqual([answers[0]?.text, answers.findLast(({ text }) => text !== undefined)?.prompt], [one, 'fox']);
    }
    writeFileSync(file, 'THE\nX\n');
    const none = await runCli(...options);
    assert.deepEqual([none.status, none.stdout, none.stderr.split('\n').length], [1, '', 3]);
    const typed = await runCli('sample', path, '--prompt', 'The', '--json');
    assert.match(typed.stderr, /^unrolled: --prompt: The character "T"/);
    assert.equal((await runCli('sample', path, '--prompts', join(folder, 'none.txt'))).status, 1);
  });

  it('sample takes escapes in --stop', async () => {
    const whole = await model.sample('the', { length: 200, seed: 2 });
    const line = await model.sample('the', { length: 200, seed: 2, stop: '\n' });
    assert.ok(line.length < whole.length);
    const options = ['--prompt', 'the', '--length', '200', '--seed', '2'];
    for (const typed of ['\\n', '\\u000a', '\\u{A}', '\n']) {
      const { stdout } = await runCli('sample', path, ...options, '--stop', typed);
      assert.equal(stdout, `the${line}\n`, JSON.stringify(typed));
    }
    assert.equal(unescaped('a\\tb\\\\n\\r\\u4f60\\u{1F600}'), 'a\tb\\n\r你😀');
    assert.equal(unescaped('C:\\dir \\N \\u12 \\u{110000} \\'), 'C:\\dir \\N \\u12 \\u{110000} \\');
  });

  it('sample draws more prompts than are computed at once, each as alone', async () => {
    const file = join(folder, 'prompts.txt');
    const prompts = Array.from({ length: 150 }, (_, i) => ['the', 'fox', 'T', 'dog'][i % 4] as string);
    writeFileSync(file, prompts.join('\n'));
    const { stdout } = await runCli('sample', path, '--prompts', file, '--length', '3', '--seed', '9', '--json');
    const answers = parseJsonLines<{ prompt: string; text?: string }>(stdout);
    assert.deepEqual(
      answers.map(({ prompt }) => prompt),
      prompts,
    );
    for (const i of [0, 65, 149]) {
      assert.equal(answers[i]?.text, await model.sample(prompts[i] as string, { length: 3, seed: 9 + i }));
    }
  });

  it('sample searches with --beams', async () => {
    const options = ['sample', path, '--prompt', 'the ', '--length', '10', '--beams', '3', '--length-penalty', '0.5'];
    const found = await model.beam('the ', { length: 10, beams: 3, lengthPenalty: 0.5 });
    assert.equal((await runCli(...options)).stdout, `the ${found[0]?.text}\n`);
    const json = parseJsonLines<BeamResult & { prompt: string }>((await runCli(...options, '--json')).stdout);
    assert.deepEqual(
      json,
      found.map((result) => ({ prompt: 'the ', ...result })),
    );
  });

  it('score prints the figures of a text, a file or standard input', async () => {
    const text = 'the quick brown fox';
    const expected = await model.score(text);
    writeFileSync(join(folder, 'text.txt'), `${text}\n`);
    const digits = (value: number) => (Number.isInteger(value) ? value : Number(value.toPrecision(6)));
    const lines = Object.entries(expected).map(([figure, value]) => `${figure} ${digits(value)}\n`);
    assert.deepEqual(await runCli('score', path, text), { status: 0, stdout: lines.join(''), stderr: '' });
    assert.equal((await runCli('score', path, '--file', join(folder, 'text.txt'))).stdout, lines.join(''));
    // An argument is a text, whatever it is the name of.
    writeFileSync(join(folder, 'quick'), text);
    const taken = spawnSync(process.execPath, [main, 'score', path, 'quick'], { cwd: folder, encoding: 'utf8' });
    assert.match(taken.stdout, /^tokens 4$/m);
    assert.equal(taken.stderr, '"quick" was read as a text; --file reads a file.\n');
    const misspelt = await runCli('score', path, 'quick.tt');
    assert.equal(misspelt.stderr, '"quick.tt" was read as a text; --file reads a file.\n');
    assert.equal((await runCli('score', path, '--file', join(folder, 'quick.tt'))).status, 1);
    const piped = spawnSync(process.execPath, [main, 'score', path, '-'], { input: `${text}\n`, encoding: 'utf8' });
    assert.equal(piped.stdout, lines.join(''));

    const options = ['score', path, 'fox', '--context', 'brown ', '--per-token'];
    const scored = await model.score('fox', { context: 'brown ', perToken: true });
    assert.deepEqual(parseJsonLines<TextScore>((await runCli(...options, '--json')).stdout), [scored]);
    assert.match((await runCli(...options)).stdout, /^"f" -\S+\n"o" -\S+\n"x" -\S+\nlogProbability -/);
  });

  it('next prints the likeliest tokens with their probabilities', async () => {
    const expected = await model.next('the q', 3);
    const { status, stdout } = await runCli('next', path, 'the q', '--top', '3', '--json');
    assert.equal(status, 0);
    const counts = { knownTokens: 5, unknownTokens: 0 };
    assert.deepEqual(
      parseJsonLines<NextToken>(stdout),
      expected.map((token) => ({ ...token, ...counts })),
    );
    const lines = (await runCli('next', path, 'the q')).stdout.split('\n');
    assert.equal(lines.length, 12);
    assert.equal(lines[0], 'token\tprobability\tlogProbability');
    const [token, probability, logProbability] = (lines[1] as string).split('\t');
    assert.equal(token, '"u"');
    assert.equal(Number(probability), Number(expected[0]?.probability.toPrecision(6)));
    assert.equal(Number(logProbability), Number(expected[0]?.logProbability.toPrecision(6)));
    writeFileSync(join(folder, 'text.txt'), 'the q');
    assert.equal((await runCli('next', path, '--file', join(folder, 'text.txt'))).stdout, lines.join('\n'));
  });

  it('refuse what they cannot do, naming the flag', async () => {
    const wrong: [string[], number, RegExp][] = [
      [['sample', path, '--stop', ''], 2, /--stop must be/],
      [['sample', path, '--beams', '0'], 2, /--beams must be/],
      [['sample', path, '--beams', '2', '--seed', '3'], 2, /--beams.*cannot be used with.*--seed/],
      [['sample', path, '--length-penalty', '1'], 2, /--length-penalty must be given together with --beams/],
      [['sample', path, '--beams', '2', '--length-penalty', '-1'], 2, /--length-penalty must be/],
      [['sample', path, '--prompt', 'a', '--prompts', 'b'], 2, /cannot be used with/],
      [['score', path], 2, /There is no text: .*--file FILE/],
      [['next', path], 2, /There is no text/],
      [['score', path, 'the', '--file', 'b'], 2, /^unrolled: --file must be left out if a text is given/],
      [['score', path, 'The'], 1, /"T".* add --unknown skip\. \(ERR_UNROLLED_UNKNOWN_TOKEN\)/],
      [['score', path, ''], 1, /ERR_UNROLLED_CORPUS_EMPTY/],
      [['score', path, 't'], 1, /or a --context\. \(ERR_UNROLLED_CORPUS_TOO_SHORT/],
      [['next', path, 'the', '--top', '0'], 2, /--top must be/],
      [['next', path, 'THE'], 1, /ERR_UNROLLED_UNKNOWN_TOKEN/],
      [['next', join(folder, 'none'), 'the'], 1, /ERR_UNROLLED_FILE_NOT_FOUND/],
    ];
    for (const [args, status, message] of wrong) {
      const result = await runCli(...args);
      assert.equal(result.status, status, args.join(' '));
      assert.match(result.stderr, message);
      assert.equal(result.stdout, '');
    }
  });
});
