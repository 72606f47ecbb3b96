// The plain product with a transposed matrix, sums taken in double.
#pragma once

#include "base/types.h"

namespace unrolled::reference {

// out is [rows, columns]; a is [rows, depth], b is [columns, depth].
template <class T>
void rowProduct(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* out,
                Index outStride, bool accumulate) {
  for (Index row = 0; row < rows; ++row) {
    for (Index column = 0; column < columns; ++column) {
      double sum = accumulate ? static_cast<double>(out[row * outStride + column]) : 0;
      for (Index k = 0; k < depth; ++k) {
        sum += static_cast<double>(a[row * aStride + k]) * static_cast<double>(b[column * bStride + k]);
      }
      out[row * outStride + column] = static_cast<T>(sum);
    }
  }
}

}  // namespace unrolled::reference
