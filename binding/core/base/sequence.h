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
  const Index* starts = nullptr;  // [T + 1]: positions before each step; null where all rows are as long

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

// Where the rows of a part of a batch stand in the whole: a position of the part is one of the whole.
struct RowsOfWhole {
  SequenceLayout layout;        // of the whole
  const Index* rows = nullptr;  // of each row of the part, the row of the whole

  // Calls visit(position, of the whole, count) for runs of positions that lie side by side in both: of steps
  // [first, end) of a part of that layout.
  template <class Visit>
  void forRuns(const SequenceLayout& part, Index first, Index end, Visit&& visit) const {
    for (Index t = first; t < end; ++t) {
      const Index count = part.rowsAt(t);
      for (Index row = 0, next = 0; row < count; row = next) {
        next = row + 1;
        while (next < count && rows[next] == rows[row] + next - row) ++next;
        visit(part.start(t) + row, layout.start(t) + rows[row], next - row);
      }
    }
  }
};

// [T, B, features] as its layout has it: vectors in memory, or ids that name rows of a table and are gathered only
// where a consumer needs them. A consumer may work on the table's rows instead of on every position.
template <class T>
struct Sequence {
  SequenceLayout layout;
  Index features = 0;
  const T* data = nullptr;       // [T, B, features], or null where there are ids
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
