// Products with a weight [V, H] of few features H, as a cluster of an adaptive softmax has. A GEMM would pack the [R,
// V] scores of every chunk, which are far larger than anything else here; so the weight is packed once a pass, and the
// scores are read where they lie.
//
// Memory, in elements, V rounded up to panels: V·H, and backward V·H and a partial sum [R, H] for each tile of V.
#pragma once

#include "base/workspace.h"
#include "kernels/kernel_table.h"
#include "parallel/thread_pool.h"

namespace unrolled {

template <class T>
class NarrowWeight {
 public:
  // With more features a GEMM is faster.
  static constexpr Index mostFeatures = 16;

  NarrowWeight(Index features, Index classes) : features_(features), classes_(classes) {}

  // For up to `rows` rows per product.
  void layOut(Arena& arena, Index rows, bool backward);

  // Before the products of a pass.
  void pack(const T* weight);
  // scores [rows, V] = vectors [rows, H] · Wᵀ
  void multiply(const Parallel& parallel, Index rows, const T* vectors, T* scores) const;
  // From the gradient of the scores: vectorGradients [rows, H] are written, and the weight's gradient is added to that
  // of the pass before if `more`.
  void differentiate(const Parallel& parallel, Index rows, const T* vectors, const T* scores, T* vectorGradients,
                     bool more);
  // Behind the products of a pass: the weight's gradient [V, H], written.
  void unpackGradient(T* gradient) const;

 private:
  // Classes of a tile, whole panels; a matter of shape alone.
  [[nodiscard]] Index tileClasses() const;
  [[nodiscard]] Index tiles() const { return (classes_ + tileClasses() - 1) / tileClasses(); }

  Index features_;
  Index classes_;
  T* packed_ = nullptr;          // [panels, H, panelColumns]
  T* packedGradient_ = nullptr;  // the same
  T* partials_ = nullptr;        // [tiles, R, H]
};

}  // namespace unrolled
