// The plain product of two matrices, sums taken in double: of packed, small and large ones.
#pragma once

#include "base/types.h"

namespace unrolled::reference {

// out is [rows, columns]; a is [rows, depth], b is [depth, columns].
template <class T>
void product(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* out,
             Index outStride, bool accumulate) {
  for (Index row = 0; row < rows; ++row) {
    for (Index column = 0; column < columns; ++column) {
      double sum = accumulate ? static_cast<double>(out[row * outStride + column]) : 0;
      for (Index k = 0; k < depth; ++k) {
        sum += static_cast<double>(a[row * aStride + k]) * static_cast<double>(b[k * bStride + column]);
      }
      out[row * outStride + column] = static_cast<T>(sum);
    }
  }
}

}  // namespace unrolled::reference
