// Where training batches come from, and in which order.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "training/id_stream.h"
#include "types.h"

namespace unrolled {

// One batch of ids with its targets; the arrays live until the next.
struct TrainingBatch {
  Index time = 0;
  Index batch = 0;
  const TokenId* ids = nullptr;      // [T, B]
  const TokenId* targets = nullptr;  // [T', B]
  Index targetCount = 0;             // T'·B
  bool fromZeroState = false;        // else the state of the batch before is carried on
};

class BatchSource {
 public:
  BatchSource() = default;
  virtual ~BatchSource() = default;
  BatchSource(const BatchSource&) = delete;
  BatchSource& operator=(const BatchSource&) = delete;
  BatchSource(BatchSource&&) = delete;
  BatchSource& operator=(BatchSource&&) = delete;

  [[nodiscard]] virtual Index stepsPerEpoch() const = 0;
  // Targets of a whole epoch.
  [[nodiscard]] virtual Index tokensPerEpoch() const = 0;
  [[nodiscard]] virtual Index largestTime() const = 0;
  [[nodiscard]] virtual Index rows() const = 0;
  // The batch of step `step` in [0, stepsPerEpoch) of epoch `epoch`.
  virtual TrainingBatch batch(Index epoch, Index step) = 0;
};

// A stream cut into `rows` contiguous rows of floor((n - 1) / rows) ids; step k reads the columns
// from k·window on, its targets are one later. A last incomplete window is left out.
class StreamBatches final : public BatchSource {
 public:
  // Throws ERR_UNROLLED_CORPUS_TOO_SHORT where a row has no whole window.
  StreamBatches(std::unique_ptr<IdStream> ids, Index rows, Index window);
  StreamBatches(std::vector<TokenId> ids, Index rows, Index window)
      : StreamBatches(std::make_unique<MemoryIds>(std::move(ids)), rows, window) {}

  [[nodiscard]] Index stepsPerEpoch() const override { return rowLength_ / window_; }
  [[nodiscard]] Index tokensPerEpoch() const override { return stepsPerEpoch() * window_ * rows_; }
  [[nodiscard]] Index largestTime() const override { return window_; }
  [[nodiscard]] Index rows() const override { return rows_; }
  TrainingBatch batch(Index epoch, Index step) override;

 private:
  std::unique_ptr<IdStream> ids_;
  Index rows_;
  Index window_;
  Index rowLength_;
  std::vector<TokenId> inputs_;   // [window, rows]
  std::vector<TokenId> targets_;  // [window, rows]
  std::vector<TokenId> row_;      // [window + 1]
};

// Copies columns [begin, begin + time) of a stream's rows, time-major, and their targets; `row` has
// space for time + 1 ids.
void cutWindow(const IdStream& ids, Index rows, Index rowLength, Index begin, Index time, TokenId* inputs,
               TokenId* targets, TokenId* row);

// Labelled sequences, one a step, in an order drawn anew for each epoch from (seed, epoch).
class LabelledSequences final : public BatchSource {
 public:
  // Sequence i is ids[offsets[i] .. offsets[i + 1]). Throws ERR_UNROLLED_SHAPE for offsets that do
  // not rise from 0 to the number of ids, for an empty sequence, and for another number of labels.
  LabelledSequences(std::vector<TokenId> ids, std::vector<Index> offsets, std::vector<TokenId> labels, bool shuffle,
                    std::uint64_t seed);

  [[nodiscard]] Index stepsPerEpoch() const override { return static_cast<Index>(labels_.size()); }
  [[nodiscard]] Index tokensPerEpoch() const override { return stepsPerEpoch(); }
  [[nodiscard]] Index largestTime() const override { return largestTime_; }
  [[nodiscard]] Index rows() const override { return 1; }
  TrainingBatch batch(Index epoch, Index step) override;

 private:
  std::vector<TokenId> ids_;
  std::vector<Index> offsets_;
  std::vector<TokenId> labels_;
  bool shuffle_;
  std::uint64_t seed_;
  Index largestTime_ = 0;
  Index orderedEpoch_ = -1;
  std::vector<Index> order_;
};

// Checks the offsets of sequences as LabelledSequences wants them; returns the longest's length.
Index checkOffsets(const std::vector<Index>& offsets, Index ids);

}  // namespace unrolled
