// The optimisers' steps for one instruction set. CMake compiles this file once for each, as
// kernels/instruction_set.cpp.

#include "optimizers/updates.h"

namespace unrolled::UNROLLED_ISA {
namespace {

template <class T, class Optimizer>
void update(Index count, const void* constants, const T* __restrict gradient, T* __restrict weights,
            [[maybe_unused]] T* __restrict first, [[maybe_unused]] T* __restrict second) {
  const auto& k = *static_cast<const typename Optimizer::template Constants<T>*>(constants);
  for (Index i = 0; i < count; ++i) {
    if constexpr (Optimizer::slots == 0) Optimizer::update(k, gradient[i], weights[i]);
    if constexpr (Optimizer::slots == 1) Optimizer::update(k, gradient[i], weights[i], first[i]);
    if constexpr (Optimizer::slots == 2) Optimizer::update(k, gradient[i], weights[i], first[i], second[i]);
  }
}

}  // namespace

template <class T>
const UpdateTable<T>& updateTable() {
  static constexpr UpdateTable<T> filled =
      forEachOptimizer([](auto optimizer) -> Update<T> { return update<T, decltype(optimizer)>; });
  return filled;
}

template const UpdateTable<float>& updateTable<float>();
template const UpdateTable<double>& updateTable<double>();

}  // namespace unrolled::UNROLLED_ISA
