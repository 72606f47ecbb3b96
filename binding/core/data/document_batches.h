// Documents to predict the next id of, with a state that never passes from one to another.
//
// Every document belongs to one row of the batch. A row reads its documents one after another, each in windows of its
// own: the first begins from a zero state, the others carry the state on, and the last may be shorter. So rows of a
// step differ in length and lie packed, and no mask is needed within the recurrence. Documents go to rows so that these
// have about as many windows: longest first, each to the row that has the fewest. Rows that are through before the
// others are missing from the last steps of the epoch. A row keeps its number, and so its part of the batch.
#pragma once

#include <cstdint>
#include <vector>

#include "data/batch_source.h"
#include "data/row_packer.h"
#include "data/sequence_data.h"

namespace unrolled {

template <class T>
class DocumentBatches final : public BatchSource<T> {
 public:
  // `shuffle`: the order within each row is drawn anew for each epoch from (seed, epoch), else it is the documents'
  // own. Throws ERR_UNROLLED_SHAPE for offsets of no sequences, ERR_UNROLLED_CORPUS_TOO_SHORT for a document of one id.
  DocumentBatches(std::vector<TokenId> ids, std::vector<Index> offsets, Index rows, Index window, bool shuffle,
                  std::uint64_t seed);

  [[nodiscard]] Index stepsPerEpoch() const override { return steps_; }
  [[nodiscard]] Index tokensPerEpoch() const override { return data_.elements() - data_.count(); }
  [[nodiscard]] PassSize largestPass() const override;
  BatchSize size(Index epoch, Index step) override;
  [[nodiscard]] Index unordered(Index epoch) const override { return epoch == orderedEpoch_ ? 0 : data_.count(); }
  TrainingBatch<T> batch(Index epoch, Index step) override;
  [[nodiscard]] std::uint64_t identity() const override;

 private:
  struct Row {
    std::vector<Index> documents;  // in the order they are read
    std::vector<Index> ends;       // windows up to the end of each
  };

  [[nodiscard]] Index windowsOf(Index document) const { return (data_.length(document) - 2) / window_ + 1; }
  void order(Index epoch);
  // Takes the windows of a step as pieces, and which rows begin a document.
  void cut(Index step, std::vector<char>& begins);
  // Packs them.
  void arrange(Index step, RowPacker& packer, std::vector<char>& begins);

  SequenceData<T> data_;
  Index window_;
  bool shuffle_;
  std::uint64_t seed_;
  std::vector<Row> rows_;
  Index steps_ = 0;
  Index orderedEpoch_ = -1;

  RowPacker packer_;
  RowPacker packerBefore_;
  std::vector<Piece> pieces_;
  std::vector<char> begins_;        // by number of the row
  std::vector<char> beginsBefore_;  // of no use
  std::vector<Index> placeBefore_;  // of each row in the batch before
  std::vector<Index> carriedFrom_;
  std::vector<TokenId> inputs_;
  std::vector<TokenId> targets_;
};

}  // namespace unrolled
