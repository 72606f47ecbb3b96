// A sequence row by row: the steps of each row as a matrix [length, width]. Where all rows are as long as each other
// such a matrix lies in the sequence itself, with a stride; else in a copy whose rows follow one another.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/sequence.h"
#include "kernels/gather.h"

namespace unrolled {

class RowOrder {
 public:
  // Makes room for that many rows.
  void reserve(Index batch) {
    const auto rows = static_cast<std::size_t>(batch);
    lengths_.resize(std::max(lengths_.size(), rows));
    firsts_.resize(lengths_.size());
  }

  // Takes over a layout of no more rows.
  void follow(const SequenceLayout& layout) {
    layout_ = layout;
    layout.copyLengths(lengths_.data());
    Index first = 0;
    for (Index row = 0; row < layout.batch; ++row) {
      firsts_[static_cast<std::size_t>(row)] = inPlace() ? row : first;
      first += length(row);
    }
  }

  [[nodiscard]] const SequenceLayout& layout() const { return layout_; }
  // Whether no copy is needed.
  [[nodiscard]] bool inPlace() const { return layout_.starts == nullptr; }
  [[nodiscard]] Index length(Index row) const { return lengths_[static_cast<std::size_t>(row)]; }
  // The position of a row's first step, and the distance from one step to the next, in vectors.
  [[nodiscard]] Index first(Index row) const { return firsts_[static_cast<std::size_t>(row)]; }
  [[nodiscard]] Index stride() const { return inPlace() ? layout_.batch : 1; }
  [[nodiscard]] Index place(Index t, Index row) const { return first(row) + t * stride(); }

  // vectors [positions, width] row by row: themselves, or copied to `copy`.
  template <class T>
  const T* toRows(const Parallel& parallel, Index width, const T* vectors, T* copy) const {
    if (inPlace()) return vectors;
    forPositions(parallel, width, [&](Index position, Index rowPlace) noexcept {
      std::copy_n(vectors + position * width, width, copy + rowPlace * width);
    });
    return copy;
  }

  // The reverse, step by step.
  template <class T>
  T* toSteps(const Parallel& parallel, Index width, T* rows, T* copy) const {
    if (inPlace()) return rows;
    forPositions(parallel, width, [&](Index position, Index rowPlace) noexcept {
      std::copy_n(rows + rowPlace * width, width, copy + position * width);
    });
    return copy;
  }

 private:
  template <class Visit>
  void forPositions(const Parallel& parallel, Index width, Visit&& visit) const {
    const Index grain = std::max<Index>(1, gatherGrain / (width * layout_.batch));
    parallel.forRange(layout_.time, grain, [&](Index begin, Index end) noexcept {
      for (Index t = begin; t < end; ++t) {
        for (Index row = 0; row < layout_.rowsAt(t); ++row) visit(layout_.start(t) + row, place(t, row));
      }
    });
  }

  SequenceLayout layout_;
  std::vector<Index> lengths_;  // [B]
  std::vector<Index> firsts_;   // [B]
};

}  // namespace unrolled
