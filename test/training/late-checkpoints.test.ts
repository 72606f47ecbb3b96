/** Checkpoints that are asked for when none can be written any more. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { Callback, TrainingControl } from '../../src/index';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file';
import { useFolder } from '../support/folder';
import { CORPUS, STREAM, smallModel, train } from '../support/models';

describe('control.saveCheckpoint', () => {
  const at = useFolder();
  const refusal = { code: 'ERR_UNROLLED_CALLBACK', option: 'saveCheckpoint' };

  it('is refused in onClose and once training has ended, by itself, by a signal or by an error', async () => {
    const controller = new AbortController();
    const endings: Record<string, Callback> = {
      itself: {},
      signal: { onStep: ({ step }) => (step === 5 ? controller.abort() : undefined) },
      error: {
        onStep() {
          throw new Error('mine');
        },
      },
    };
    for (const [ending, callback] of Object.entries(endings)) {
      const path = at(ending);
      let kept: TrainingControl | undefined;
      const late: Callback = {
        onClose(control) {
          kept = control;
          control.saveCheckpoint(path);
        },
      };
      using model = smallModel();
      await assert.rejects(
        train(model, { steps: 20, signal: controller.signal, callbacks: [callback, late] }),
        refusal,
        ending,
      );
      assert.ok(kept !== undefined);
      assert.throws(() => kept?.saveCheckpoint(path), {
        ...refusal,
        received: path,
        message: /^saveCheckpoint was called too late: .* was not written\. .*in onEnd or onAbort/,
      });
      assert.throws(() => kept?.saveCheckpoint(''), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'path' });
      assert.equal(existsSync(path), false);
    }
  });

  it('is refused after a training that did not come to its first step', async () => {
    let kept: TrainingControl | undefined;
    const failing: Callback = {
      onStart(control) {
        kept = control;
        throw new Error('mine');
      },
    };
    using model = smallModel();
    await assert.rejects(train(model, { callbacks: [failing] }), /mine/);
    assert.throws(() => kept?.saveCheckpoint(at('c')), refusal);
  });

  it('writes in onStart, onEnd and onAbort, and between two epochs of a loop', async () => {
    const saving = (method: 'onStart' | 'onEnd' | 'onAbort', path: string): Callback => ({
      [method]: (control: TrainingControl) => control.saveCheckpoint(path),
    });
    const stepsOf = async (path: string) => (await readCheckpoint(path)).record.native.steps;
    using model = smallModel();
    await train(model, { steps: 20, callbacks: [saving('onStart', at('start')), saving('onEnd', at('end'))] });
    assert.deepEqual([await stepsOf(at('start')), await stepsOf(at('end'))], [0, 20]);
    let kept: TrainingControl | undefined;
    const keeping: Callback = {
      onStart(control) {
        kept = control;
      },
    };
    for await (const { epoch } of model.fit(CORPUS, {
      ...STREAM,
      epochs: 3,
      callbacks: [keeping, saving('onAbort', at('left'))],
    })) {
      if (epoch === 1) break;
      kept?.saveCheckpoint(at('between'));
    }
    assert.deepEqual([await stepsOf(at('between')), await stepsOf(at('left'))], [37, 74]);
  });
});
