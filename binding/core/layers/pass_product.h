// The product of a pass's vectors with a weight as it is stored.
#pragma once

#include <algorithm>

#include "blas.h"
#include "kernels/kernel_table.h"
#include "layers/layer.h"

namespace unrolled {

// out [count, outputs], its rows `stride` apart, = (accumulate ? out : 0) + vectors [count, features] · weightᵀ, weight
// [outputs, features]; where the pass keeps its rows apart, by a kernel to which no row matters but an element's own.
template <class T>
void multiplyWeight(const Pass<T>& pass, Index count, Index outputs, Index features, const T* vectors, const T* weight,
                    T* out, Index stride, bool accumulate) {
  // Multiply-adds and columns that a tile of a product by rows should have at least.
  constexpr Index leastWork = 1 << 21;
  constexpr Index leastColumns = 16;
  if (!pass.rowsApart) {
    multiply<T>(pass.parallel, count, outputs, features, {vectors, features}, {weight, features, Transpose::yes}, out,
                stride, accumulate);
    return;
  }
  const Index grain = std::max(leastColumns, leastWork / std::max<Index>(1, count * features));
  pass.parallel.forRange(outputs, grain, [&](Index begin, Index end) noexcept {
    kernels<T>().rowProduct(count, end - begin, features, vectors, features, weight + begin * features, features,
                            out + begin, stride, accumulate);
  });
}

}  // namespace unrolled
