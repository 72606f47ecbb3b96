/** A training that goes on does not keep what its checkpoint has of the model and the optimiser: its own have it. */

import assert from 'node:assert/strict';
import { callbacks } from '../../src/index';
import { BestWeights } from '../../src/training/callbacks/keep-best';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file';
import { resolveFit } from '../../src/training/options/options';
import { useFolder } from '../support/folder';
import { CORPUS, smallModel, train, weights } from '../support/models';

describe('the checkpoint of a training that goes on', () => {
  const at = useFolder();

  it('has given its tensors away by the first epoch', async () => {
    const options = { validation: 0.2, batch: 2, window: 4, optimizer: 'adam' } as const;
    using whole = smallModel();
    const best = () => [new BestWeights('validationLoss')];
    await train(whole, { ...options, epochs: 3, callbacks: best() });
    using first = smallModel();
    await train(first, { ...options, epochs: 1, callbacks: [...best(), callbacks.checkpoint({ path: at('c') })] });

    const checkpoint = await readCheckpoint(at('c'));
    const { file, record } = checkpoint;
    const sizes = () => [file.tensors.size, file.training?.tensors.size, record.native.slots.length];
    const before = sizes();
    assert.ok(before.every((size) => size !== undefined && size > 0));
    using second = smallModel();
    let epochs = 0;
    for await (const { epoch } of second.fitAs(CORPUS, resolveFit({ epochs: 3, callbacks: best() }, checkpoint))) {
      assert.deepEqual([...sizes(), record.callbacks.length], [0, 0, 0, 0]);
      assert.equal(epoch, ++epochs);
    }
    assert.equal(epochs, 2);
    assert.deepEqual(await weights(second), await weights(whole));
  });
});
