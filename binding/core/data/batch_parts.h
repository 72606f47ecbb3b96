// A batch cut into parts, each a batch of its own.
//
// Part i of S has the rows ⌊iR/S⌋ to ⌊(i+1)R/S⌋ - 1 of a batch's R rows, by their numbers before they are sorted by
// length. It may have none: where there are fewer rows than parts, and where rows of documents are through.
#pragma once

#include <vector>

#include "data/batch_source.h"

namespace unrolled {

// The largest part of batches of up to that size, or a little more.
BatchSize largestPart(const BatchSize& size, Index parts);

template <class T>
class BatchParts {
 public:
  // Of batches for that model, of up to that size.
  BatchParts(const Model<T>& model, const BatchSize& largest, Index parts);

  // The batch that is cut; its arrays are read by the calls that follow.
  void cut(const TrainingBatch<T>& whole);

  // One of its parts. Without rows it has an empty input. It lives until the next.
  TrainingBatch<T> part(Index number);

  // Between flat states of the whole and of the last part's rows.
  void readStates(const T* ofWhole, T* ofPart) const;
  void writeStates(const T* ofPart, T* ofWhole) const;

 private:
  // One side of a batch: the input or the source.
  struct Half {
    explicit Half(Index elementWidth) : width(elementWidth) {}

    // Takes the rows that are in `rows`, which rise.
    void take(const SequenceLayout& whole, const std::vector<Index>& lengths, const TokenId* ids, const T* features);
    [[nodiscard]] SequenceLayout layout() const;
    // What stands at the part's positions of an array over the whole's.
    template <class Element>
    const Element* pick(const Element* from, Index elementWidth, std::vector<Element>& to) const;

    Index width;              // of a vector
    std::vector<Index> rows;  // of the whole, of each row here
    std::vector<Index> starts;
    bool ragged = false;
    RowsOfWhole place;
    std::vector<TokenId> partIds;
    std::vector<T> partFeatures;
  };

  // visit(part's, whole's, count) for each state of each row.
  template <class Visit>
  void forStates(Visit&& visit) const;

  const Model<T>* model_;
  Index parts_;
  TrainingBatch<T> whole_;
  std::vector<Index> lengths_;        // of the whole's rows
  std::vector<Index> sourceLengths_;  // of its source's
  Half input_;
  Half source_;
  std::vector<Index> sourceRows_;  // of each row of the part, its row of the part's source
  std::vector<TokenId> targetIds_;
  std::vector<T> targetValues_;
};

}  // namespace unrolled
