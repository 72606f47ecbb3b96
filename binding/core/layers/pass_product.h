// The products of a pass, in its precision.
#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/bf16_products.h"
#include "kernels/kernel_table.h"
#include "kernels/product.h"
#include "layers/layer.h"

namespace unrolled {

// Computes the products with a packed matrix in bf16; null: they are computed in T.
template <class T>
const Bf16Kernels* bf16Kernels(const Pass<T>& pass) {
  return pass.bf16 == nullptr ? nullptr : &pass.bf16->kernels();
}

// c [m, n] = a [m, k] · b [k, n] + (accumulate ? c : 0), on the pass's threads.
template <class T>
void multiply(const Pass<T>& pass, Index m, Index n, Index k, Operand<T> a, Operand<T> b, T* c, Index cStride,
              bool accumulate) {
  if constexpr (std::is_same_v<T, float>) {
    if (pass.bf16 != nullptr) {
      pass.bf16->multiply(pass.parallel, m, n, k, a, b, c, cStride, accumulate);
      return;
    }
  }
  multiply<T>(pass.parallel, m, n, k, a, b, c, cStride, accumulate);
}

// out [count, outputs], whose rows are `stride` apart, = (accumulate ? out : 0) + vectors [count, features] · weightᵀ,
// weight [outputs, features]. If the pass keeps its rows apart, a kernel is used in which each element depends only on
// its own row.
template <class T>
void multiplyWeight(const Pass<T>& pass, Index count, Index outputs, Index features, const T* vectors, const T* weight,
                    T* out, Index stride, bool accumulate) {
  // Multiply-adds and columns that a tile of a product by rows should have at least.
  constexpr Index leastWork = 1 << 21;
  constexpr Index leastColumns = 16;
  if (!pass.rowsApart) {
    multiply<T>(pass, count, outputs, features, {vectors, features}, {weight, features, Transpose::yes}, out, stride,
                accumulate);
    return;
  }
  const Index grain = std::max(leastColumns, leastWork / std::max<Index>(1, count * features));
  pass.parallel.forRange(outputs, grain, [&](Index begin, Index end) noexcept {
    kernels<T>().rowProduct(count, end - begin, features, vectors, features, weight + begin * features, features,
                            out + begin, stride, accumulate);
  });
}

}  // namespace unrolled
