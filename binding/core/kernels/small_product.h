// Products so small that packing, or OpenBLAS's own set-up, would be most of their time: b is read as it is stored.
// Plain reference: test/core/kernels/small_product.h.
#pragma once

#include "kernels/packed_product.h"

namespace unrolled::UNROLLED_ISA {

// Depth that is packed at once of the last columns, which do not fill a panel.
constexpr Index edgeDepth = 64;

template <class T, bool Transposed, bool Accumulate>
void smallBlock(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c,
                Index cStride) {
  const Index whole = columns / panelColumns<T> * panelColumns<T>;
  if (whole > 0) {
    blockProduct<T, TileForm<Transposed, false, Accumulate>>(rows, whole, depth, a, aStride, b, bStride, c, cStride);
  }
  if (whole == columns) return;
  T panel[edgeDepth * panelColumns<T>];
  for (Index from = 0; from < depth; from += edgeDepth) {
    const Index length = depth - from < edgeDepth ? depth - from : edgeDepth;
    const T* part = a + from * (Transposed ? aStride : 1);
    pack(length, columns - whole, b + from * bStride + whole, bStride, panel);
    if (Accumulate || from > 0) {
      blockProduct<T, TileForm<Transposed, true, true>>(rows, columns - whole, length, part, aStride, panel, 0,
                                                        c + whole, cStride);
    } else {
      blockProduct<T, TileForm<Transposed, true, false>>(rows, columns - whole, length, part, aStride, panel, 0,
                                                         c + whole, cStride);
    }
  }
}

template <class T, bool Transposed>
void smallProductOf(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c,
                    Index cStride, bool accumulate) {
  if (accumulate) {
    smallBlock<T, Transposed, true>(rows, columns, depth, a, aStride, b, bStride, c, cStride);
  } else {
    smallBlock<T, Transposed, false>(rows, columns, depth, a, aStride, b, bStride, c, cStride);
  }
}

template <class T>
void smallProduct(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c,
                  Index cStride, bool accumulate) {
  smallProductOf<T, false>(rows, columns, depth, a, aStride, b, bStride, c, cStride, accumulate);
}

template <class T>
void smallProductTransposed(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b,
                            Index bStride, T* c, Index cStride, bool accumulate) {
  smallProductOf<T, true>(rows, columns, depth, a, aStride, b, bStride, c, cStride, accumulate);
}

}  // namespace unrolled::UNROLLED_ISA
