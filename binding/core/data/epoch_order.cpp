#include "data/epoch_order.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include "base/random.h"

namespace unrolled {

EpochOrder::EpochOrder(std::vector<Index> lengths, const Batching& batching, std::uint64_t seed)
    : lengths_(std::move(lengths)), batching_(batching), seed_(seed), order_(lengths_.size()) {
  batching_.batch = std::min(batching_.batch, static_cast<Index>(lengths_.size()));
  batchOrder_.resize(static_cast<std::size_t>(batches()));
  const auto [least, most] = std::minmax_element(lengths_.begin(), lengths_.end());
  longest_ = *most;
  ragged_ = batching_.batch > 1 && *least != *most;
  std::vector<Index> ordered = lengths_;
  const auto end = ordered.begin() + batching_.batch;
  if (end != ordered.end()) std::nth_element(ordered.begin(), end, ordered.end(), std::greater<>());
  mostPositions_ = std::accumulate(ordered.begin(), end, Index{0});
}

Index EpochOrder::batches() const {
  return (static_cast<Index>(lengths_.size()) + batching_.batch - 1) / batching_.batch;
}

void EpochOrder::addTo(Hash& hash) const {
  // Options that cannot change the batches are not part of the identity.
  const bool drawn = batching_.shuffle;
  hash.add(batching_.batch).add(Index{drawn}).add(drawn ? seed_ : 0).add(batching_.bucketing);
}

EpochOrder::Examples EpochOrder::examples(Index epoch, Index step) {
  if (epoch != arrangedEpoch_) arrange(epoch);
  const Index begin = batchOrder_[static_cast<std::size_t>(step)] * batching_.batch;
  const Index end = std::min(begin + batching_.batch, static_cast<Index>(order_.size()));
  return {order_.data() + begin, end - begin};
}

void EpochOrder::arrange(Index epoch) {
  const auto shuffle = [&](std::vector<Index>& numbers, std::uint32_t part) {
    Random random(seed_, RandomUse::shuffle, static_cast<std::uint64_t>(epoch), part);
    for (std::size_t i = numbers.size(); i > 1; --i) {
      std::swap(numbers[i - 1], numbers[random.below(static_cast<std::uint32_t>(i))]);
    }
  };
  std::iota(order_.begin(), order_.end(), Index{0});
  std::iota(batchOrder_.begin(), batchOrder_.end(), Index{0});
  if (batching_.shuffle) shuffle(order_, 0);
  if (batching_.bucketing > 0) {
    const auto count = static_cast<Index>(order_.size());
    const Index pool = std::min(count, batching_.bucketing) * batching_.batch;
    for (Index begin = 0; begin < count; begin += pool) {
      std::stable_sort(order_.begin() + begin, order_.begin() + std::min(begin + pool, count),
                       [this](Index a, Index b) {
                         return lengths_[static_cast<std::size_t>(a)] > lengths_[static_cast<std::size_t>(b)];
                       });
    }
    if (batching_.shuffle) shuffle(batchOrder_, 1);
  }
  arrangedEpoch_ = epoch;
}

}  // namespace unrolled
