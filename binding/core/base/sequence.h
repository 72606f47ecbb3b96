// Sequences, time-major: the values that pass between layers.
#pragma once

#include "base/types.h"

namespace unrolled {

class TouchedRows;

// The rows of a batch that have a value at each time step. Rows are ordered by falling length, so those of step t are
// the first `rowsAt(t)`. Positions are stored step by step without a gap, so a row takes neither work nor memory after
// its end.
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

// The rows of a part of a batch within the whole batch: each position of the part is one of the whole.
struct RowsOfWhole {
  SequenceLayout layout;        // of the whole
  const Index* rows = nullptr;  // the row of the whole for each row of the part

  // Calls visit(position, position in the whole, count) for runs of positions that are adjacent in both, for the steps
  // [first, end) of a part with that layout.
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

// [T, B, features] in its layout: vectors in memory, or ids that name rows of a table. A consumer gathers the rows only
// if it needs them, and may work on the rows of the table instead of on every position.
template <class T>
struct Sequence {
  SequenceLayout layout;
  Index features = 0;
  const T* data = nullptr;       // [T, B, features], or null if there are ids
  const TokenId* ids = nullptr;  // [T, B]
  const T* table = nullptr;      // [tableRows, features]; null with ids: the identity, one-hot vectors
  T* tableGradient = nullptr;    // the same shape: where the gradient goes, written whole
  Index tableRows = 0;
  // If the sequence has only one reader: lets the reader write only the few rows of `tableGradient` that it adds to,
  // all others being known as zero. Null if the gradient must be written as a whole.
  TouchedRows* touched = nullptr;

  [[nodiscard]] Index positions() const { return layout.positions(); }
};

}  // namespace unrolled
