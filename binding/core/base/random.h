// Random numbers by counting: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", 2011). A stream is named by (seed, use, step), so a resumed or re-threaded run draws
// the numbers it would have drawn.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "base/types.h"

namespace unrolled {

// The use of a stream of numbers, which is part of its key.
enum class RandomUse : std::uint32_t { initialization = 1, shuffle = 2, sampling = 3, dropout = 4, classSampling = 5 };

class Random {
 public:
  // `part` distinguishes streams of one use and step, for example the layers that drop units; below 2^24.
  Random(std::uint64_t seed, RandomUse use, std::uint64_t step, std::uint32_t part = 0)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U)},
        counter_{0, static_cast<std::uint32_t>(use) | part << 8U, static_cast<std::uint32_t>(step),
                 static_cast<std::uint32_t>(step >> 32U)} {}

  // The next number is the first of that block of four, for code that draws a part of a stream.
  void seek(std::uint32_t block) {
    counter_[0] = block;
    used_ = block_.size();
  }

  std::uint32_t next() {
    if (used_ == block_.size()) {
      block_ = philox(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    return block_[used_++];
  }

  // Uniform in [0, 1) with 53 random bits.
  double uniform() {
    const std::uint64_t high = next() >> 5U;
    const std::uint64_t low = next() >> 6U;
    return static_cast<double>((high << 26U) | low) * 0x1p-53;
  }

  // Standard normal, by Box and Muller.
  double normal() {
    constexpr double tau = 6.283185307179586;
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(tau * uniform());
  }

  // Uniform in [0, bound), without bias.
  std::uint32_t below(std::uint32_t bound) {
    const std::uint32_t rejected = (0U - bound) % bound;
    for (;;) {
      const std::uint64_t product = static_cast<std::uint64_t>(next()) * bound;
      if (static_cast<std::uint32_t>(product) >= rejected) return static_cast<std::uint32_t>(product >> 32U);
    }
  }

  using Block = std::array<std::uint32_t, 4>;
  using Key = std::array<std::uint32_t, 2>;

  [[nodiscard]] const Key& key() const { return key_; }
  // The counter of the next block; its first word counts the blocks.
  [[nodiscard]] const Block& counter() const { return counter_; }

  // The bijection itself: ten rounds over a counter.
  static Block philox(Block counter, Key key) {
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t first = static_cast<std::uint64_t>(0xD2511F53U) * counter[0];
      const std::uint64_t second = static_cast<std::uint64_t>(0xCD9E8D57U) * counter[2];
      counter = {static_cast<std::uint32_t>(second >> 32U) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(second),
                 static_cast<std::uint32_t>(first >> 32U) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(first)};
      key[0] += 0x9E3779B9U;
      key[1] += 0xBB67AE85U;
    }
    return counter;
  }

 private:
  Key key_;
  Block counter_;
  Block block_{};
  std::size_t used_ = 4;
};

}  // namespace unrolled
