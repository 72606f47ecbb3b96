/** What TypeScript says of optimisers by hand, beside what the core declares. */

import assert from 'node:assert/strict';
import { addon } from '../../src/native/load';
import { OPTIMIZER_KINDS, OPTIMIZERS } from '../../src/training/options/optimizers';

describe('the table of optimisers', () => {
  it("has the core's names, slots, hyper-parameters and their defaults", () => {
    const declared = OPTIMIZER_KINDS.map((kind) => {
      const { learningRate: _rate, weightDecay: _decay, ...hyperparameters } = OPTIMIZERS[kind].defaults;
      // With a momentum, sgd is the optimiser of that name.
      if (kind === 'sgd') delete hyperparameters.momentum;
      return { kind, slots: OPTIMIZERS[kind].slots.length, hyperparameters };
    });
    assert.deepEqual(declared, addon().optimizerSchema());
  });
});
