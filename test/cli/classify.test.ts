/** `unrolled classify` from outside: what it prints, saves, and leaves with. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { datasets, TextClassifier } from '../../src/index';
import { renderReport } from '../../src/report';
import { type CliResult, runCli, startCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { parseJsonLines } from '../support/json-lines';
import { sectionsOf } from '../support/report';

/** A line of `classify train --json`. */
interface TrainLine {
  event: 'epoch' | 'done';
  epoch: number;
  loss: number;
  accuracy: number;
  validationLoss?: number;
  validationAccuracy?: number;
  seconds: number;
  testLoss?: number;
  testAccuracy?: number;
}

interface EvaluateLine {
  loss: number;
  accuracy: number;
  texts: number;
  classNames: string[];
  confusion: number[][];
}

interface PredictLine {
  text: string;
  className: string;
  label: number;
  probability: number;
  probabilities: Record<string, number>;
}

const WORDS: Record<string, readonly string[]> = {
  neg: ['bad', 'awful', 'dull', 'poor'],
  pos: ['good', 'great', 'lovely', 'fine'],
  sport: ['ball', 'goal', 'team', 'match'],
};
const SMALL = ['--embedding', '8', '--hidden', '6', '--dense', '5', '--batch', '8'];
const FIGURES = [
  ...['event', 'epoch', 'loss', 'accuracy', 'validationLoss', 'validationAccuracy'],
  ...['learningRate', 'seconds'],
];

