// In which order an epoch takes its examples: another each time, of all lengths, the same for a seed.

#include "data/epoch_order.h"

#include <algorithm>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

using Batches = std::vector<std::vector<Index>>;

constexpr Index count = 60;

// Lengths of 1 to 20, each of which three examples have.
Index lengthOf(Index example) { return 1 + example * 7 % 20; }

EpochOrder orderOf(const Batching& batching, std::uint64_t seed = 4) {
  std::vector<Index> lengths;
  for (Index example = 0; example < count; ++example) lengths.push_back(lengthOf(example));
  return {lengths, batching, seed};
}

Batches epochOf(EpochOrder& order, Index epoch) {
  Batches batches;
  for (Index step = 0; step < order.batches(); ++step) {
    const auto [numbers, size] = order.examples(epoch, step);
    batches.emplace_back(numbers, numbers + size);
  }
  return batches;
}

// The longest example of each batch, in the order of the batches.
std::vector<Index> longestOf(const Batches& batches) {
  std::vector<Index> longest;
  for (const std::vector<Index>& batch : batches) {
    Index most = 0;
    for (const Index example : batch) most = std::max(most, lengthOf(example));
    longest.push_back(most);
  }
  return longest;
}

std::set<std::set<Index>> asSets(const Batches& batches) {
  std::set<std::set<Index>> sets;
  for (const std::vector<Index>& batch : batches) sets.insert({batch.begin(), batch.end()});
  return sets;
}

}  // namespace

TEST_CASE("shuffled batches come in another order each epoch, and not by their lengths") {
  // Pools of one batch, of three, and one of all.
  for (const Index bucketing : {Index{0}, Index{1}, Index{3}, Index{100}}) {
    CAPTURE(bucketing);
    EpochOrder order = orderOf({4, true, bucketing});
    std::set<std::vector<Index>> arrangements;
    for (Index epoch = 0; epoch < 6; ++epoch) {
      CAPTURE(epoch);
      const Batches batches = epochOf(order, epoch);
      const std::vector<Index> longest = longestOf(batches);
      arrangements.insert(longest);
      CHECK(!std::is_sorted(longest.begin(), longest.end()));
      CHECK(!std::is_sorted(longest.rbegin(), longest.rend()));
      std::set<Index> seen;
      for (const std::vector<Index>& batch : batches) seen.insert(batch.begin(), batch.end());
      CHECK(seen.size() == asSize(count));
    }
    CHECK(arrangements.size() == 6);
  }
}

TEST_CASE("the batches themselves are others each epoch, and those that are sorted as a whole come in another order") {
  EpochOrder pools = orderOf({4, true, 3});
  CHECK(asSets(epochOf(pools, 0)) != asSets(epochOf(pools, 1)));
  // Of one pool, a batch has the same lengths every time: what differs is when it comes.
  EpochOrder whole = orderOf({4, true, 100});
  std::vector<Index> first = longestOf(epochOf(whole, 0));
  std::vector<Index> second = longestOf(epochOf(whole, 1));
  CHECK(first != second);
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  CHECK(first == second);
}

TEST_CASE("an epoch's order is its own, whatever was asked before, and that of its seed") {
  EpochOrder order = orderOf({4, true, 2});
  const Batches third = epochOf(order, 3);
  epochOf(order, 0);
  CHECK(epochOf(order, 3) == third);
  EpochOrder fresh = orderOf({4, true, 2});
  CHECK(epochOf(fresh, 3) == third);
  EpochOrder other = orderOf({4, true, 2}, 5);
  CHECK(epochOf(other, 3) != third);
}

TEST_CASE("batches that are not shuffled stay in their order") {
  for (const Index bucketing : {Index{0}, Index{2}}) {
    EpochOrder order = orderOf({4, false, bucketing});
    const Batches first = epochOf(order, 0);
    CHECK(epochOf(order, 1) == first);
    CHECK((first.front() == std::vector<Index>{0, 1, 2, 3}) == (bucketing == 0));
    for (const std::vector<Index>& batch : first) {
      if (bucketing > 0) {
        CHECK(std::is_sorted(batch.begin(), batch.end(), [](Index a, Index b) { return lengthOf(a) > lengthOf(b); }));
      }
    }
  }
}
