// Pairs for teacher forcing: the sequence that an encoder reads, the input of the decoder, and the decoder's targets.
// The rows of each side are ordered by their own lengths.
#pragma once

#include "data/example_batches.h"

namespace unrolled {

template <class T>
class PairedSequences final : public ExampleBatches<T> {
 public:
  // There are targets at every position of the inputs. Throws ERR_UNROLLED_SHAPE for invalid offsets, and if the number
  // of sources or of targets does not match the inputs.
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