describe('unrolled classify', function () {
  this.timeout(60_000);
  const at = useFolder();

  function write(path: string, text: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** A folder of so many texts a class, each told by one word. */
  function texts(folder: string, classes: readonly string[], count: number): string {
    for (const name of classes) {
      for (let i = 0; i < count; i++) {
        const word = WORDS[name]?.[i % 4] as string;
        write(
          at(folder, name, `${i}.txt`),
          `${['The film', 'A story'][i % 2]} is ${word}, ${'and so on '.repeat(i % 3)}`,
        );
      }
    }
    return at(folder);
  }

  it('writes a page of the training where asked, and refuses to write it over another file', async () => {
    const folder = texts('shown', ['neg', 'pos'], 30);
    const args = ['classify', 'train', `${folder}/`, ...SMALL, '--epochs', '2'];
    const { status, stderr } = await runCli(...args, '--report', at('page.html'));
    assert.equal(status, 0, stderr);
    assert.ok(stderr.includes(`The report is in ${at('page.html')}.`));
    const page = readFileSync(at('page.html'), 'utf8');
    assert.deepEqual(sectionsOf(page), ['training', 'classes', 'activations', 'model']);
    assert.ok(page.includes('<title>GRU on shown</title>'));
    assert.match(page, /<dt>Weights kept<\/dt><dd>epoch [12] <small>of 2</);
    const [, kept] =
      /The model has the weights of epoch ([12]), the one with the lowest validation loss\. The model was/.exec(page) ??
      [];
    assert.match(page, new RegExp(`<dt>Weights kept</dt><dd>epoch ${kept} <`));
    assert.match(page, new RegExp(`<dt>Validation accuracy</dt><dd>[\\d.]+ % <small>epoch ${kept}, kept, `));
    assert.match(page, /<dt>Median speed<\/dt><dd>[\d,]+ <small>examples\/s</);
    // A tenth of 60 validates.
    assert.match(page, /<caption><bdi>The 6 texts that validated<\/bdi>: each class<\/caption>/);
    for (const name of ['neg', 'pos']) assert.match(page, new RegExp(`<th scope="row"><bdi>${name}</bdi></th>`));
    const whole = await runCli(...args, '--validation', '0', '--report', at('whole.html'));
    assert.equal(whole.status, 0, whole.stderr);
    const wholePage = readFileSync(at('whole.html'), 'utf8');
    const title = 'The 60 texts that trained the model, as none validated';
    assert.ok(wholePage.includes(`<caption><bdi>${title}</bdi>: each class</caption>`));
    assert.match(wholePage, /<dt>Weights kept<\/dt><dd>epoch 2 <small>of 2</);
    const refused = await runCli(...args, '--out', at('one'), '--report', at('one'));
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /report must be another file than --out/);
  });

  it('prints a line an epoch as JSON, and a last one with the test', async () => {
    const train = texts('train', ['neg', 'pos'], 40);
    const test = texts('test', ['neg', 'pos'], 10);
    const { status, stdout, stderr } = await runCli(
      ...['classify', 'train', train, ...SMALL, '--test', test, '--epochs', '6', '--json'],
    );
    assert.equal(status, 0, stderr);
    const lines = parseJsonLines<TrainLine>(stdout);
    assert.deepEqual(
      lines.map(({ event }) => event),
      [...new Array<string>(6).fill('epoch'), 'done'],
    );
    const epochs = lines.slice(0, 6);
    for (const [index, line] of epochs.entries()) {
      assert.deepEqual(Object.keys(line), FIGURES);
      assert.equal(line.epoch, index);
    }
    const done = lines[6] as TrainLine;
    assert.deepEqual(Object.keys(done), [...FIGURES, 'testLoss', 'testAccuracy', 'ranks', 'shards', 'waitingShare']);
    assert.equal(done.testAccuracy, 1);
    // The last line is of the kept epoch, but for the time.
    const least = Math.min(...epochs.map(({ validationLoss }) => validationLoss as number));
    assert.equal(done.validationLoss, least);
    const { testLoss: _, testAccuracy: __, ...figures } = done;
    const sharing = { ranks: 1, shards: 1, waitingShare: 0 };
    assert.deepEqual({ ...epochs[done.epoch], event: 'done', seconds: done.seconds, ...sharing }, figures);
    assert.equal(done.seconds, epochs[5]?.seconds);
    assert.match(stderr, /--out FILE/);
  });

  it('prints lines for people, of three classes', async () => {
    const folder = texts('topics', ['neg', 'pos', 'sport'], 30);
    const out = at('m.safetensors');
    const trained = await runCli('classify', 'train', folder, ...SMALL, '--epochs', '8', '--out', out);
    assert.equal(trained.status, 0, trained.stderr);
    assert.match(
      trained.stdout,
      /^(epoch [1-8] {2}loss [\d.]+ {2}accuracy [\d.]+ {2}validation loss [\d.]+ {2}accuracy [\d.]+ {2}lr 0\.01 {2}[\d.]+ s\n){8}done after .* s, with the weights of epoch \d, saved to .*m\.safetensors\n$/,
    );
    const judged = await runCli('classify', 'evaluate', out, folder);
    const figures = ['neg', 'pos', 'sport']
      .map((name) => `${name.padEnd(5)} +30 +1\\.0000  1\\.0000  1\\.0000\\n`)
      .join('');
    const all = 'mean +90 +1\\.0000  1\\.0000  1\\.0000\\n';
    const matrix = '\\n.*\\(rows\\).*\\n +neg +pos +sport\\nneg +30 +0 +0\\n';
    assert.match(
      judged.stdout,
      new RegExp(
        `^loss [\\d.e-]+\\naccuracy 1\\ntexts 90\\n\\nclass +texts +precision +recall +F1\\n${figures}${all}${matrix}`,
      ),
    );
    const json = parseJsonLines<EvaluateLine>((await runCli('classify', 'evaluate', out, folder, '--json')).stdout)[0];
    const keys = ['loss', 'accuracy', 'texts', 'classNames', 'precision', 'recall', 'f1', 'confusion'];
    assert.deepEqual(Object.keys(json ?? {}), keys);
    assert.deepEqual(json?.classNames, ['neg', 'pos', 'sport']);
    assert.deepEqual(json?.confusion[2], [0, 0, 30]);

    const said = await runCli('classify', 'predict', out, 'the goal of the team', 'awful');
    assert.match(said.stdout, /^sport\t[01]\.\d{4}\tthe goal of the team\nneg\t[01]\.\d{4}\tawful\n$/);
  });

  it('shows on the page what the kept weights take the texts for that validated, of a resumed training too', async () => {
    const folder = texts('train', ['neg', 'pos'], 20);
    const [out, checkpoint, file] = [at('m'), at('c'), at('page.html')];
    const args = ['--validation', '0.25', '--seed', '5', '--checkpoint', checkpoint];
    const begun = await runCli('classify', 'train', folder, ...SMALL, ...args, '--epochs', '1');
    assert.equal(begun.status, 0, begun.stderr);
    const more = ['--resume', checkpoint, '--epochs', '4', '--out', out, '--report', file];
    const resumed = await runCli('classify', 'train', folder, ...more);
    assert.equal(resumed.status, 0, resumed.stderr);
    const { examples, classNames } = await datasets.textFolder(folder);
    const { validation } = datasets.split(examples, { validation: 0.25, seed: 5 });
    using classifier = await TextClassifier.load(out);
    const { confusion } = await classifier.evaluate(validation);
    const expected = renderReport({
      title: '',
      confusions: [{ title: 'The 10 texts that validated', classNames, counts: confusion }],
    });
    const tables = (page: string) => /<section id="classes">.*?<\/section>/s.exec(page)?.[0] ?? '';
    assert.ok(tables(expected).includes('precision'));
    assert.equal(tables(readFileSync(file, 'utf8')), tables(expected));
  });

  it('trains as the API does, with the defaults of the review classifier', async () => {
    const folder = texts('train', ['neg', 'pos'], 20);
    const out = at('m.safetensors');
    assert.equal((await runCli('classify', 'train', folder, '--epochs', '1', '--out', out)).status, 0);
    using model = await TextClassifier.load(out);
    assert.deepEqual(model.architecture, {
      ...{ cell: 'gru', embedding: 64, hidden: 30, layers: 1, bidirectional: true, gateActivation: 'sigmoid' },
      ...{ pooling: 'final', dense: 60, denseActivation: 'tanh', dropout: 0 },
    });
    const options = ['--cell', 'lstm', '--layers', '2', '--gate-activation', 'tanh', '--one-direction', '--dense', '0'];
    const words = ['--vocab', '7', '--stop-words', 'english', '--sequence-length', '3', '--split', 'word'];
    const other = ['--pooling', 'max', '--dropout', '0.1', '--optimizer', 'sgd', '--lr', '0.5', '--validation', '0'];
    const { status, stderr } = await runCli(
      ...['classify', 'train', folder, ...options, ...words, ...other, '--epochs', '1', '--out', out],
    );
    assert.equal(status, 0, stderr);
    using changed = await TextClassifier.load(out);
    assert.deepEqual(changed.architecture, {
      ...{ cell: 'lstm', embedding: 64, hidden: 30, layers: 2, bidirectional: false, gateActivation: 'tanh' },
      ...{ pooling: 'max', dense: 0, denseActivation: 'tanh', dropout: 0.1 },
    });
    assert.equal(changed.vectorizer.size, 7);
    assert.ok(!changed.vectorizer.vocabulary.includes('the'));
    assert.equal(changed.vectorizer.encode('film story film story').length, 3);
  });

  it('takes train and test folders inside a folder, and the classes that are named', async () => {
    texts('all/train', ['neg', 'pos', 'sport'], 20);
    texts('all/test', ['neg', 'pos'], 5);
    const args = ['classify', 'train', at('all'), ...SMALL, '--epochs', '2', '--json', '--out', at('m')];
    const { status, stdout, stderr } = await runCli(...args, '--classes', 'pos,neg');
    assert.equal(status, 0, stderr);
    assert.ok(parseJsonLines<TrainLine>(stdout).at(-1)?.testAccuracy !== undefined);
    using model = await TextClassifier.load(at('m'));
    assert.deepEqual(model.classNames, ['pos', 'neg']);
    // Of such a folder the test part is judged, under the model's own labels.
    const judged = await runCli('classify', 'evaluate', at('m'), at('all'), '--json');
    const [score] = parseJsonLines<EvaluateLine>(judged.stdout);
    assert.equal(score?.texts, 10);
    const single = await runCli('classify', 'evaluate', at('m'), at('all', 'test'), '--classes', 'neg', '--json');
    const [negative] = parseJsonLines<EvaluateLine>(single.stdout);
    assert.deepEqual(negative?.confusion[0], [0, 0]);
    assert.equal(negative?.texts, 5);
    // A class may be called train, and have folders of its own.
    write(at('rails', 'train', 'fast', '1.txt'), 'A train is fast.');
    write(at('rails', 'tram', '1.txt'), 'A tram is slow.');
    const rails = ['classify', 'train', at('rails'), ...SMALL, '--epochs', '1', '--validation', '0', '--out', at('r')];
    assert.equal((await runCli(...rails)).status, 0);
    using rail = await TextClassifier.load(at('r'));
    assert.deepEqual(rail.classNames, ['train', 'tram']);
    const unknown = await runCli('classify', 'evaluate', at('m'), at('all', 'train'));
    assert.equal(unknown.status, 1);
    assert.match(unknown.stderr, /classes neg, pos, sport.*pos, neg.*--classes.*ERR_UNROLLED_MODEL_MISMATCH/);
  });

  it('predicts lines of a file and of standard input, an empty one too', async () => {
    const out = at('m.safetensors');
    await runCli('classify', 'train', texts('train', ['neg', 'pos'], 20), ...SMALL, '--epochs', '5', '--out', out);
    write(at('lines.txt'), 'a good film\r\n\nthe story is dull');
    const file = await runCli('classify', 'predict', out, '--file', at('lines.txt'), '--json');
    const lines = parseJsonLines<PredictLine>(file.stdout);
    assert.deepEqual(
      lines.map(({ text }) => text),
      ['a good film', '', 'the story is dull'],
    );
    assert.deepEqual([lines[0]?.className, lines[2]?.className], ['pos', 'neg']);
    for (const { className, probability, probabilities } of lines) {
      assert.equal(probabilities[className], probability);
      assert.ok(Math.abs(Object.values(probabilities).reduce((sum, value) => sum + value, 0) - 1) < 1e-6);
    }
    // Each line is answered at once, while standard input stays open.
    const main = resolve(__dirname, '..', '..', 'lib', 'cli', 'main.js');
    const child = spawn(process.execPath, [main, 'classify', 'predict', out, '-']);
    child.stdin.write('a good film\n');
    const [first] = await new Promise<[Buffer]>((done) => child.stdout.once('data', (data) => done([data])));
    assert.match(first.toString(), /^pos\t[\d.]+\ta good film\n$/);
    // A line that comes in two pieces is one.
    const answer = new Promise<[Buffer]>((done) => child.stdout.once('data', (data) => done([data])));
    child.stdin.write('a dull ');
    await setTimeout(200);
    child.stdin.end('story\n');
    const [second] = await answer;
    assert.match(second.toString(), /^neg\t[\d.]+\ta dull story\n$/);
    // An argument is a text, and what could have been meant for a file is told of, once.
    const named = await runCli('classify', 'predict', out, at('lines.txt'), 'good.txt', 'a good film');
    assert.equal(named.stdout.split('\n').length, 4);
    assert.equal(named.stderr.match(/was taken as a text/g)?.length, 1);
    assert.match(
      named.stderr,
      /^".*lines\.txt" was taken as a text; --file reads a file\.\nText 1 .* has no word that the model knows/,
    );
    assert.equal((await runCli('classify', 'predict', out, 'a good film. Or so')).stderr, '');
    assert.match(
      (await runCli('classify', 'predict', out, 'x', '--file', at('lines.txt'))).stderr,
      /^unrolled: --file/,
    );
    assert.match(
      (await runCli('classify', 'predict', out, '--file', at('none'))).stderr,
      /ERR_UNROLLED_FILE_NOT_FOUND/,
    );
    writeFileSync(at('latin1.txt'), Buffer.from([0x66, 0xe9, 0x65]));
    assert.match(
      (await runCli('classify', 'predict', out, '--file', at('latin1.txt'))).stderr,
      /ERR_UNROLLED_ENCODING/,
    );
    const latin1 = ['classify', 'predict', out, '--file', at('latin1.txt')];
    assert.match((await runCli(...latin1)).stderr, /Name the --encoding/);
    assert.match((await runCli(...latin1, '--encoding', 'latin1')).stdout, /\tf\u00e9e\n$/);
    assert.equal((await runCli('classify', 'predict', at('train'), 'x')).status, 1);
  });

  it('reads texts of another encoding where it is named', async () => {
    for (const name of ['neg', 'pos']) {
      for (let i = 0; i < 8; i++) {
        mkdirSync(at('latin1', name), { recursive: true });
        writeFileSync(at('latin1', name, `${i}.txt`), Buffer.from(`caf\u00e9 ${WORDS[name]?.[i % 4]}`, 'latin1'));
      }
    }
    const args = ['classify', 'train', at('latin1'), ...SMALL, '--epochs', '1', '--out', at('m')];
    assert.match(
      (await runCli(...args)).stderr,
      /16 of the 16 files .* neg\/0.txt \(0xe9 at offset 3\).* --encoding.*ERR_UNROLLED_ENCODING/,
    );
    const { status, stderr } = await runCli(...args, '--encoding', 'latin1');
    assert.equal(status, 0, stderr);
    using model = await TextClassifier.load(at('m'));
    assert.ok(model.vectorizer.vocabulary.includes('caf\u00e9'));
    const judge = ['classify', 'evaluate', at('m'), at('latin1')];
    assert.match((await runCli(...judge)).stderr, /ERR_UNROLLED_ENCODING/);
    assert.match(
      (await runCli(...judge, '--encoding', 'latin1')).stdout,
      /^loss \d\.\d{1,6}\naccuracy \S+\ntexts 16\n/,
    );
    // A run that goes on reads them as its checkpoint says.
    assert.equal((await runCli(...args, '--encoding', 'ISO-8859-1', '--checkpoint', at('run'))).status, 0);
    const on = await runCli(
      'classify',
      'train',
      at('latin1'),
      '--resume',
      at('run'),
      '--epochs',
      '2',
      '--out',
      at('m'),
    );
    assert.equal(on.status, 0, on.stderr);
  });

  it('stops cleanly on a signal, saves, and goes on from a checkpoint', async () => {
    const folder = texts('train', ['neg', 'pos'], 40);
    const [out, checkpoint] = [at('m'), at('c')];
    const { process, result } = startCli(
      ...[
        'classify',
        'train',
        folder,
        ...SMALL,
        '--epochs',
        '100000',
        '--json',
        '--out',
        out,
        '--checkpoint',
        checkpoint,
      ],
    );
    process.stdout?.once('data', () => process.kill('SIGINT'));
    const { status, stdout, stderr } = await result;
    assert.equal(status, 130);
    assert.match(stderr, /Stopping after this step; Ctrl-C again ends at once\./);
    // Options of the model, which are the checkpoint's, are left out of the command to go on by.
    const command = `classify train ${folder} --resume ${checkpoint} --checkpoint ${checkpoint} --out ${out} --json`;
    assert.ok(stderr.includes(`To go on: unrolled ${command}\n`), stderr);
    const goingOn = startCli(...command.split(' '));
    goingOn.process.stdout?.once('data', () => goingOn.process.kill('SIGINT'));
    assert.equal((await goingOn.result).status, 130);
    const lines = parseJsonLines<TrainLine>(stdout);
    assert.equal(lines.at(-1)?.event, 'done');
    (await TextClassifier.load(out)).dispose();

    const epochs = lines.length + 20;
    const resumed = await runCli(
      ...['classify', 'train', folder, '--resume', checkpoint, '--epochs', String(epochs), '--json', '--out', out],
    );
    assert.equal(resumed.status, 0, resumed.stderr);
    const whole = await runCli('classify', 'train', folder, ...SMALL, '--epochs', String(epochs), '--json');
    const figures = (text: string) => parseJsonLines<TrainLine>(text).map((line) => ({ ...line, seconds: 0 }));
    const after = figures(resumed.stdout);
    assert.ok(after.length > 1);
    assert.deepEqual(after, figures(whole.stdout).slice(-after.length));

    await runCli(
      ...['classify', 'train', folder, '--resume', checkpoint, '--epochs', String(epochs), '--checkpoint', checkpoint],
    );
    // What the checkpoint has may be said again.
    const same = [...SMALL, '--vocab', '5000', '--split', 'whitespace', '--cell', 'gru', '--dropout', '0'];
    const over = await runCli('classify', 'train', folder, '--resume', checkpoint, '--out', out, ...same);
    assert.equal(over.status, 0, over.stderr);
    assert.match(over.stdout, /^nothing to train, with the weights of epoch \d+, saved to /);
    assert.ok(over.stderr.includes(`All ${epochs} epochs were done already: nothing was trained. --epochs `));
    const fewer = await runCli('classify', 'train', folder, '--resume', checkpoint, '--epochs', '1');
    assert.equal(fewer.status, 2);
    assert.match(fewer.stderr, new RegExp(`^unrolled: --epochs must be at least ${epochs}, .* 1.*OPTION_RANGE`, 'm'));

    for (const [args, message] of [
      [['--hidden', '60'], /^unrolled: \S+ has --hidden 6, and 60 was asked\..*ERR_UNROLLED_MODEL_MISMATCH/],
      [['--vocab', '6'], /has --max-vocab 5000, and 6 was asked/],
      [['--one-direction'], /has --one-direction false, and true was asked/],
      [['--stop-words', 'english'], /has --stop-words none, and "english" was asked/],
      [['--batch', '5'], /batch 8, and 5 was asked.*ERR_UNROLLED_MODEL_MISMATCH/],
    ] as const) {
      const failed = await runCli('classify', 'train', folder, '--resume', checkpoint, ...args);
      assert.notEqual(failed.status, 0, args.join(' '));
      assert.match(failed.stderr, message);
    }
    // There is no --init to begin anew with.
    const more = await runCli('classify', 'train', texts('more', ['neg', 'pos'], 50), '--resume', checkpoint);
    assert.match(more.stderr, /Resume with the data it was trained on\. \(ERR_UNROLLED_MODEL_MISMATCH\)\n$/);
    const topics = texts('topics', ['neg', 'sport'], 40);
    const other = await runCli('classify', 'train', topics, '--resume', checkpoint);
    assert.match(other.stderr, /classes neg, pos.*neg, sport.*ERR_UNROLLED_MODEL_MISMATCH/);
  });

  it('stops early, and where the loss is not finite keeps the last good weights', async () => {
    const folder = texts('train', ['neg', 'pos'], 20);
    const early = await runCli(
      ...['classify', 'train', folder, ...SMALL, '--lr', '0.5', '--epochs', '500', '--early-stopping', '2', '--json'],
    );
    assert.equal(early.status, 0, early.stderr);
    assert.match(
      early.stderr,
      /Stopped early: the validation loss has not become better for 2 epochs; the best was epoch \d+\.\n/,
    );
    assert.ok(parseJsonLines(early.stdout).length < 500);
    const diverging = await runCli(
      ...['classify', 'train', folder, ...SMALL, '--cell', 'gru', '--gate-activation', 'linear', '--optimizer', 'sgd'],
      ...['--lr', '1e6', '--epochs', '50', '--out', at('m')],
    );
    assert.equal(diverging.status, 1);
    assert.match(diverging.stderr, /ERR_UNROLLED_NON_FINITE_LOSS/);
    (await TextClassifier.load(at('m'))).dispose();
  });

  it('refuses wrong arguments with status 2 and a code', async () => {
    const folder = texts('train', ['neg', 'pos'], 5);
    const wrong = [
      ['--hiden', '3'],
      ['--hidden', '0'],
      ['--vocab', '2'],
      ['--cell', 'rnn', '--gate-activation', 'tanh'],
      ['--validation', '1'],
      ['--validation', '0', '--early-stopping', '2'],
      ['--classes', 'neg,none'],
      ['--out', ''],
      ['--out', at('run'), '--checkpoint', at('.', 'run')],
    ];
    const results = await Promise.all(wrong.map((args) => runCli('classify', 'train', folder, ...args)));
    for (const [index, { status, stdout, stderr }] of results.entries()) {
      assert.equal(status, 2, `${wrong[index]?.join(' ')}: ${stderr}`);
      assert.match(stderr, /\(ERR_UNROLLED_(OPTION_RANGE|OPTION_TYPE|UNKNOWN_OPTION)\)/, wrong[index]?.join(' '));
      assert.equal(stdout, '');
    }
    for (const args of [[], ['trian', folder], ['evaluate', folder]]) {
      assert.equal((await runCli('classify', ...args)).status, 2, args.join(' '));
    }
  });

  it('fails with status 1 and a code for folders that are none', async () => {
    mkdirSync(at('hollow', 'neg'), { recursive: true });
    texts('single', ['neg'], 5);
    texts('few', ['neg', 'pos'], 1);
    write(at('latin1', 'neg', '1.txt'), 'fine');
    mkdirSync(at('latin1', 'pos'));
    writeFileSync(at('latin1', 'pos', '1.txt'), Buffer.from([0x66, 0xe9, 0x65]));
    const good = texts('good', ['neg', 'pos'], 5);
    const failing: [code: string, args: string[]][] = [
      ['FILE_NOT_FOUND', [at('none')]],
      ['CORPUS_EMPTY', [at('hollow')]],
      ['CORPUS_EMPTY', [at('single')]],
      ['CORPUS_TOO_SHORT', [at('few')]],
      ['ENCODING', [at('latin1')]],
      ['FILE_WRITE', [good, '--out', at('no', 'folder', 'm')]],
      ['MODEL_FORMAT', [good, '--resume', at('good', 'neg', '1.txt')]],
    ];
    const results = await Promise.all(failing.map(([, args]) => runCli('classify', 'train', ...args)));
    for (const [index, [code, args]] of failing.entries()) {
      const { status, stdout, stderr } = results[index] as CliResult;
      assert.equal(status, 1, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, new RegExp(`\\(ERR_UNROLLED_${code}\\)\n$`));
      assert.equal(stdout, '');
    }
    assert.ok(!existsSync(at('no')));
  });
});
