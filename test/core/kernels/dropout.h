// The plain dropout: one Philox block for each element.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "base/types.h"
#include "kernels/kernel_table.h"
#include "zero_if_finite.h"

namespace unrolled::reference {

template <class T>
void drop(Index count, const RandomStream& stream, Index first, std::uint32_t threshold, T scale, const T* x, T* y) {
  for (Index i = 0; i < count; ++i) {
    const Index element = first + i;
    const auto block = static_cast<std::uint32_t>(element / 64 * 16 + element % 16);
    const Random::Block words = Random::philox({block, stream.counter[0], stream.counter[1], stream.counter[2]},
                                               {stream.key[0], stream.key[1]});
    y[i] = words[static_cast<std::size_t>(element % 64 / 16)] >= threshold ? x[i] * scale : zeroIfFinite(x[i]);
  }
}

}  // namespace unrolled::reference
