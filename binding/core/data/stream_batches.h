// One stream of ids, cut into rows that are read side by side.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/types.h"
#include "data/batch_source.h"
#include "data/id_stream.h"

namespace unrolled {

// A stream cut into `rows` contiguous rows of floor((n - 1) / rows) ids; step k reads the columns
// from k·window on, its targets are one later. A last incomplete window is left out.
template <class T>
class StreamBatches final : public BatchSource<T> {
 public:
  // Throws ERR_UNROLLED_CORPUS_TOO_SHORT if a row has no whole window.
  StreamBatches(std::unique_ptr<IdStream> ids, Index rows, Index window);
  StreamBatches(std::vector<TokenId> ids, Index rows, Index window)
      : StreamBatches(std::make_unique<MemoryIds>(std::move(ids)), rows, window) {}

  [[nodiscard]] Index stepsPerEpoch() const override { return rowLength_ / window_; }
  [[nodiscard]] Index tokensPerEpoch() const override { return stepsPerEpoch() * window_ * rows_; }
  [[nodiscard]] PassSize largestPass() const override { return {window_ * rows_, rows_, true, false, window_}; }
  BatchSize size(Index /*epoch*/, Index /*step*/) override { return {largestPass()}; }
  [[nodiscard]] bool readsFile() const override { return ids_->inFile(); }
  TrainingBatch<T> batch(Index epoch, Index step) override;
  [[nodiscard]] std::uint64_t identity() const override;

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

}  // namespace unrolled
