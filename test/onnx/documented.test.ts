/** The programs of `docs/concepts/onnx.md` in other languages run as they stand. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Corpus, LanguageModel } from '../../src/index';
import { runtimePython } from '../peer/python';
import { useFolder } from '../support/folder';
import { requireOnnxruntime, requireRuntime } from './runs';

const ROOT = path.resolve(__dirname, '..', '..');

/** The block of a language. */
function blockOf(language: string): string {
  const page = readFileSync(path.join(ROOT, 'docs', 'concepts', 'onnx.md'), 'utf8');
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(page)?.[1] ?? assert.fail(language);
}

/** The model of the page. */
async function poems(file: string): Promise<LanguageModel> {
  const corpus = Corpus.fromText('the sun goes down, the moon comes up. '.repeat(20));
  const model = LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'gru', hidden: 32 });
  await model.fit(corpus, { epochs: 2, batch: 2, window: 16 });
  await model.exportOnnx(file);
  return model;
}

describe('the page about ONNX', function () {
  this.timeout(60_000);
  const at = useFolder();

  describe('in Python', () => {
    before(function () {
      return requireOnnxruntime(this);
    });

    it('has a program that writes the text that the model writes', async () => {
      using model = await poems(at('poems.onnx'));
      writeFileSync(at('program.py'), blockOf('python'));
      const { stdout } = await promisify(execFile)(runtimePython, ['program.py'], { cwd: at() });
      const text = `the ${await model.sample('the ', { temperature: 0, length: 40 })}`;
      assert.equal(stdout, `${text}\n`);
    });
  });

  describe('in JavaScript', () => {
    before(function () {
      requireRuntime(this, 'onnxruntime-web');
    });

    it('has a program that carries the state', async () => {
      using model = await poems(at('poems.onnx'));
      writeFileSync(at('program.mjs'), blockOf('js'));
      symlinkSync(path.join(ROOT, 'scripts', 'onnx-runtimes', 'node_modules'), at('node_modules'), 'dir');
      const { stdout } = await promisify(execFile)(process.execPath, ['program.mjs'], { cwd: at() });
      const { output } = await model.model.forward({ ids: [[3], [1], [4]] });
      const width = output.shape[2] as number;
      const best = [0, 1, 2].map((t) => {
        const logits = [...output.data.subarray(t * width, (t + 1) * width)];
        return logits.indexOf(Math.max(...logits));
      });
      assert.equal(stdout, best.map((id) => `[ 1, ${width} ] ${id}\n`).join(''));
    });
  });
});
