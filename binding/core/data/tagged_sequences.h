// Sequences with a target at every position, synced many-to-many; sequences of length 1 are one-to-one.
#pragma once

#include "data/example_batches.h"

namespace unrolled {

template <class T>
class TaggedSequences final : public ExampleBatches<T> {
 public:
  // Throws ERR_UNROLLED_SHAPE for offsets of no sequences and for another number of targets.
  TaggedSequences(SequenceData<T> sequences, TargetData<T> targets, const Batching& batching, std::uint64_t seed)
      : ExampleBatches<T>(std::move(sequences), std::move(targets), true, batching, seed) {}

  [[nodiscard]] Index tokensPerEpoch() const override { return this->inputs().elements(); }

  TrainingBatch<T> batch(Index epoch, Index step) override {
    const Batch<T> input = this->packInputs(epoch, step);
    return this->withTargets(input, input.layout().positions());
  }
};

}  // namespace unrolled
