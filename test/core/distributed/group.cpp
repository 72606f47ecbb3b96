// What every group of ranks does with its one primitive, on ranks that are threads.

#include "distributed/group.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "../support.h"
#include "distributed/in_process_group.h"
#include "distributed/single_process.h"
#include "distributed/tree_sum.h"

using namespace unrolled;

namespace {

// Runs body(group) on each of so many ranks; what each threw.
std::vector<std::optional<Error>> onRanks(int size, const std::function<void(Group&)>& body) {
  auto ranks = inProcessGroup(size);
  std::vector<std::optional<Error>> errors(ranks.size());
  std::vector<std::thread> threads;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    threads.emplace_back([&ranks, &errors, &body, rank] {
      try {
        body(*ranks[rank]);
      } catch (const Error& error) {
        errors[rank] = error;
      }
      ranks[rank].reset();
    });
  }
  for (std::thread& thread : threads) thread.join();
  return errors;
}

void requireNoErrors(const std::vector<std::optional<Error>>& errors) {
  for (const auto& error : errors) REQUIRE_MESSAGE(!error, error->message());
}

// Numbers of very different size, so that the order in which they are added shows.
template <class T>
std::vector<T> valuesOf(int rank, Index count) {
  std::vector<T> values;
  std::uint32_t state = 12345U + static_cast<std::uint32_t>(rank) * 977U;
  for (Index i = 0; i < count; ++i) {
    state = state * 1664525U + 1013904223U;
    const auto mantissa = static_cast<T>(static_cast<std::int32_t>(state)) / static_cast<T>(1 << 20);
    values.push_back(mantissa * static_cast<T>(1U << (state >> 28U)));
  }
  return values;
}

template <class T>
std::vector<std::vector<T>> valuesOfRanks(int ranks, Index count) {
  std::vector<std::vector<T>> parts(static_cast<std::size_t>(ranks));
  for (std::size_t rank = 0; rank < parts.size(); ++rank) parts[rank] = valuesOf<T>(static_cast<int>(rank), count);
  return parts;
}

// The sum by the definition: halves of halves.
template <class T>
T sumOfHalves(const std::vector<std::vector<T>>& parts, std::size_t begin, std::size_t end, std::size_t element) {
  if (end - begin == 1) return parts[begin][element];
  std::size_t half = 1;
  while (half * 2 < end - begin) half *= 2;
  return sumOfHalves(parts, begin, begin + half, element) + sumOfHalves(parts, begin + half, end, element);
}

template <class T>
void checkSums(int size, Index count) {
  CAPTURE(size);
  CAPTURE(count);
  const std::vector<std::vector<T>> parts = valuesOfRanks<T>(size, count);
  std::vector<T> expected;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    expected.push_back(sumOfHalves(parts, 0, parts.size(), i));
  }
  std::vector<std::vector<T>> sums = parts;
  requireNoErrors(
      onRanks(size, [&](Group& group) { group.sum(sums[static_cast<std::size_t>(group.rank())].data(), count); }));
  for (const auto& sum : sums) CHECK(test::sameBits(sum, expected));
}

std::vector<std::byte> bytesOf(const std::string& text) {
  std::vector<std::byte> bytes(text.size());
  if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

}  // namespace

TEST_CASE("sums over ranks are those of the tree, with the same bits on every rank") {
  for (const int size : {1, 2, 3, 4, 5, 8}) {
    for (const Index count : {Index{0}, Index{1}, Index{3}, Index{8}, Index{1001}}) {
      checkSums<float>(size, count);
      checkSums<double>(size, count);
    }
  }
}

TEST_CASE("a sum longer than a piece has no seam") { checkSums<float>(2, (Index{16} << 18U) + 7); }

TEST_CASE("the order in which ranks are added shows in the bits of the tests' numbers") {
  std::vector<std::vector<float>> parts = valuesOfRanks<float>(4, 1001);
  std::vector<float> inOrder = parts[0];
  for (std::size_t rank = 1; rank < parts.size(); ++rank) {
    for (std::size_t i = 0; i < inOrder.size(); ++i) inOrder[i] += parts[rank][i];
  }
  std::array<float*, 4> pointers{parts[0].data(), parts[1].data(), parts[2].data(), parts[3].data()};
  addInTree(pointers.data(), 4, 1001);
  CHECK(!test::sameBits(inOrder, parts[0]));
}

TEST_CASE("eight shards have the same sum on 1, 2, 4 and 8 ranks") {
  constexpr Index count = 501;
  const std::vector<std::vector<float>> shards = valuesOfRanks<float>(8, count);
  std::vector<float> first;
  for (const int size : {1, 2, 4, 8}) {
    CAPTURE(size);
    std::vector<std::vector<float>> parts = shards;
    requireNoErrors(onRanks(size, [&](Group& group) {
      const std::size_t each = 8U / static_cast<std::size_t>(size);
      std::vector<float*> mine;
      for (std::size_t i = 0; i < each; ++i)
        mine.push_back(parts[static_cast<std::size_t>(group.rank()) * each + i].data());
      addInTree(mine.data(), static_cast<Index>(each), count);
      group.sum(mine[0], count);
    }));
    if (first.empty()) first = parts[0];
    CHECK(test::sameBits(first, parts[0]));
  }
}

