// The large products of a pass in bf16: the right operand is packed once, in pieces that fit a buffer, and all threads
// take tiles of it. How a product is cut depends on its shape alone.
//
// Memory: the buffer, at most 8 MiB, taken when a product first needs it.
#pragma once

#include <vector>

#include "kernels/bf16.h"
#include "kernels/product.h"

namespace unrolled {

class Bf16Products {
 public:
  explicit Bf16Products(const Bf16Kernels& kernels) : kernels_(kernels) {}

  [[nodiscard]] const Bf16Kernels& kernels() const { return kernels_; }

  // c [m, n] (cStride) = a [m, k] · b [k, n] + (accumulate ? c : 0). Not from two threads at once.
  void multiply(const Parallel& parallel, Index m, Index n, Index k, Operand<float> a, Operand<float> b, float* c,
                Index cStride, bool accumulate);

 private:
  const Bf16Kernels& kernels_;
  std::vector<BFloat16> packed_;
};

}  // namespace unrolled
