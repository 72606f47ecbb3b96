/** The programs of `docs/concepts/other-frameworks.md` in Python: PyTorch and Keras compute what the models compute here. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  LanguageModel,
  type Model,
  SequenceClassifier,
  TextClassifier,
  TextVectorizer,
  Vocabulary,
} from '../../src/index';
import { useFolder } from '../support/folder';
import { python, requirePython, requirePythonOf, runtimePython } from './python';

const PAGE = path.resolve(__dirname, '..', '..', 'docs', 'concepts', 'other-frameworks.md');
const IDS = [[1], [4], [2]];

const environment: { KERAS_BACKEND?: string; KERAS_HOME?: string } = process.env;

/** The blocks of Python that are called so, one program. */
function program(name: string): string {
  const blocks = [...readFileSync(PAGE, 'utf8').matchAll(new RegExp(`^\`\`\`python${name}\n(.*?)^\`\`\``, 'gms'))];
  assert.ok(blocks.length > 0, name);
  return blocks.map(([, block]) => block).join('\n');
}

/** Debian has PyTorch, and no safetensors: the tests' own reader stands in. */
const STAND_IN = `
import sys
sys.path.insert(0, ${JSON.stringify(__dirname)})
from safetensors_file import read_safetensors

def load_file(path):
    import torch
    return {name: torch.from_numpy(array.copy()) for name, array in read_safetensors(path).items()}
`;

describe('a model in another framework', function () {
  this.timeout(120_000);
  const at = useFolder();
  let outputs: Record<'language' | 'sequences' | 'texts', number[]>;

  /** The last output of a model over the ids. */
  async function last(model: Model): Promise<number[]> {
    const { output } = await model.forward({ ids: IDS });
    return [...output.data].slice(-(output.shape[2] as number));
  }

  beforeEach(async () => {
    const vocabulary = Vocabulary.build('hello world');
    using language = LanguageModel.create({ vocabulary, cell: 'lstm', embedding: 16, hidden: 32, layers: 2, seed: 3 });
    using sequences = SequenceClassifier.create({
      vocabulary,
      classes: 3,
      cell: 'rnn',
      embedding: 16,
      hidden: 32,
      seed: 4,
    });
    const vectorizer = await TextVectorizer.adapt(['a good film', 'a bad film']);
    using texts = TextClassifier.create({
      vectorizer,
      classNames: ['bad', 'good'],
      initializer: { kind: 'normal', scale: 0.3 },
    });
    await language.save(at('language.safetensors'));
    await sequences.save(at('sequences.safetensors'));
    await texts.save(at('texts.safetensors'));
    outputs = {
      language: await last(language.model),
      sequences: await last(sequences.model),
      texts: await last(texts.model),
    };
  });

  /** Runs a program, and compares the lists that it prints. */
  async function prints(interpreter: string, code: string, expected: readonly number[][]): Promise<void> {
    writeFileSync(at('program.py'), code);
    const { stdout } = await promisify(execFile)(interpreter, ['-B', 'program.py'], { cwd: at() });
    const came = JSON.parse(`[${stdout.trim().replace(/\]\] \[\[/g, ']], [[')}]`) as number[][][];
    assert.equal(came.length, expected.length);
    for (const [i, [values = []]] of came.entries()) {
      assert.equal(values.length, expected[i]?.length);
      for (const [j, value] of values.entries()) {
        const y = expected[i]?.[j] as number;
        assert.ok(Math.abs(value - y) <= 1e-5 * Math.max(1, Math.abs(y)), `${i}, ${j}: ${value} and ${y}`);
      }
    }
  }

  describe('PyTorch', () => {
    before(function () {
      return requirePython(this, 'torch', 'numpy');
    });

    it('takes the weights of each kind by load_state_dict, and computes the same', async () => {
      mkdirSync(at('safetensors'));
      writeFileSync(at('safetensors', '__init__.py'), '');
      writeFileSync(at('safetensors', 'torch.py'), STAND_IN);
      await prints(python, program(' torch'), [outputs.language, outputs.sequences, outputs.texts]);
    });
  });

  describe('Keras', () => {
    let home = '';
    before(function () {
      // Keras looks for TensorFlow where it is told of no other backend.
      environment.KERAS_BACKEND = 'jax';
      // It writes its settings into the home of its user.
      home = mkdtempSync(path.join(tmpdir(), 'unrolled-test-'));
      environment.KERAS_HOME = home;
      return requirePythonOf(runtimePython, this, 'keras', 'safetensors');
    });
    after(() => {
      delete environment.KERAS_BACKEND;
      delete environment.KERAS_HOME;
      rmSync(home, { recursive: true, force: true });
    });

    it('takes the weights by name, and computes the same', async () => {
      await prints(runtimePython, program(' keras'), [outputs.language, outputs.texts]);
    });

    it('reads the vocabulary and the sizes by safetensors', async () => {
      writeFileSync(at('program.py'), program(''));
      const { stdout } = await promisify(execFile)(runtimePython, ['program.py'], { cwd: at() });
      assert.equal(stdout, '  32\n');
    });
  });
});
