/** Text drawn from an exported model, step by step, is the text drawn here. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LanguageModel } from '../../src/index';
import { useFolder } from '../support/folder';
import { CORPUS, STREAM, smallModel } from '../support/models';
import { requireRuntime } from './runs';

const SEEDS = Array.from({ length: 10 }, (_, seed) => seed + 1);
const LENGTH = 500;
const PROMPT = 'the ';

/** Draws that are nearer to a boundary between two tokens may fall to either side. */
const NEAR = 1e-5;

interface Drawn {
  /** Draws that did not give the token of the text. */
  different: { seed: number; position: number; distance: number }[];
  draws: number;
}

const KINDS = {
  'an LSTM of two layers': { cell: 'lstm', layers: 2 },
  'a normalised GRU over one-hot characters': { cell: 'gru', layerNorm: true, embedding: 'onehot' },
  'an RNN with an adaptive softmax': { cell: 'rnn', output: 'adaptive', cutoffs: [10] },
} as const;

for (const runtime of ['onnxruntime-web', 'onnxruntime-node'] as const) {
  describe(`text of an exported model in ${runtime}`, function () {
    this.timeout(240_000);
    before(function () {
      requireRuntime(this, runtime);
    });
    const at = useFolder();

    for (const [title, options] of Object.entries(KINDS)) {
      it(`is the text drawn here: ${title}, ${SEEDS.length} seeds of ${LENGTH} characters`, async () => {
        const frequencies = 'output' in options ? { frequencies: CORPUS.vocabulary.frequencies } : {};
        using model: LanguageModel = smallModel({ ...options, ...frequencies } as object);
        await model.fit(CORPUS, { ...STREAM, epochs: 3, learningRate: 0.01 });
        await model.exportOnnx(at('model.onnx'));
        const texts = await Promise.all(
          SEEDS.map((seed) => model.sample(PROMPT, { seed, length: LENGTH, temperature: 0.9 })),
        );
        assert.ok(new Set(texts).size === SEEDS.length && texts.every((text) => text.length === LENGTH));
        const { vocabulary } = model;
        writeFileSync(
          at('texts.json'),
          JSON.stringify({
            ...{ model: at('model.onnx'), temperature: 0.9, seeds: SEEDS, states: model.model.stateSizes },
            prompt: [...vocabulary.encode(PROMPT)],
            texts: texts.map((text) => [...vocabulary.encode(text)]),
          }),
        );
        const script = join(__dirname, 'draw-texts.ts');
        const args = ['--import', 'tsx', script, runtime, at('texts.json')];
        const { stdout } = await promisify(execFile)(process.execPath, args);
        const { different, draws } = JSON.parse(stdout) as Drawn;
        assert.equal(draws, SEEDS.length * LENGTH);
        for (const { seed, position, distance } of different) {
          assert.ok(distance <= NEAR, `seed ${seed}, draw ${position}: ${distance} from a boundary`);
        }
        assert.ok(different.length <= 2, JSON.stringify(different));
      });
    }
  });
}
