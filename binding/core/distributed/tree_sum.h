// The order of every sum over shards and ranks: a binary tree over their numbers, fixed by how many there are.
#pragma once

#include "base/types.h"

namespace unrolled {

// Adds parts[0] to parts[count - 1], arrays of so many elements, into parts[0]; the others are overwritten. Part i
// takes part i + 1 for each even i, then part i + 2 for each i that 4 divides, and so on. If a power of two of ranks
// has equal numbers of consecutive parts, also a power of two, the sums of the ranks, added in the same way, have the
// same bits.
template <class T>
void addInTree(T* const* parts, Index count, Index elements) {
  for (Index stride = 1; stride < count; stride *= 2) {
    for (Index i = 0; i + stride < count; i += 2 * stride) {
      T* into = parts[i];
      const T* from = parts[i + stride];
      for (Index j = 0; j < elements; ++j) into[j] += from[j];
    }
  }
}

}  // namespace unrolled
