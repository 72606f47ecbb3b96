// The order of examples in an epoch: each is in one batch, and the last batch may be smaller.
#pragma once

#include <cstdint>
#include <vector>

#include "base/hash.h"
#include "base/types.h"

namespace unrolled {

struct Batching {
  Index batch = 1;
  bool shuffle = false;
  // Batches of a pool that is sorted by length before it is cut into batches; 0 is off.
  Index bucketing = 0;
};

class EpochOrder {
 public:
  EpochOrder(std::vector<Index> lengths, const Batching& batching, std::uint64_t seed);

  [[nodiscard]] Index batches() const;
  [[nodiscard]] Index batch() const { return batching_.batch; }
  // Examples [0, count) of the batch of a step. The order is a function of (seed, epoch) alone.
  struct Examples {
    const Index* numbers;
    Index count;
  };
  Examples examples(Index epoch, Index step);
  // Examples that the first call for that epoch has to put in order.
  [[nodiscard]] Index unordered(Index epoch) const {
    return epoch == arrangedEpoch_ ? 0 : static_cast<Index>(order_.size());
  }

  [[nodiscard]] Index longest() const { return longest_; }
  // Positions of the largest batch that could be, and whether rows of one may differ in length.
  [[nodiscard]] Index mostPositions() const { return mostPositions_; }
  [[nodiscard]] bool ragged() const { return ragged_; }
  void addTo(Hash& hash) const;

 private:
  void arrange(Index epoch);

  std::vector<Index> lengths_;
  Batching batching_;
  std::uint64_t seed_;
  // Identity of the lengths, which every run needs.
  Index longest_ = 0;
  Index mostPositions_ = 0;
  bool ragged_ = false;
  Index arrangedEpoch_ = -1;
  std::vector<Index> order_;
  std::vector<Index> batchOrder_;
};

}  // namespace unrolled
