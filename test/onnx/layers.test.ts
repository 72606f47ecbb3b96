/** Every layer in every form, computed by onnxruntime in Python from the exported file. */

import assert from 'node:assert/strict';
import { Model, UnrolledError } from '../../src/index';
import { LEAVING } from '../../src/onnx/layers';
import type { Form, Layout } from '../../src/onnx/options';
import { useFolder } from '../support/folder';
import { type Expected, expectedRun, ranInPython, requireAllSame, requireOnnxruntime } from './runs';
import { subjects } from './subjects';

const KINDS: [Form, Layout | undefined][] = [
  ['step', undefined],
  ['sequence', 'time'],
  ['sequence', 'batch'],
  ['lengths', 'time'],
  ['lengths', 'batch'],
];

describe('exported layers in onnxruntime', function () {
  this.timeout(240_000);
  before(function () {
    return requireOnnxruntime(this);
  });
  const at = useFolder({ inMemory: true });

  for (const [form, layout] of KINDS) {
    it(`give what they give here: ${form}${layout === undefined ? '' : `, ${layout} first`}`, async () => {
      const runs: Expected[] = [];
      let refused = 0;
      for (const [title, options] of subjects()) {
        using model = Model.create({ ...options, seed: 5, initializer: { kind: 'normal', scale: 0.4 } });
        const asked = { form, ...(layout && { layout }) };
        try {
          runs.push(await expectedRun(title, model, at(`${runs.length}.onnx`), asked));
        } catch (error) {
          assert.ok(
            form === 'step' && error instanceof UnrolledError && error.code === 'ERR_UNROLLED_EXPORT',
            `${title}: ${error}`,
          );
          assert.match(error.message, /^The model cannot be exported: (the layer ".*" of type |an encoder–decoder )/);
          refused++;
        }
      }
      assert.equal(refused > 0, form === 'step');
      const ran = await ranInPython(runs, at());
      requireAllSame(ran, runs);
      // What each run computes depends on the model, so that a runtime that answers zero is noticed.
      const first = runs.map(({ outputs }) => JSON.stringify(Object.values(outputs)[0]?.data));
      assert.ok(new Set(first).size > 0.9 * runs.length);
    });
  }

  it('are all of the layers that can leave', () => {
    const tried = new Set(subjects().flatMap(([, { layers }]) => layers.map(({ type }) => type as string)));
    assert.deepEqual(
      LEAVING.filter((type) => !tried.has(type)),
      [],
    );
  });
});
