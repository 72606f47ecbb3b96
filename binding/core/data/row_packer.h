// Pieces of flat arrays as the rows of one batch, in the order a SequenceLayout has: by falling length,
// step after step, without padding.
#pragma once

#include <algorithm>
#include <vector>

#include "base/sequence.h"
#include "base/types.h"

namespace unrolled {

struct Piece {
  Index row = 0;    // the caller's number of it
  Index begin = 0;  // its first element
  Index length = 0;
  Index number = 0;  // of its row in the batch, before rows are sorted by length
};

class RowPacker {
 public:
  // Room for batches of up to so many rows and steps, so that arranging one allocates nothing.
  void reserve(Index rows, Index time) {
    pieces_.reserve(static_cast<std::size_t>(rows));
    starts_.reserve(static_cast<std::size_t>(time) + 1);
  }

  // Takes the pieces of the next batch, at least one, none empty; equal lengths stay in the caller's order.
  void arrange(const std::vector<Piece>& pieces) {
    pieces_ = pieces;
    // An insertion sort: stable, without memory of its own, and rows of streams come nearly sorted.
    for (std::size_t i = 1; i < pieces_.size(); ++i) {
      const auto place = std::upper_bound(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(i), pieces_[i],
                                          [](const Piece& a, const Piece& b) { return a.length > b.length; });
      std::rotate(place, pieces_.begin() + static_cast<std::ptrdiff_t>(i),
                  pieces_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
    starts_.assign(1, 0);
    std::size_t rows = pieces_.size();
    for (Index t = 0; t < pieces_.front().length; ++t) {
      while (pieces_[rows - 1].length <= t) --rows;
      starts_.push_back(starts_.back() + static_cast<Index>(rows));
    }
  }

  // In the order of the rows.
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
  [[nodiscard]] SequenceLayout layout() const {
    const bool equal = pieces_.front().length == pieces_.back().length;
    return {pieces_.front().length, static_cast<Index>(pieces_.size()), equal ? nullptr : starts_.data()};
  }

  // The rows' elements, of `width` numbers each, out of a flat array; `shift` elements later.
  template <class Element>
  const Element* pack(const std::vector<Element>& flat, Index width, std::vector<Element>& to, Index shift = 0) const {
    to.resize(static_cast<std::size_t>(starts_.back() * width));
    Element* next = to.data();
    forPositions([&](const Piece& piece, Index t) {
      next = std::copy_n(flat.data() + (piece.begin + t + shift) * width, width, next);
    });
    return to.data();
  }

  // Puts what stands at the rows' positions back into a flat array.
  template <class Element>
  void unpack(const Element* packed, Index width, std::vector<Element>& flat) const {
    forPositions([&](const Piece& piece, Index t) {
      std::copy_n(packed, width, flat.data() + (piece.begin + t) * width);
      packed += width;
    });
  }

  // One thing a row, out of an array by the caller's numbers.
  template <class Element>
  const Element* packRows(const std::vector<Element>& rows, Index width, std::vector<Element>& to) const {
    to.resize(pieces_.size() * static_cast<std::size_t>(width));
    Element* next = to.data();
    for (const Piece& piece : pieces_) next = std::copy_n(rows.data() + piece.row * width, width, next);
    return to.data();
  }

 private:
  // visit(piece, t) in the order of the positions.
  template <class Visit>
  void forPositions(Visit&& visit) const {
    for (std::size_t t = 0; t + 1 < starts_.size(); ++t) {
      const Index rows = starts_[t + 1] - starts_[t];
      for (Index row = 0; row < rows; ++row) visit(pieces_[static_cast<std::size_t>(row)], static_cast<Index>(t));
    }
  }

  std::vector<Piece> pieces_;
  std::vector<Index> starts_;
};

}  // namespace unrolled
