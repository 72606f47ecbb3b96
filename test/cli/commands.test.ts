/** The other commands of `unrolled` from outside. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchmarkResult } from '../../src/cli/machine/benchmark';
import { type Evaluation, version } from '../../src/index';
import { runCli } from '../support/cli';
import { parseJsonLines } from '../support/json-lines';
import { CORPUS, smallModel, train } from '../support/models';

describe('unrolled', function () {
  this.timeout(60_000);
  let folder = '';
  let model = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unrolled-test-'));
    model = join(folder, 'model.safetensors');
    writeFileSync(join(folder, 'corpus.txt'), CORPUS.text);
    using trained = smallModel();
    await train(trained, { epochs: 20, learningRate: 0.01 });
    await trained.save(model);
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('says its version and helps with every command', async () => {
    assert.deepEqual(await runCli('--version'), { status: 0, stdout: `${version}\n`, stderr: '' });
    const commands = ['train', 'sample', 'evaluate', 'score', 'next', 'classify train', 'bench', 'doctor'];
    for (const command of [[], ...commands.map((name) => name.split(' '))]) {
      const { status, stdout } = await runCli(...command, '--help');
      assert.equal(status, 0);
      assert.match(stdout, /^Usage: unrolled/);
    }
  });

  it('names the command that may have been meant, also behind help', async () => {
    for (const args of [['trian'], ['help', 'trian']]) {
      const { status, stderr } = await runCli(...args);
      assert.equal(status, 2);
      assert.match(
        stderr,
        /^unrolled: unknown command 'trian'\s+\(Did you mean train\?\) \(ERR_UNROLLED_UNKNOWN_OPTION\)$/m,
      );
    }
    assert.match((await runCli('help', 'train')).stdout, /^Usage: unrolled train /);
    assert.match((await runCli('help')).stdout, /^Usage: unrolled /);
  });

  it('names its own command for that of another tool', async () => {
    for (const [args, meant] of [
      [['predict', 'm.safetensors', 'a text'], 'classify predict'],
      [['help', 'predict'], 'classify predict'],
      [['generate', 'm.safetensors'], 'sample'],
      [['fine-tune', 'x'], 'train'],
      [['classify', 'test', 'm.safetensors'], 'evaluate'],
      [['classify', 'predictt'], 'predict'],
      [['sampel'], 'sample'],
      [['chat', 'm.safetensors'], 'sample'],
      [['run', 'm.safetensors'], 'sample'],
      [['classify', 'guess', 'm.safetensors'], 'predict'],
      [['classify', 'run', 'm.safetensors'], 'predict'],
      [['classify', 'score', 'm.safetensors'], 'evaluate'],
      [['classify', 'generate', 'm.safetensors'], 'unrolled sample'],
      [['classify', 'sample', 'm.safetensors'], 'unrolled sample'],
    ] as const) {
      const { status, stderr } = await runCli(...args);
      assert.equal(status, 2);
      const name = args.find((word) => !['help', 'classify'].includes(word));
      const unknown = `unrolled: unknown command '${name}'\n`;
      assert.equal(stderr, `${unknown}(Did you mean ${meant}?) (ERR_UNROLLED_UNKNOWN_OPTION)\n`);
    }
    const { stderr } = await runCli('xyzzy');
    assert.equal(stderr, "unrolled: unknown command 'xyzzy' (ERR_UNROLLED_UNKNOWN_OPTION)\n");
  });

  it('refuses an empty path by the name that the help gives it', async () => {
    for (const [args, name] of [
      [['train', ''], '<corpus>'],
      [['sample', ''], '<model>'],
      [['classify', 'predict', '', 'a text'], '<model>'],
    ] as const) {
      const { status, stderr } = await runCli(...args);
      assert.deepEqual(
        [status, stderr],
        [2, `unrolled: ${name} must be a path, not "". (ERR_UNROLLED_OPTION_RANGE)\n`],
      );
    }
    assert.equal((await runCli('next', model, '')).status, 0);
  });

  it('sample takes its prompt as an argument too, and not twice', async () => {
    const options = ['--length', '30', '--seed', '4'];
    const flagged = await runCli('sample', model, '--prompt', 'the ', ...options);
    assert.equal(flagged.status, 0);
    assert.deepEqual(await runCli('sample', model, 'the ', ...options), flagged);
    assert.deepEqual(await runCli('sample', ...options, model, 'the '), flagged);
    assert.deepEqual(await runCli('sample', model, '', ...options), await runCli('sample', model, ...options));
    for (const more of [[], ['--json'], ['--beams', '2']]) {
      const { status, stderr } = await runCli('sample', model, 'THE ', ...more);
      assert.equal(status, 1);
      assert.match(stderr, /^unrolled: (?:\[text\]: )?The character "T" /);
    }
    for (const flag of ['--prompt', '--prompts']) {
      const { status, stdout, stderr } = await runCli('sample', model, 'the ', flag, 'fox');
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(
        stderr,
        new RegExp(
          `^unrolled: \\[text\\] must be left out if ${flag} is given, not "the "\\. \\(ERR_UNROLLED_OPTION_RANGE`,
        ),
      );
    }
  });

  it('sample prints the prompt and what follows', async () => {
    const options = ['sample', model, '--prompt', 'the ', '--length', '30', '--seed', '4', '--temperature', '0.5'];
    const { status, stdout } = await runCli(...options, '--top-k', '5', '--top-p', '0.9');
    assert.equal(status, 0);
    assert.equal(stdout.length, 'the '.length + 30 + 1);
    const json = (await runCli(...options, '--top-k', '5', '--top-p', '0.9', '--json')).stdout;
    const [result] = parseJsonLines<{ prompt: string; text: string }>(json);
    assert.equal(result?.prompt, 'the ');
    assert.equal(`${result.prompt}${result.text}\n`, stdout);
    assert.equal((await runCli('sample', model, '--length', '0', '--prompt', 'fox')).stdout, 'fox\n');
  });

  it('does with unseen input what --unknown says', async () => {
    const skipped = await runCli('sample', model, '--prompt', 'The fox', '--unknown', 'skip', '--length', '5');
    assert.equal(skipped.status, 0, skipped.stderr);
    writeFileSync(join(folder, 'unseen.txt'), `THE ${CORPUS.text}`);
    const unseen = ['evaluate', model, join(folder, 'unseen.txt')];
    assert.match((await runCli(...unseen)).stderr, /in line 1,.*add --unknown skip\..*ERR_UNROLLED_UNKNOWN_TOKEN/);
    writeFileSync(join(folder, 'later.txt'), `${CORPUS.text}the fox\nthe dog\nThe end`);
    const line = (CORPUS.text.match(/\n/g)?.length ?? 0) + 3;
    for (const how of [[], ['--stream']]) {
      const { stderr } = await runCli('evaluate', model, join(folder, 'later.txt'), ...how);
      assert.match(stderr, new RegExp(`"T" .* in line ${line}, is not in the (model's|(model's )?vocabulary)\\.`));
    }
    assert.match((await runCli(...unseen, '--unknown', 'skip')).stdout, /^tokens 1204$/m);
    const replaced = await runCli('sample', model, '--unknown', 'replace');
    assert.equal(replaced.status, 2);
    assert.match(replaced.stderr, /^unrolled: --unknown must be error or skip/);
  });

  it('evaluate prints a number for a perplexity beyond every number', async () => {
    using hopeless = smallModel();
    const weights = await hopeless.parameters();
    weights['head.bias']?.data.fill(0);
    weights['head.bias']?.data.fill(1e6, 0, 1);
    await hopeless.model.setParameters(weights);
    const path = join(folder, 'hopeless.safetensors');
    await hopeless.save(path);
    const { stdout } = await runCli('evaluate', path, join(folder, 'corpus.txt'), '--json');
    assert.equal(parseJsonLines<Evaluation>(stdout)[0]?.perplexity, Number.MAX_VALUE);
  });

  it('evaluate says how much text it needs', async () => {
    writeFileSync(join(folder, 'short.txt'), 't');
    const { stderr } = await runCli('evaluate', model, join(folder, 'short.txt'));
    assert.match(stderr, /The corpus has 1 token\. Give at least 2 tokens\. /);
  });

  it('sample refuses what it cannot do', async () => {
    const unseen = await runCli('sample', model, '--prompt', 'The fox');
    assert.equal(unseen.status, 1);
    assert.equal(unseen.stdout, '');
    assert.match(unseen.stderr, /"T".*ERR_UNROLLED_UNKNOWN_TOKEN/);
    for (const args of [
      ['--length', '-1'],
      ['--temperature', 'hot'],
      ['--top-k', '0'],
      ['--top-p', '2'],
      ['--beam', '3'],
    ]) {
      assert.equal((await runCli('sample', model, ...args)).status, 2, args.join(' '));
    }
    const text = await runCli('sample', join(folder, 'corpus.txt'));
    assert.match(
      text.stderr,
      /corpus\.txt is not a model of unrolled: it looks like text\. \(ERR_UNROLLED_MODEL_FORMAT\)/,
    );
  });

  it('evaluate prints loss, bits per token, perplexity and tokens', async () => {
    const { status, stdout } = await runCli('evaluate', model, join(folder, 'corpus.txt'), '--json');
    assert.equal(status, 0);
    const [result] = parseJsonLines<Evaluation>(stdout);
    assert.ok(result !== undefined);
    const figures = ['loss', 'bitsPerToken', 'perplexity', 'tokens', 'knownTokens', 'unknownTokens'];
    assert.deepEqual(Object.keys(result), figures);
    assert.equal(result.tokens, 1203);
    assert.ok(Math.abs(result.perplexity - Math.exp(result.loss)) < 1e-9);
    const lines = (await runCli('evaluate', model, join(folder, 'corpus.txt'), '--batch', '3')).stdout;
    assert.match(
      lines,
      /^loss [\d.]{3,10}\nbitsPerToken [\d.]{3,10}\nperplexity [\d.]{3,10}\ntokens 1203\nknownTokens 1204\nunknownTokens 0\n$/,
    );
    assert.equal((await runCli('evaluate', model)).status, 2);
    assert.equal((await runCli('evaluate', model, join(folder, 'corpus.txt'), '--batch', '0')).status, 2);
    assert.equal((await runCli('evaluate', model, join(folder, 'none.txt'))).status, 1);
  });

  it('bench prints the speed beside that of the machine', async () => {
    const size = ['--hidden', '32', '--embedding', '16', '--vocab', '50', '--batch', '8', '--window', '16'];
    const { status, stdout } = await runCli('bench', ...size, '--seconds', '0.5', '--threads', '1', '--json');
    assert.equal(status, 0);
    const [result] = parseJsonLines<BenchmarkResult>(stdout);
    assert.ok(result !== undefined);
    assert.deepEqual(Object.keys(result), [
      'tokensPerSecond',
      'millisecondsPerStep',
      'gflops',
      'machineGflops',
      'fractionOfMachine',
      'threads',
      'peakBytes',
    ]);
    assert.ok(Math.abs(result.tokensPerSecond - (8 * 16 * 1000) / result.millisecondsPerStep) < 1e-3);
    // 6 × (4·32·(16 + 32) + 32·50) a token.
    assert.ok(Math.abs(result.gflops - (6 * 7744 * result.tokensPerSecond) / 1e9) < 1e-6);
    assert.ok(Math.abs(result.fractionOfMachine - result.gflops / result.machineGflops) < 1e-9);
    assert.equal(result.threads, 1);
    assert.ok(result.peakBytes > 2 ** 20);
    for (const output of ['adaptive', 'sampled']) {
      const other = await runCli('bench', ...size, '--output', output, '--seconds', '0.1', '--threads', '1', '--json');
      assert.equal(other.status, 0, other.stderr);
      assert.ok((parseJsonLines<BenchmarkResult>(other.stdout)[0]?.tokensPerSecond ?? 0) > 0);
    }
    for (const args of [
      ['--output', 'sampled', '--vocab', '50', '--samples', '51'],
      ['--output', 'adaptive', '--vocab', '50', '--cutoffs', '50'],
      ['--vocab', '0'],
      ['--seconds', '0'],
      ['--hidden', '0'],
      ['--epochs', '3'],
    ]) {
      assert.equal((await runCli('bench', ...args)).status, 2, args.join(' '));
    }
  });

  it('doctor says what it runs on', async () => {
    const { status, stdout } = await runCli('doctor', '--json');
    assert.equal(status, 0);
    const [report] = parseJsonLines<{ problems: string[]; binary: string }>(stdout);
    assert.deepEqual(report?.problems, []);
    assert.match(report.binary, /unrolled\.node$/);
    assert.match((await runCli('doctor')).stdout, /No problems found\.\n$/);
  });
});
