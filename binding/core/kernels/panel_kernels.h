// Kernels for a packed matrix in the precision of a pass: those of T, or those of bf16, whose panels are then stored in
// arrays of T.
#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/bf16.h"
#include "kernels/kernel_table.h"

namespace unrolled {

template <class T>
class PanelKernels {
 public:
  // `bf16` null: the kernels of T.
  explicit PanelKernels(const Bf16Kernels* bf16) : plain_(kernels<T>()), bf16_(bf16) {}

  [[nodiscard]] bool rounds() const { return std::is_same_v<T, float> && bf16_ != nullptr; }
  [[nodiscard]] Index panelColumns() const { return rounds() ? bf16PanelColumns : plain_.panelColumns; }

  // Elements of T from a packed matrix's begin to the panel of that column, the first of one.
  [[nodiscard]] Index offset(Index depth, Index column) const {
    return rounds() ? bf16Offset(depth, column) / elementsOfT : column * depth;
  }

  // Elements of T that a packed matrix takes in either precision.
  [[nodiscard]] static Index size(Index depth, Index columns) {
    const Index panel = kernels<T>().panelColumns;
    const Index plain = (columns + panel - 1) / panel * panel * depth;
    return std::is_same_v<T, float> ? std::max(plain, bf16PackedSize(depth, columns) / elementsOfT) : plain;
  }

  // Like those of KernelTable.
  void pack(Index depth, Index columns, const T* matrix, Index stride, T* packed) const {
    if constexpr (std::is_same_v<T, float>) {
      if (rounds()) return bf16_->pack(depth, columns, matrix, stride, halves(packed));
    }
    plain_.pack(depth, columns, matrix, stride, packed);
  }
  void packTransposed(Index depth, Index columns, const T* matrix, Index stride, T* packed) const {
    if constexpr (std::is_same_v<T, float>) {
      if (rounds()) return bf16_->packTransposed(depth, columns, matrix, stride, halves(packed));
    }
    plain_.packTransposed(depth, columns, matrix, stride, packed);
  }
  void packedProduct(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* packed, T* c,
                     Index cStride, bool accumulate) const {
    if constexpr (std::is_same_v<T, float>) {
      if (rounds()) {
        bf16_->packedProduct(rows, columns, depth, a, aStride, halves(packed), c, cStride, accumulate);
        return;
      }
    }
    plain_.packedProduct(rows, columns, depth, a, aStride, packed, c, cStride, accumulate);
  }
  void packedProductTransposed(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* packed, T* c,
                               Index cStride, bool accumulate) const {
    if constexpr (std::is_same_v<T, float>) {
      if (rounds()) {
        bf16_->packedProductTransposed(rows, columns, depth, a, aStride, halves(packed), c, cStride, accumulate);
        return;
      }
    }
    plain_.packedProductTransposed(rows, columns, depth, a, aStride, packed, c, cStride, accumulate);
  }

 private:
  static constexpr Index elementsOfT = static_cast<Index>(sizeof(T) / sizeof(BFloat16));

  static BFloat16* halves(T* packed) { return reinterpret_cast<BFloat16*>(packed); }
  static const BFloat16* halves(const T* packed) { return reinterpret_cast<const BFloat16*>(packed); }

  const KernelTable<T>& plain_;
  const Bf16Kernels* bf16_;
};

}  // namespace unrolled