TEST_CASE("what is not finite on one rank is not finite on all") {
  requireNoErrors(onRanks(4, [](Group& group) {
    std::vector<float> values(5, 1.0F);
    if (group.rank() == 2) values[3] = std::numeric_limits<float>::quiet_NaN();
    group.sum(values.data(), 5);
    CHECK(values[3] != values[3]);
    CHECK(values[2] == 4.0F);
  }));
}

TEST_CASE("a broadcast brings any rank's bytes to all") {
  for (const int size : {1, 2, 3, 4}) {
    for (const std::size_t bytes :
         {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{100003}, (std::size_t{16} << 20U) + 5}) {
      const int root = size - 1;
      CAPTURE(size);
      CAPTURE(bytes);
      requireNoErrors(onRanks(size, [&](Group& group) {
        std::vector<unsigned char> data(bytes);
        for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<unsigned char>(i * 7 + 1);
        std::vector<unsigned char> received(bytes);
        if (group.rank() == root) received = data;
        group.broadcast(received.data(), bytes, root);
        CHECK(received == data);
      }));
    }
  }
}

TEST_CASE("ranks gather bytes of any length, in their order") {
  const std::vector<std::string> texts{"first", "", "the third rank's, which is longer", "4"};
  for (const int size : {1, 2, 4}) {
    requireNoErrors(onRanks(size, [&](Group& group) {
      const std::string& mine = texts[static_cast<std::size_t>(group.rank())];
      const auto all = group.gatherAll(mine.data(), mine.size());
      CHECK(all.size() == static_cast<std::size_t>(size));
      for (std::size_t rank = 0; rank < all.size(); ++rank) CHECK(all[rank] == bytesOf(texts[rank]));
    }));
  }
}

TEST_CASE("nobody passes a barrier before all are there") {
  std::atomic<int> arrived{0};
  requireNoErrors(onRanks(4, [&](Group& group) {
    ++arrived;
    group.barrier();
    CHECK(arrived.load() == 4);
  }));
}

TEST_CASE("ranks that agree go on; one that differs is named on all") {
  const auto compare = [](int size, int differing, bool isOption) {
    return onRanks(size, [=](Group& group) {
      const std::string seed = group.rank() == differing ? "2" : "1";
      group.agree({{"unrolled", "0.1.0"}, {"seed", seed, isOption}, {"data", "cafe"}});
    });
  };
  requireNoErrors(compare(4, -1, true));
  for (const bool isOption : {true, false}) {
    for (const auto& error : compare(4, 0, isOption)) {
      REQUIRE(error);
      CHECK(error->code() == "ERR_UNROLLED_RANKS_DIFFER");
      CHECK(error->fault() == "seed must be the same on all ranks; it is 1, but 2 on rank 0 (host host0)");
      CHECK(error->predicate().empty() != isOption);
      CHECK(error->option() == "seed");
      CHECK(error->received() == "2");
    }
  }
  // Of two, the first is believed.
  for (const auto& error : compare(2, 1, true)) CHECK(error->received() == "2");
  for (const auto& error : compare(2, 0, true)) CHECK(error->received() == "1");
}

TEST_CASE("a rank that fails, or leaves, ends the others' calls with its reason") {
  const auto failed = onRanks(3, [](Group& group) {
    std::vector<float> values(10);
    group.sum(values.data(), 10);
    if (group.rank() == 1) {
      group.fail({"ERR_UNROLLED_NON_FINITE_LOSS", "The loss is NaN"});
      return;
    }
    group.sum(values.data(), 10);
  });
  CHECK(!failed[1]);
  for (const std::size_t rank : {0U, 2U}) {
    REQUIRE(failed[rank]);
    CHECK(failed[rank]->code() == "ERR_UNROLLED_RANK_LOST");
    CHECK(failed[rank]->fault() == "Rank 1 (host host1) failed: The loss is NaN");
  }
  const auto left = onRanks(2, [](Group& group) {
    if (group.rank() == 0) group.barrier();
  });
  REQUIRE(left[0]);
  CHECK(left[0]->fault() == "Rank 1 (host host1) has left the training");
}

TEST_CASE("a call that waits ends when it is interrupted") {
  auto ranks = inProcessGroup(2);
  std::optional<Error> error;
  std::thread waiting([&] {
    try {
      ranks[0]->barrier();
    } catch (const Error& caught) {
      error = caught;
    }
  });
  ranks[0]->interrupt();
  waiting.join();
  REQUIRE(error);
  CHECK(error->code() == "ERR_UNROLLED_ABORTED");
}

TEST_CASE("a process alone takes part in everything at once") {
  SingleProcess alone;
  std::vector<float> values{1.0F, 2.0F};
  alone.sum(values.data(), 2);
  alone.broadcast(values.data(), sizeof(float) * 2);
  alone.barrier();
  alone.agree({{"seed", "1", true}});
  CHECK(values == std::vector<float>{1.0F, 2.0F});
  CHECK(alone.gatherAll(values.data(), 4).size() == 1);
  CHECK(alone.secondsWaited() == 0.0);
}
