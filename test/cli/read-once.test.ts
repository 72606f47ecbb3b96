/**
 * A command opens the file of its model once: what it reads is of one moment, and a large one is not read again. Options of
 * a training are resolved once, and a checkpoint with them.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MAIN } from '../support/cli';
import { useFolder } from '../support/folder';

/** The package as it was built; a path of Windows must do within quotes. */
const LIB = path.resolve(__dirname, '..', '..', 'lib').replaceAll('\\', '/');

/**
 * Writes to standard error at the end which paths were opened, and that options were resolved or a vocabulary restored, one
 * a line.
 */
const WATCH = `
const files = require('node:fs/promises');
const said = [];
const watch = (functions, name, tell) => {
  const { [name]: before } = functions;
  functions[name] = (...args) => {
    said.push(tell(...args));
    return before.apply(functions, args);
  };
};
watch(files, 'open', (path) => 'opened ' + path);
watch(require('${LIB}/training/options/options.js'), 'resolveFit', () => 'resolved');
watch(require('${LIB}/training/options/example-options.js'), 'resolveExampleFit', () => 'resolved');
const { Vocabulary } = require('${LIB}/text/vocabulary.js');
const { TextVectorizer } = require('${LIB}/text/text-vectorizer.js');
watch(Vocabulary, 'restore', () => 'restored');
watch(TextVectorizer, 'fromJSON', () => 'restored');
process.on('exit', () => process.stderr.write(said.map((line) => line + '\\n').join('')));
`;

describe('the file of a model', function () {
  this.timeout(60_000);
  const at = useFolder();

  /** Runs a program, and tells how often it opened a file, resolved options of a training, and restored a vocabulary. */
  function watched(path: string, program: string, ...args: string[]) {
    writeFileSync(at('watch.cjs'), WATCH);
    const { status, stderr } = spawnSync(process.execPath, ['--require', at('watch.cjs'), program, ...args], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const lines = stderr.split('\n');
    const count = (said: string) => lines.filter((line) => line === said).length;
    return { opened: count(`opened ${path}`), resolved: count('resolved'), restored: count('restored') };
  }

  /**
   * Runs a command, and tells how often it opened a file. A vocabulary is restored as often, and a training resolves its
   * options once.
   */
  function opensOf(path: string, ...args: string[]): number {
    const { opened, resolved, restored } = watched(path, MAIN, ...args);
    assert.equal(resolved, args.includes('train') ? 1 : 0);
    assert.equal(restored, opened);
    return opened;
  }

  it('is opened once by train --resume and --init, and by what uses it', () => {
    const text = at('text');
    writeFileSync(text, 'to be or not to be. '.repeat(40));
    const small = ['--batch', '2', '--window', '8', '--hidden', '4', '--embedding', '4'];
    assert.equal(opensOf(at('c'), 'train', text, ...small, '--epochs', '1', '--checkpoint', at('c')), 0);
    assert.equal(opensOf(at('c'), 'train', text, '--epochs', '2', '--resume', at('c'), '--estimate'), 1);
    assert.equal(opensOf(at('c'), 'train', text, '--epochs', '2', '--resume', at('c'), '--out', at('m')), 1);
    assert.equal(opensOf(at('m'), 'train', text, ...small, '--epochs', '1', '--init', at('m'), '--out', at('n')), 1);
    assert.equal(opensOf(at('m'), 'sample', at('m'), '--length', '3'), 1);
    assert.equal(opensOf(at('m'), 'evaluate', at('m'), text), 1);
  });

  it('is opened once by classify train --resume, predict and evaluate', () => {
    const folder = at('texts');
    for (const [name, word] of [
      ['good', 'lovely'],
      ['poor', 'dreadful'],
    ] as const) {
      mkdirSync(at('texts', name), { recursive: true });
      for (let i = 0; i < 6; i++) writeFileSync(at('texts', name, `${i}.txt`), `a ${word} film ${i}`);
    }
    const small = ['--hidden', '3', '--embedding', '3', '--dense', '3'];
    const train = ['classify', 'train', folder];
    assert.equal(opensOf(at('c'), ...train, ...small, '--epochs', '1', '--checkpoint', at('c')), 0);
    assert.equal(opensOf(at('c'), ...train, '--epochs', '2', '--resume', at('c'), '--out', at('m')), 1);
    assert.equal(opensOf(at('m'), 'classify', 'predict', at('m'), 'a lovely film'), 1);
    assert.equal(opensOf(at('m'), 'classify', 'evaluate', at('m'), folder), 1);
  });

  it('is opened once by fit, which resolves its options once', () => {
    const models: Readonly<Record<string, [make: string, data: string]>> = {
      LanguageModel: [
        "unrolled.LanguageModel.create({ vocabulary: unrolled.Vocabulary.build('abc'), hidden: 3, embedding: 3 })",
        "unrolled.Corpus.fromText('abcabc'.repeat(20))",
      ],
      SequenceClassifier: [
        "unrolled.SequenceClassifier.create({ vocabulary: unrolled.Vocabulary.build('abc'), classes: 2, hidden: 3 })",
        "[{ text: 'ab', label: 0 }, { text: 'bc', label: 1 }]",
      ],
      TextClassifier: [
        "unrolled.TextClassifier.create({ vectorizer: await unrolled.TextVectorizer.adapt(['ab', 'bc']), " +
          "classNames: ['x', 'y'], hidden: 3 })",
        "[{ text: 'ab', label: 0 }, { text: 'bc', label: 1 }]",
      ],
      Model: [
        "unrolled.Model.create({ input: { kind: 'ids', vocabulary: 3 }, layers: [unrolled.layers.embedding(2), " +
          "unrolled.layers.gru(2), unrolled.layers.pooling('last'), unrolled.layers.dense(2)] })",
        '{ inputs: [[0, 1], [1, 2]], labels: [0, 1] }',
      ],
    };
    for (const [name, [make, data]] of Object.entries(models)) {
      const program = at(`${name}.cjs`);
      const checkpoint = at(`${name}.safetensors`);
      writeFileSync(
        program,
        `const unrolled = require('${LIB}');
        const path = process.argv[2];
        (async () => {
          const options = process.argv[3] === 'resume'
            ? { epochs: 2, resume: path }
            : { epochs: 1, batch: 2, callbacks: [unrolled.callbacks.checkpoint({ path })] };
          const { last } = await (${make}).fit(${data}, ${name === 'LanguageModel' ? '{ window: 4, ...options }' : 'options'});
          if (last.epoch !== options.epochs - 1) throw new Error('epoch ' + last.epoch);
        })();`,
      );
      assert.deepEqual(watched(checkpoint, program, checkpoint), { opened: 0, resolved: 1, restored: 0 }, name);
      assert.deepEqual(
        watched(checkpoint, program, checkpoint, 'resume'),
        { opened: 1, resolved: 1, restored: 0 },
        name,
      );
    }
  });
});
