// Units dropped by a stream of Philox4x32-10 (see random.h), sixteen blocks of it at a time.
// Plain reference: test/core/kernels/dropout.h.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/simd.h"

namespace unrolled::UNROLLED_ISA {

constexpr Index philoxBlocks = dropoutGroup / 4;

// words [4, 16]: of the blocks `first` to first + 15.
UNROLLED_INLINE void philoxGroup(const RandomStream& stream, std::uint32_t first, std::uint32_t* __restrict words) {
  std::uint32_t* const a = words;
  std::uint32_t* const b = words + philoxBlocks;
  std::uint32_t* const c = words + 2 * philoxBlocks;
  std::uint32_t* const d = words + 3 * philoxBlocks;
  for (Index i = 0; i < philoxBlocks; ++i) {
    a[i] = first + static_cast<std::uint32_t>(i);
    b[i] = stream.counter[0];
    c[i] = stream.counter[1];
    d[i] = stream.counter[2];
  }
  std::uint32_t key0 = stream.key[0];
  std::uint32_t key1 = stream.key[1];
  for (int round = 0; round < 10; ++round) {
    for (Index i = 0; i < philoxBlocks; ++i) {
      const std::uint64_t product0 = static_cast<std::uint64_t>(0xD2511F53U) * a[i];
      const std::uint64_t product1 = static_cast<std::uint64_t>(0xCD9E8D57U) * c[i];
      a[i] = static_cast<std::uint32_t>(product1 >> 32U) ^ b[i] ^ key0;
      b[i] = static_cast<std::uint32_t>(product1);
      c[i] = static_cast<std::uint32_t>(product0 >> 32U) ^ d[i] ^ key1;
      d[i] = static_cast<std::uint32_t>(product0);
    }
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
}

template <class T>
void drop(Index count, const RandomStream& stream, Index first, std::uint32_t threshold, T scale, const T* x, T* y) {
  std::uint32_t words[dropoutGroup];
  for (Index at = 0; at < count; at += dropoutGroup) {
    philoxGroup(stream, static_cast<std::uint32_t>((first + at) / 4), words);
    const Index group = count - at < dropoutGroup ? count - at : dropoutGroup;
    for (Index i = 0; i < group; ++i) y[at + i] = words[i] >= threshold ? x[at + i] * scale : x[at + i] - x[at + i];
  }
}

}  // namespace unrolled::UNROLLED_ISA
