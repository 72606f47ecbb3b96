// What flows from layer to layer: sequences, time-major.
#pragma once

#include "base/types.h"

namespace unrolled {

class TouchedRows;

// Which rows of a batch have a value at which time step. Rows come in the order of falling length, so
// that those of step t are the first `rowsAt(t)`; the positions of a sequence lie step after step
// without a gap. So a shorter row takes neither work nor memory once it has ended.
struct SequenceLayout {
  Index time = 0;                 // T, of the longest row
  Index batch = 0;                // B
  const Index* starts = nullptr;  // [T + 1]: positions before each step; null if all rows are as long

  [[nodiscard]] Index start(Index t) const { return starts == nullptr ? t * batch : starts[t]; }
  [[nodiscard]] Index rowsAt(Index t) const { return starts == nullptr ? batch : starts[t + 1] - starts[t]; }
  [[nodiscard]] Index positions() const { return start(time); }

  // The length of each row, [B].
  void copyLengths(Index* lengths) const {
    forEnds([lengths](Index t, Index first, Index end) {
      for (Index row = first; row < end; ++row) lengths[row] = t + 1;
    });
  }

  // Calls visit(t, first, end) for each step t at which rows [first, end) have their last value.
  template <class Visit>
  void forEnds(Visit&& visit) const {
    for (Index t = 0; t < time; ++t) {
      const Index next = t + 1 < time ? rowsAt(t + 1) : 0;
      if (next < rowsAt(t)) visit(t, next, rowsAt(t));
    }
  }
};

// [T, B, features] as its layout has it: vectors in memory, or ids that name rows of a table and are gathered only
// where a consumer needs them. A consumer may work on the table's rows instead of on every position.
template <class T>
struct Sequence {
  SequenceLayout layout;
  Index features = 0;
  const T* data = nullptr;       // [T, B, features], or null if there are ids
  const TokenId* ids = nullptr;  // [T, B]
  const T* table = nullptr;      // [tableRows, features]; null with ids: the identity, one-hot vectors
  T* tableGradient = nullptr;    // the same shape: where the gradient goes, written whole
  Index tableRows = 0;
  // Where the sequence has but one reader: how it may write the few rows of `tableGradient` it adds to and have the
  // others known as zero. Null where the gradient must be written whole.
  TouchedRows* touched = nullptr;

  [[nodiscard]] Index positions() const { return layout.positions(); }
};

}  // namespace unrolled
