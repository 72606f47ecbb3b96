// Converts a padded batch with lengths to the order of a SequenceLayout and back: rows by falling length, without
// padding. Padding is never read, and comes back as zeros.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/sequence.h"
#include "base/types.h"

namespace unrolled {

class Packing {
 public:
  // `lengths` of the rows of a batch of `time` steps. Throws ERR_UNROLLED_OPTION_RANGE for a length
  // that is not in [1, time].
  Packing(Index time, std::vector<Index> lengths) : time_(time), lengths_(std::move(lengths)), order_(lengths_.size()) {
    for (const Index length : lengths_) {
      if (length >= 1 && length <= time) continue;
      const std::string expected = "whole numbers from 1 to " + std::to_string(time);
      throw Error::mustBe("ERR_UNROLLED_OPTION_RANGE", "lengths", expected, std::to_string(length));
    }
    std::iota(order_.begin(), order_.end(), Index{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [this](Index a, Index b) { return lengths_[asSize(a)] > lengths_[asSize(b)]; });
    const Index longest = lengths_[asSize(order_.front())];
    starts_.assign(asSize(longest) + 1, 0);
    for (Index t = 0; t < longest; ++t) {
      const auto rows = std::count_if(lengths_.begin(), lengths_.end(), [t](Index length) { return length > t; });
      starts_[asSize(t) + 1] = starts_[asSize(t)] + static_cast<Index>(rows);
    }
  }

  [[nodiscard]] SequenceLayout layout() const {
    return {static_cast<Index>(starts_.size()) - 1, static_cast<Index>(order_.size()), starts_.data()};
  }

  // The position of each of the caller's rows, [B].
  [[nodiscard]] std::vector<Index> places() const {
    std::vector<Index> places(order_.size());
    for (std::size_t row = 0; row < order_.size(); ++row) places[asSize(order_[row])] = static_cast<Index>(row);
    return places;
  }

  // The caller's number of each row here, [B].
  [[nodiscard]] const std::vector<Index>& order() const { return order_; }

  // [T, B, width] without its padding.
  template <class Element>
  [[nodiscard]] std::vector<Element> pack(const std::vector<Element>& padded, Index width) const {
    std::vector<Element> packed(asSize(layout().positions() * width));
    forPositions([&](Index position, Index place) {
      std::copy_n(padded.data() + place * width, width, packed.data() + position * width);
    });
    return packed;
  }

  // Back to [T, B, width], zeros in the padding.
  template <class Element>
  [[nodiscard]] std::vector<Element> unpack(const Element* packed, Index width) const {
    std::vector<Element> padded(asSize(time_ * layout().batch * width));
    forPositions([&](Index position, Index place) {
      std::copy_n(packed + position * width, width, padded.data() + place * width);
    });
    return padded;
  }

  // The rows of [B, width] in the layout's order, and back.
  template <class Element>
  void packRows(const Element* from, Index width, Element* to) const {
    for (std::size_t row = 0; row < order_.size(); ++row) {
      std::copy_n(from + order_[row] * width, width, to + static_cast<Index>(row) * width);
    }
  }
  template <class Element>
  void unpackRows(const Element* from, Index width, Element* to) const {
    for (std::size_t row = 0; row < order_.size(); ++row) {
      std::copy_n(from + static_cast<Index>(row) * width, width, to + order_[row] * width);
    }
  }

 private:
  static std::size_t asSize(Index index) { return static_cast<std::size_t>(index); }

  // visit(position without padding, place in the padded batch)
  template <class Visit>
  void forPositions(Visit&& visit) const {
    const SequenceLayout packed = layout();
    for (Index t = 0; t < packed.time; ++t) {
      for (Index row = 0; row < packed.rowsAt(t); ++row) {
        visit(packed.start(t) + row, t * packed.batch + order_[asSize(row)]);
      }
    }
  }

  Index time_;
  std::vector<Index> lengths_;
  std::vector<Index> order_;  // the caller's number of each row here
  std::vector<Index> starts_;
};

}  // namespace unrolled
