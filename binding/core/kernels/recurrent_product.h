// The products of a recurrence with its weights [gates, hidden], or with those of some of its gates. The weights are
// packed once per change for the project's own kernel, unless they are small and well laid out; with
// UNROLLED_KERNELS=blas OpenBLAS computes every step. In bf16 they are packed whenever float's would be.
#pragma once

#include <vector>

#include "base/types.h"
#include "base/workspace.h"
#include "kernels/panel_kernels.h"

namespace unrolled {

template <class T>
class RecurrentProduct {
 public:
  // Rows of gates are `stride` apart. `untransposed`, for square weights only, makes `backward` use them like
  // `forward`: a published error that is kept for comparison.
  RecurrentProduct(Index gates, Index hidden, Index stride, bool untransposed = false)
      : gates_(gates), hidden_(hidden), stride_(stride), untransposed_(untransposed) {}
  RecurrentProduct(Index gates, Index hidden) : RecurrentProduct(gates, hidden, gates) {}

  // Allocates the packed copies for forward, and for backward if requested; while counting, it counts them.
  void layOut(Arena& arena, bool backward);

  // Packs the weights if they changed since the last call, which `version` tells. A bf16 table that is not null
  // computes the products until the next call.
  void prepareForward(const T* weights, Index version, const Bf16Kernels* bf16 = nullptr);
  void prepareBackward(const T* weights, Index version, const Bf16Kernels* bf16 = nullptr);

  // gates [rows, gates] (+)= state [rows, hidden] · weightsᵀ.
  void forward(Index rows, const T* state, T* gates, bool accumulate) const noexcept;

  // state [rows, hidden] (+)= gates [rows, gates] · weights.
  void backward(Index rows, const T* gates, T* state, bool accumulate) const noexcept;

 private:
  // The weights as the right operand [depth, columns] of one way, in the panels of one precision.
  struct Packed {
    std::vector<T> panels;
    Index version = 0;
    const Bf16Kernels* bf16 = nullptr;
  };

  // Whether the way back takes float weights as they are: whole panels that stay in the first cache.
  [[nodiscard]] bool readsBackwardUnpacked() const;
  void prepare(Packed& packed, Index depth, Index columns, bool transposed, bool plainPacked, const T* weights,
               Index version, const Bf16Kernels* bf16);

  Index gates_;
  Index hidden_;
  Index stride_;
  bool untransposed_;
  bool packs_ = false;
  bool unpackedBackward_ = false;
  const T* weights_ = nullptr;
  Packed forward_;
  Packed backward_;
};

}  // namespace unrolled
