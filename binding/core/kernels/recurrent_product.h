// The products of a recurrence with its weights [gates, hidden], or with those of some of its gates: packed
// once per change of the weights for the project's own kernel unless they are small and lie well, or by OpenBLAS
// at every step (UNROLLED_KERNELS=blas). In bf16 they are packed whatever their size, in arrays that are taken when
// they are first needed.
#pragma once

#include <vector>

#include "kernels/bf16.h"
#include "kernels/kernel_table.h"
#include "types.h"
#include "workspace.h"

namespace unrolled {

template <class T>
class RecurrentProduct {
 public:
  // Rows of gates lie `stride` apart. `untransposed`, of square weights alone, makes `backward` take them as `forward`
  // does: a published error kept for comparison.
  RecurrentProduct(Index gates, Index hidden, Index stride, bool untransposed = false)
      : gates_(gates), hidden_(hidden), stride_(stride), untransposed_(untransposed) {}
  RecurrentProduct(Index gates, Index hidden) : RecurrentProduct(gates, hidden, gates) {}

  // Allocates the packed copies for forward, and for backward where asked; while counting, it counts them.
  void layOut(Arena& arena, bool backward);

  // Packs the weights where they changed since the last call; `version` tells. What is not null takes the products
  // until the next call.
  void prepareForward(const T* weights, Index version, const Bf16Kernels* bf16 = nullptr);
  void prepareBackward(const T* weights, Index version, const Bf16Kernels* bf16 = nullptr);

  // gates [rows, gates] (+)= state [rows, hidden] · weightsᵀ.
  void forward(Index rows, const T* state, T* gates, bool accumulate) const noexcept;

  // state [rows, hidden] (+)= gates [rows, gates] · weights.
  void backward(Index rows, const T* gates, T* state, bool accumulate) const noexcept;

 private:
  [[nodiscard]] static Index packedSize(Index depth, Index columns);
  // Whether the way back takes weights as they are: whole panels that stay in the first cache.
  [[nodiscard]] bool readsBackwardUnpacked() const;

  Index gates_;
  Index hidden_;
  Index stride_;
  bool untransposed_;
  bool unpackedBackward_ = false;
  const T* weights_ = nullptr;
  std::vector<T> packedForward_;
  std::vector<T> packedBackward_;
  Index forwardVersion_ = 0;
  Index backwardVersion_ = 0;

  // Weights packed in bf16.
  struct Rounded {
    std::vector<BFloat16> packed;
    Index version = 0;
  };
  const Bf16Kernels* bf16Forward_ = nullptr;
  const Bf16Kernels* bf16Backward_ = nullptr;
  Rounded roundedForward_;
  Rounded roundedBackward_;
};

}  // namespace unrolled
