// What an encoder reads with what its decoder is fed and must answer, for teacher forcing. The rows of both
// sides lie in the order of their own lengths.
#pragma once

#include "data/example_batches.h"

namespace unrolled {

template <class T>
class PairedSequences final : public ExampleBatches<T> {
 public:
  // Targets stand at every position of the inputs. Throws ERR_UNROLLED_SHAPE for offsets of no sequences, for as many
  // sources as there are not inputs, and for another number of targets.
  PairedSequences(SequenceData<T> source, SequenceData<T> inputs, TargetData<T> targets, const Batching& batching,
                  std::uint64_t seed);

  [[nodiscard]] Index tokensPerEpoch() const override { return this->inputs().elements(); }
  [[nodiscard]] PassSize largestSource() const override { return largestSource_; }
  BatchSize size(Index epoch, Index step) override {
    return {this->sizeOf(this->inputs(), epoch, step), this->sizeOf(source_, epoch, step)};
  }
  TrainingBatch<T> batch(Index epoch, Index step) override;
  [[nodiscard]] std::uint64_t identity() const override;

 private:
  SequenceData<T> source_;
  PassSize largestSource_;
  RowPacker sourcePacker_;
  std::vector<Piece> sourcePieces_;
  std::vector<Index> sourceRows_;
  std::vector<TokenId> sourceIds_;
  std::vector<T> sourceFeatures_;
};

}  // namespace unrolled
