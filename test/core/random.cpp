// The counter-based generator: its published vectors, its streams and its distributions.

#include "base/random.h"

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

TEST_CASE("Philox4x32-10 gives the vectors published with Random123") {
  CHECK(Random::philox({0, 0, 0, 0}, {0, 0}) == Random::Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(Random::philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        Random::Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(Random::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Random::Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream counts blocks under its seed, use and step") {
  Random random(0x123456789abcdef0, RandomUse::sampling, 0x0fedcba987654321);
  for (std::uint32_t block = 0; block < 5; ++block) {
    const Random::Block expected = Random::philox(
        {block, static_cast<std::uint32_t>(RandomUse::sampling), 0x87654321, 0x0fedcba9}, {0x9abcdef0, 0x12345678});
    for (const std::uint32_t word : expected) CHECK(random.next() == word);
  }
}

TEST_CASE("streams differ in seed, use and step") {
  const std::uint32_t first = Random(1, RandomUse::shuffle, 1).next();
  CHECK(Random(1, RandomUse::shuffle, 1).next() == first);
  CHECK(Random(2, RandomUse::shuffle, 1).next() != first);
  CHECK(Random(1, RandomUse::sampling, 1).next() != first);
  CHECK(Random(1, RandomUse::shuffle, 2).next() != first);
  CHECK(Random(1 + (std::uint64_t{1} << 32U), RandomUse::shuffle, 1).next() != first);
  CHECK(Random(1, RandomUse::shuffle, 1 + (std::uint64_t{1} << 32U)).next() != first);
}

TEST_CASE("uniform numbers have their moments and stay in [0, 1)") {
  Random random(3, RandomUse::initialization, 0);
  constexpr int count = 400000;
  double sum = 0;
  double squares = 0;
  double product = 0;
  double previous = 0.5;
  bool inside = true;
  std::vector<int> bins(16);
  for (int i = 0; i < count; ++i) {
    const double x = random.uniform();
    inside = inside && x >= 0 && x < 1;
    sum += x;
    squares += x * x;
    product += (x - 0.5) * (previous - 0.5);
    previous = x;
    ++bins[static_cast<std::size_t>(x * 16)];
  }
  CHECK(inside);
  CHECK(std::abs(sum / count - 0.5) < 0.0025);  // five standard deviations each
  CHECK(std::abs(squares / count - 1.0 / 3) < 0.0025);
  CHECK(std::abs(product / count) < 0.0007);
  for (const int bin : bins) CHECK(std::abs(bin - count / 16) < 800);
}

TEST_CASE("normal numbers have their moments and tails") {
  Random random(4, RandomUse::initialization, 0);
  constexpr int count = 400000;
  double moments[5] = {};
  int beyondTwo = 0;
  for (int i = 0; i < count; ++i) {
    const double x = random.normal();
    double power = 1;
    for (double& moment : moments) {
      moment += power / count;
      power *= x;
    }
    if (std::abs(x) > 2) ++beyondTwo;
  }
  CHECK(std::abs(moments[1]) < 0.008);
  CHECK(std::abs(moments[2] - 1) < 0.012);
  CHECK(std::abs(moments[3]) < 0.031);
  CHECK(std::abs(moments[4] - 3) < 0.08);
  CHECK(std::abs(static_cast<double>(beyondTwo) / count - 0.0455003) < 0.0017);
}

TEST_CASE("numbers below a bound are equally likely") {
  for (const std::uint32_t bound : {1U, 2U, 3U, 7U, 10U}) {
    CAPTURE(bound);
    Random random(5, RandomUse::shuffle, bound);
    constexpr int count = 140000;
    std::vector<int> seen(bound);
    for (int i = 0; i < count; ++i) ++seen.at(random.below(bound));
    const double expected = static_cast<double>(count) / bound;
    for (const int number : seen) CHECK(std::abs(number - expected) < 5 * std::sqrt(expected));
  }
  // A bound of 3/4 of 2^32: without rejection every third number would come twice as often as the others.
  Random random(6, RandomUse::shuffle, 0);
  constexpr std::uint32_t bound = 0xC0000000;
  int thirds = 0;
  for (int i = 0; i < 60000; ++i) {
    const std::uint32_t number = random.below(bound);
    CHECK(number < bound);
    if (number % 3 == 0) ++thirds;
  }
  CHECK(std::abs(thirds - 20000) < 600);
}
