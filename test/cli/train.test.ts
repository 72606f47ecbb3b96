/** `unrolled train` from outside: what it prints, saves, and leaves with. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type Estimate, LanguageModel } from '../../src/index';
import { runCli, startCli, startCliTo, withOthers } from '../support/cli';
import { useFolder } from '../support/folder';
import { parseJsonLines } from '../support/json-lines';

const TEXT = 'the quick brown fox jumps over the lazy dog.\n'.repeat(40);
/** A line of `train --json`. */
interface TrainLine {
  event: 'step' | 'epoch' | 'done';
  epoch: number;
  step: number;
  loss: number;
  bitsPerToken: number;
}

const SMALL = ['--hidden', '16', '--embedding', '8', '--batch', '4', '--window', '8'];

describe('unrolled train', function () {
  this.timeout(60_000);
  const at = useFolder();

  /** The path of a corpus of 1,800 characters: 56 steps an epoch with the options of `SMALL`. */
  function corpus(): string {
    writeFileSync(at('corpus.txt'), TEXT);
    return at('corpus.txt');
  }

  it('prints steps, epochs and one last line as JSON', async () => {
    const { status, stdout } = await runCli(
      ...['train', corpus(), ...SMALL, '--epochs', '2', '--validation', '0.1', '--log-every', '20', '--json'],
    );
    assert.equal(status, 0);
    const lines = parseJsonLines<TrainLine>(stdout);
    // 1,620 tokens train: rows of 404, 50 steps an epoch.
    assert.deepEqual(
      lines.map(({ event, epoch, step }) => [event, epoch, step]),
      [
        ['step', 0, 0],
        ['step', 0, 20],
        ['step', 0, 40],
        ['epoch', 0, 49],
        ['step', 1, 60],
        ['step', 1, 80],
        ['epoch', 1, 99],
        ['done', 1, 99],
      ],
    );
    const sharing = ['ranks', 'shards', 'waitingShare'];
    const common = ['event', 'epoch', 'step', 'loss', 'bitsPerToken', 'learningRate', 'tokensPerSecond', 'seconds'];
    for (const line of lines) {
      const epochs = line.event === 'step' ? [] : ['validationLoss'];
      const expected = [...common, ...epochs, ...(line.event === 'done' ? ['bestEpoch', ...sharing] : [])];
      assert.deepEqual(Object.keys(line).sort(), expected.sort());
      assert.ok(Math.abs(line.bitsPerToken * Math.LN2 - line.loss) < 1e-9);
    }
    assert.deepEqual(lines.at(-1), {
      ...lines.at(-2),
      event: 'done',
      bestEpoch: 1,
      ranks: 1,
      shards: 1,
      waitingShare: 0,
    });
  });

  it('says what a training would take, and trains nothing', async () => {
    const flags = ['train', corpus(), ...SMALL, '--epochs', '3', '--checkpoint', at('c.safetensors'), '--estimate'];
    const { status, stdout, stderr } = await runCli(...flags, '--out', at('m.safetensors'), '--report', at('r.html'));
    assert.deepEqual([status, stderr], [0, '']);
    const [total, epoch, run] = stdout.trimEnd().split('\n').slice(-3) as [string, string, string];
    assert.match(total, /^a fit takes .* \(parameters .*\)$/);
    assert.match(epoch, /^and about .* an epoch of 56 steps, .* each$/);
    assert.match(run, /^(about \d.*|under a second) for the 168 steps of this run$/);
    const [line, ...others] = parseJsonLines<Estimate & { event: string; parameterCount: number; steps: number }>(
      (await runCli(...flags, '--json')).stdout,
    );
    assert.deepEqual([line?.event, line?.steps, line?.stepsPerEpoch, others], ['estimate', 168, 56, []]);
    assert.equal(line?.bytes.parameters, 4 * (line?.parameterCount as number));
    assert.ok(line && line.secondsPerStep > 0);
    assert.deepEqual(readdirSync(at('.')), ['corpus.txt']);
    await runCli('train', corpus(), ...SMALL, '--steps', '60', '--checkpoint', at('c.safetensors'));
    const resumed = ['--resume', at('c.safetensors'), '--steps', '100', '--estimate', '--json'];
    const [left] = parseJsonLines<{ steps: number }>((await runCli('train', corpus(), ...resumed)).stdout);
    assert.equal(left?.steps, 40);
    const { status: refused } = await runCli('train', corpus(), '--estimate', '--hidden', '0');
    assert.equal(refused, 2);
  });

  it('prints lines for people, progress and notes apart', async () => {
    const { status, stdout, stderr } = await runCli('train', corpus(), ...SMALL, '--steps', '60');
    assert.equal(status, 0);
    assert.match(stdout, /^epoch 1 {2}loss .*\nepoch 2 {2}loss .*\ndone after 60 steps in .* s\n$/);
    assert.match(stderr, /--out/);
    const logged = await runCli('train', corpus(), ...SMALL, '--steps', '1', '--log-every', '1');
    assert.match(logged.stdout, /^step 1 {2}loss .*\nepoch 1 {2}loss .*\ndone after 1 step in .* s\n$/);
    // The bits are the training loss's own, and stand with it.
    const validated = await runCli('train', corpus(), ...SMALL, '--steps', '1', '--validation', '0.2');
    const figures =
      /^epoch 1 {2}loss (\S+) \((\S+) bits\/token\) {2}validation loss (\S+) {2}/.exec(validated.stdout) ?? [];
    assert.ok(Math.abs(Number(figures[1]) / Math.LN2 - Number(figures[2])) < 1e-3, validated.stdout);
    assert.notEqual(figures[1], figures[3]);
  });

  for (const [output, ...figures] of [
    ['adaptive', '--cutoffs', '4,12', '--divisor', '2'],
    ['sampled', '--samples', '9'],
  ] as const) {
    it(`trains with an ${output} softmax, is killed, goes on, and is evaluated exactly`, async () => {
      const [out, saved] = [at('model.safetensors'), at('checkpoint.safetensors')];
      const options = [...SMALL, '--output', output, ...figures, '--seed', '3'];
      await runCli('train', corpus(), ...options, '--steps', '30', '--out', out);
      await runCli('train', corpus(), ...options, '--steps', '12', '--checkpoint', saved, '--checkpoint-every', '12');
      const resumed = at('resumed.safetensors');
      const { status, stderr } = await runCli(
        'train',
        at('corpus.txt'),
        '--resume',
        saved,
        '--steps',
        '30',
        '--out',
        resumed,
      );
      assert.equal(status, 0, stderr);
      assert.deepEqual(readFileSync(resumed), readFileSync(out));
      using model = await LanguageModel.load(out);
      assert.equal(model.architecture.output, output);
      assert.equal(model.architecture.ranks?.length, model.vocabulary.size);
      const evaluated = await runCli('evaluate', out, at('corpus.txt'), '--json');
      const [{ loss } = { loss: Number.NaN }] = parseJsonLines<{ loss: number }>(evaluated.stdout);
      const { logProbability, tokens } = await model.score(TEXT);
      assert.ok(Math.abs(loss + logProbability / tokens) < 1e-4, `${loss} ${logProbability / tokens}`);
    });
  }

  it('bounds the vocabulary', async () => {
    const out = at('model.safetensors');
    await runCli('train', corpus(), ...SMALL, '--max-vocab', '10', '--min-count', '2', '--steps', '1', '--out', out);
    using model = await LanguageModel.load(out);
    assert.equal(model.vocabulary.size, 10);
    assert.equal(model.vocabulary.unknown, 'replace');
    const { status, stderr } = await runCli('train', corpus(), '--max-vocab', '1');
    assert.equal(status, 2);
    assert.match(stderr, /^unrolled: --max-vocab must be /);
  });

  it('names its own options', async () => {
    for (const [args, message] of [
      [
        ['--hidden', '0'],
        '--hidden must be a whole number at least 1 and at most 16777216, not 0. (ERR_UNROLLED_OPTION_RANGE)',
      ],
      [
        ['--hidden', 'abc'],
        '--hidden must be a decimal number, as 10, 0.5 or 1e-3, not "abc". (ERR_UNROLLED_OPTION_TYPE)',
      ],
      [
        ['--embedding', 'abc'],
        '--embedding must be a whole number in decimal digits, or onehot, not "abc". (ERR_UNROLLED_OPTION_TYPE)',
      ],
      [['--lr', '-1'], '--lr must be a finite number at least 0, not -1. (ERR_UNROLLED_OPTION_RANGE)'],
      [['--log-every', '0'], '--log-every must be a whole number at least 1, not 0. (ERR_UNROLLED_OPTION_RANGE)'],
      [
        ['--momentum', '0.9'],
        'optimizer adam has no option --momentum. It knows --lr, --weight-decay. (ERR_UNROLLED_UNKNOWN_OPTION)',
      ],
    ] as const) {
      assert.equal((await runCli('train', corpus(), ...args)).stderr, `unrolled: ${message}\n`);
    }
  });

  it('names its options as they are typed inside a message too', async () => {
    writeFileSync(at('latin1.txt'), Buffer.from([0x66, 0xe9, 0x65]));
    for (const [args, message] of [
      [[corpus(), '--batch', '1000'], /with --batch 1000 its rows .*, or lower --batch or --window\. /],
      [[corpus(), '--hidden', '10000000'], /\. Lower --hidden\. /],
      [[at('latin1.txt')], /Name the --encoding that it has/],
    ] as const) {
      assert.match((await runCli('train', ...args)).stderr, message);
    }
  });

  it('says what is needed to tie an embedding, and that a model is no text', async () => {
    const tied = await runCli('train', corpus(), '--tied', '--embedding', 'onehot');
    assert.equal(tied.status, 2);
    assert.match(
      tied.stderr,
      /^unrolled: --tied must be left out where --embedding is onehot, .*: it needs an --?embedding as wide as --hidden \(256\)\./,
    );
    const out = at('model.safetensors');
    await runCli('train', corpus(), ...SMALL, '--steps', '1', '--out', out);
    for (const how of [[], ['--stream'], ['--encoding', 'latin1']]) {
      const { status, stderr } = await runCli('train', out, ...how);
      assert.equal(status, 1);
      assert.match(stderr, /model\.safetensors is no text: it is a safetensors file.*ERR_UNROLLED_ENCODING/);
    }
  });

  it('says what a folder is for', async () => {
    const { status, stderr } = await runCli('train', at());
    assert.equal(status, 1);
    assert.match(stderr, /is a folder.*unrolled classify train.*ERR_UNROLLED_FILE_READ/);
  });

  it('saves what the API would, whatever is printed', async () => {
    const options = [...SMALL, '--cell', 'gru', '--layers', '2', '--single-bias', '--seed', '3', '--steps', '20'];
    const training = ['--optimizer', 'adamw', '--lr', '0.01', '--weight-decay', '0.1', '--clip-norm', '1'];
    const first = await runCli('train', corpus(), ...options, ...training, '--out', at('a.safetensors'));
    const second = await runCli(
      ...['train', corpus(), ...options, ...training, '--out', at('b.safetensors'), '--json', '--log-every', '1'],
      ...['--threads', '1'],
    );
    assert.deepEqual([first.status, second.status], [0, 0]);
    assert.ok(readFileSync(at('a.safetensors')).equals(readFileSync(at('b.safetensors'))));
    using model = await LanguageModel.load(at('a.safetensors'));
    assert.deepEqual(model.architecture, { cell: 'gru', embedding: 8, hidden: 16, layers: 2, singleBias: true });
    assert.deepEqual(readdirSync(at()).sort(), ['a.safetensors', 'b.safetensors', 'corpus.txt']);
  });

  it('reads gzip, and takes words for tokens', async () => {
    writeFileSync(at('corpus.gz'), gzipSync(TEXT));
    const { status } = await runCli(
      ...['train', at('corpus.gz'), ...SMALL, '--tokens', 'word', '--epochs', '1', '--out', at('m.safetensors')],
    );
    assert.equal(status, 0);
    using model = await LanguageModel.load(at('m.safetensors'));
    assert.equal(model.vocabulary.kind, 'word');
  });

  it('starts from a file, whose description it takes over', async () => {
    const init = at('init.safetensors');
    const words = withOthers(SMALL, '--tokens', 'word', '--steps', '1', '--window', '4');
    await runCli('train', corpus(), ...words, '--out', init);
    const from = ['train', corpus(), '--init', init, '--batch', '4', '--window', '4', '--steps', '1'];
    const agreeing = await runCli(...from, '--hidden', '16', '--out', at('next.safetensors'));
    assert.equal(agreeing.status, 0, agreeing.stderr);
    using model = await LanguageModel.load(at('next.safetensors'));
    assert.equal(model.vocabulary.kind, 'word');
    assert.equal(model.architecture.embedding, 8);

    for (const other of [
      ['--hidden', '32'],
      ['--tokens', 'char'],
    ]) {
      const { status, stderr } = await runCli(...from, ...other);
      assert.equal(status, 1);
      assert.match(stderr, /ERR_UNROLLED_MODEL_MISMATCH/);
    }
  });

  it('starts from a model with another text, which is read by its vocabulary', async () => {
    const init = at('init.safetensors');
    await runCli('train', corpus(), ...SMALL, '--steps', '1', '--out', init);
    writeFileSync(at('other.txt'), 'the lazy fox.\n'.repeat(40));
    writeFileSync(at('foreign.txt'), 'the lazy fox? NO\n'.repeat(40));
    const from = (text: string, ...more: string[]) =>
      runCli('train', at(text), '--init', init, ...SMALL, '--steps', '1', ...more);
    for (const args of [['other.txt'], ['other.txt', '--stream'], ['foreign.txt', '--unknown', 'skip']] as const) {
      const out = at('next.safetensors');
      const [text, ...more] = args;
      const { status, stderr } = await from(text, ...more, '--out', out);
      assert.equal(status, 0, stderr);
      using model = await LanguageModel.load(out);
      using before = await LanguageModel.load(init);
      assert.ok(model.vocabulary.equals(before.vocabulary));
    }
    for (const how of [[], ['--stream']]) {
      const lacking = await from('foreign.txt', ...how);
      assert.equal(lacking.status, 1);
      assert.match(lacking.stderr, /"\?" .*add --unknown skip\. \(ERR_UNROLLED_UNKNOWN_TOKEN\)\n$/);
      assert.doesNotMatch(lacking.stderr, /withVocabulary/);
    }
    const alone = await runCli('train', corpus(), '--unknown', 'skip');
    assert.equal(alone.status, 2);
    assert.match(alone.stderr, /--unknown must be left out without --init/);
  });

  it('stops cleanly on a signal, and saves the model so far', async () => {
    const out = at('model.safetensors');
    for (const [signal, expected] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      const { process, result } = startCli(
        ...['train', corpus(), ...SMALL, '--epochs', '1000000', '--json', '--out', out],
      );
      process.stdout?.once('data', () => process.kill(signal));
      const { status, stdout, stderr } = await result;
      assert.equal(status, expected);
      assert.equal(stderr.includes('Stopping after this step; Ctrl-C again ends at once.'), signal === 'SIGINT');
      const last = parseJsonLines<TrainLine>(stdout).at(-1);
      assert.equal(last?.event, 'done');
      assert.ok(stderr.includes(`The model so far is in ${out}.`), stderr);
      using model = await LanguageModel.load(out);
      assert.equal(model.architecture.hidden, 16);
    }
  });

  it('ends quietly when its reader does', async () => {
    const out = at('model.safetensors');
    const { process, result } = startCli('train', corpus(), ...SMALL, '--epochs', '1000000', '--out', out);
    process.stdout?.once('data', () => process.stdout?.destroy());
    const { status, stderr } = await result;
    assert.equal(status, 0);
    assert.doesNotMatch(stderr, /EPIPE|ERR_|Error/);
    (await LanguageModel.load(out)).dispose();
  });

  it('says so when its results cannot be written, and saves the model so far', async function () {
    if (!existsSync('/dev/full')) this.skip();
    const out = at('model.safetensors');
    const args = ['train', corpus(), ...SMALL, '--epochs', '1000000', '--out', out];
    const { status, stderr } = await startCliTo('/dev/full', ...args).result;
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^unrolled: Standard output cannot be written: the disk is full\. \(ERR_UNROLLED_FILE_WRITE\)$/m,
    );
    assert.doesNotMatch(stderr, /^ +at /m);
    (await LanguageModel.load(out)).dispose();
    const sampled = await startCliTo('/dev/full', 'sample', out).result;
    assert.equal(sampled.status, 1);
    assert.match(sampled.stderr, /^unrolled: Standard output .*\(ERR_UNROLLED_FILE_WRITE\)\n$/);
  });

  it('refuses to save over the text', async () => {
    const path = corpus();
    const { status, stderr } = await runCli('train', path, '--out', at('.', 'corpus.txt'));
    assert.equal(status, 2);
    assert.match(stderr, /--out.* another file than the corpus.*ERR_UNROLLED_OPTION_RANGE/);
    assert.equal(readFileSync(path, 'utf8'), TEXT);
  });

  it('refuses to save the model over the checkpoint', async () => {
    const path = corpus();
    const refused = async (checkpoint: string, out: string) => {
      const { status, stdout, stderr } = await runCli('train', path, '--checkpoint', checkpoint, '--out', out);
      assert.equal(status, 2, stderr);
      assert.match(stderr, /--checkpoint must be another file than --out.*ERR_UNROLLED_OPTION_RANGE/);
      assert.equal(stdout, '', 'nothing was trained');
    };
    await refused(at('run'), `${at()}/./run`);
    assert.ok(!existsSync(at('run')));
    writeFileSync(at('run'), 'a checkpoint');
    symlinkSync(at('run'), at('link'));
    await refused(at('run'), at('link'));
    assert.equal(readFileSync(at('run'), 'utf8'), 'a checkpoint');
  });

  it('stops where the loss is not finite, and keeps the last good weights', async () => {
    const out = at('model.safetensors');
    const { status, stderr } = await runCli(
      ...['train', corpus(), ...SMALL, '--cell', 'rnn', '--nonlinearity', 'relu', '--optimizer', 'sgd'],
      ...['--lr', '1000', '--out', out],
    );
    assert.equal(status, 1);
    // Counted from 1, as on the lines of --log-every.
    assert.match(
      stderr,
      /not finite at step [1-9]\d*\..* A smaller --lr, or --clip-norm 1, may help\. \(ERR_UNROLLED_NON_FINITE_LOSS/,
    );
    (await LanguageModel.load(out)).dispose();
  });

  it('refuses wrong arguments with status 2 and a code', async () => {
    const wrong: string[][] = [
      ['--hiden', '16'],
      ['--hidden', '0'],
      ['--hidden', '-1'],
      ['--hidden', '1e12'],
      ['--hidden', 'NaN'],
      ['--hidden', 'many'],
      ['--hidden'],
      ['--layers', '0'],
      ['--embedding', 'two'],
      ['--cell', 'transformer'],
      ['--batch', '0'],
      ['--window', '-3'],
      ['--epochs', '0.5'],
      ['--steps', '0'],
      ['--lr', '-1'],
      ['--momentum', '0.9'],
      ['--validation', '1'],
      ['--clip-norm', '0'],
      ['--seed', '-1'],
      ['--threads', '0'],
      ['--tokens', 'syllable'],
      ['--output', 'hierarchical'],
      ['--cutoffs', '5'],
      ['--samples', '5'],
      ['--divisor', '2'],
      ['--output', 'adaptive', '--cutoffs', '9,3'],
      ['--output', 'adaptive', '--cutoffs', '5,x'],
      ['--output', 'adaptive', '--cutoffs', '5,'],
      ['--output', 'adaptive', '--cutoffs', '5,5000'],
      ['--output', 'adaptive', '--divisor', '0.5'],
      ['--output', 'adaptive', '--samples', '5'],
      ['--output', 'adaptive', '--tied', '--embedding', '256'],
      ['--output', 'sampled', '--samples', '0'],
      ['--output', 'sampled', '--samples', '5000'],
      ['--output', 'sampled', '--cutoffs', '5'],
      ['--dropuot', '0.5'],
      ['--dropout', '1'],
      ['--recurrent-dropout', '-1'],
      ['--tied'],
      ['--schedule', 'sine'],
      ['--schedule', 'step'],
      ['--schedule-every', '5'],
      ['--warmup', '-1'],
      ['--sparse', 'no'],
      ['--early-stopping', '0'],
      ['--early-stopping', '1'],
      ['--resume', ''],
      ['--checkpoint', ''],
      ['--checkpoint-every', '5'],
      ['--log-every', '0'],
      ['--out', ''],
      ['--report', ''],
    ];
    const path = corpus();
    for (const args of wrong) {
      const { status, stdout, stderr } = await runCli('train', path, ...args);
      assert.equal(status, 2, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, /\(ERR_UNROLLED_(OPTION_RANGE|OPTION_TYPE|UNKNOWN_OPTION)\)/, args.join(' '));
      assert.equal(stdout, '');
    }
    assert.equal((await runCli('train')).status, 2);
    assert.equal((await runCli('train', path, 'another')).status, 2);
    assert.equal((await runCli('tain', path)).status, 2);
    assert.equal((await runCli()).status, 2);
  });

  it('fails with status 1 and a code, before it writes anything', async () => {
    writeFileSync(at('empty.txt'), '');
    writeFileSync(at('latin1.txt'), Buffer.from([0x66, 0xe9, 0x65]));
    writeFileSync(at('short.txt'), 'short');
    writeFileSync(at('bad.safetensors'), 'no model');
    const path = corpus();
    const failing: [code: string, args: string[]][] = [
      ['FILE_NOT_FOUND', [at('none.txt')]],
      ['FILE_READ', [at()]],
      ['CORPUS_EMPTY', [at('empty.txt')]],
      ['ENCODING', [at('latin1.txt')]],
      ['CORPUS_TOO_SHORT', [at('short.txt')]],
      ['FILE_WRITE', [path, '--out', at('no', 'folder', 'model.safetensors')]],
      ['FILE_NOT_FOUND', [path, '--init', at('none.safetensors')]],
      ['MODEL_FORMAT', [path, '--init', at('bad.safetensors')]],
      ['OUT_OF_MEMORY', [path, '--hidden', '10000000']],
    ];
    for (const [code, args] of failing) {
      const { status, stdout, stderr } = await runCli('train', ...args);
      assert.equal(status, 1, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, new RegExp(`\\(ERR_UNROLLED_${code}\\)`));
      assert.equal(stdout, '');
    }
    assert.ok(!existsSync(at('no')));
  });
});
