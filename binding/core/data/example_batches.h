// What sources of whole sequences share: rows of different length, packed, each from a zero state.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "data/batch_source.h"
#include "data/epoch_order.h"
#include "data/row_packer.h"
#include "data/sequence_data.h"

namespace unrolled {

template <class T>
class ExampleBatches : public BatchSource<T> {
 public:
  [[nodiscard]] Index stepsPerEpoch() const override { return order_.batches(); }
  [[nodiscard]] PassSize largestPass() const override {
    return {order_.mostPositions(), order_.batch(), true, order_.ragged(), order_.longest()};
  }
  BatchSize size(Index epoch, Index step) override { return {sizeOf(inputs_, epoch, step)}; }
  [[nodiscard]] Index unordered(Index epoch) const override { return order_.unordered(epoch); }
  [[nodiscard]] LossKind loss() const override { return targets_.loss; }
  [[nodiscard]] std::uint64_t identity() const override;

 protected:
  // Targets are one for each sequence, or one for each of its positions. Throws ERR_UNROLLED_SHAPE for offsets of no
  // sequences and for another number of targets.
  ExampleBatches(SequenceData<T> inputs, TargetData<T> targets, bool everyPosition, const Batching& batching,
                 std::uint64_t seed);

  [[nodiscard]] const SequenceData<T>& inputs() const { return inputs_; }
  // How the rows of the last batch lie.
  [[nodiscard]] const RowPacker& packer() const { return packer_; }
  // What a batch's sequences of the inputs, or of others of the same number, take.
  PassSize sizeOf(const SequenceData<T>& sequences, Index epoch, Index step);
  Batch<T> packInputs(Index epoch, Index step);
  // With the targets of the last batch's inputs, so many.
  TrainingBatch<T> withTargets(const Batch<T>& input, Index targetCount);

 private:
  Targets<T> packTargets();

  SequenceData<T> inputs_;
  TargetData<T> targets_;
  bool everyPosition_;
  EpochOrder order_;
  RowPacker packer_;
  std::vector<Piece> pieces_;
  std::vector<TokenId> ids_;
  std::vector<T> features_;
  std::vector<TokenId> targetIds_;
  std::vector<T> targetValues_;
};

// Room for so many of its elements.
template <class T>
void reserveElements(const SequenceData<T>& data, Index count, std::vector<TokenId>& ids, std::vector<T>& features) {
  if (data.width == 0) ids.reserve(static_cast<std::size_t>(count));
  features.reserve(static_cast<std::size_t>(count * data.width));
}

// The ids or vectors of a packer's rows, in the arrays given for them.
template <class T>
std::pair<const TokenId*, const T*> packElements(const SequenceData<T>& data, const RowPacker& packer,
                                                 std::vector<TokenId>& ids, std::vector<T>& features) {
  if (data.width == 0) return {packer.pack(data.ids, 1, ids), nullptr};
  return {nullptr, packer.pack(data.features, data.width, features)};
}

}  // namespace unrolled
