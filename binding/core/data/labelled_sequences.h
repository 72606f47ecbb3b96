// Sequences with a target each, many-to-one.
#pragma once

#include "data/example_batches.h"

namespace unrolled {

template <class T>
class LabelledSequences final : public ExampleBatches<T> {
 public:
  // Throws ERR_UNROLLED_SHAPE for offsets of no sequences and for another number of targets.
  LabelledSequences(SequenceData<T> sequences, TargetData<T> targets, const Batching& batching, std::uint64_t seed)
      : ExampleBatches<T>(std::move(sequences), std::move(targets), false, batching, seed) {}

  [[nodiscard]] Index tokensPerEpoch() const override { return this->inputs().count(); }

  TrainingBatch<T> batch(Index epoch, Index step) override {
    const Batch<T> input = this->packInputs(epoch, step);
    return this->withTargets(input, input.batch);
  }
};

}  // namespace unrolled
