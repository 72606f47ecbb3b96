// The product of a few rows with a matrix as it is stored, one row per column of the result. A step of generation needs
// this for weights that are not packed. The order of a sum depends only on its own row and column, so a text is the
// same no matter what else is generated with it. Plain reference: test/core/kernels/row_product.h.
#pragma once

#include "kernels/simd.h"

namespace unrolled::UNROLLED_ISA {

// c [Rows, Columns] (+)= a [Rows, depth] · bᵀ, b [Columns, depth]; the columns of c are `cStep` apart.
template <class T, int Rows, int Columns>
void rowTile(Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c, Index cStride, Index cStep,
             bool accumulate) {
  Vector<T> sums[Rows][Columns] = {};
  Index k = 0;
  for (; k + lanes<T> <= depth; k += lanes<T>) {
    Vector<T> rows[Rows];
#pragma GCC unroll 16
    for (int row = 0; row < Rows; ++row) rows[row] = load(a + row * aStride + k);
#pragma GCC unroll 16
    for (int column = 0; column < Columns; ++column) {
      const Vector<T> factor = load(b + column * bStride + k);
#pragma GCC unroll 16
      for (int row = 0; row < Rows; ++row) sums[row][column] += rows[row] * factor;
    }
  }
  if (k < depth) {
#pragma GCC unroll 16
    for (int column = 0; column < Columns; ++column) {
      const Vector<T> factor = loadSome(b + column * bStride + k, depth - k);
#pragma GCC unroll 16
      for (int row = 0; row < Rows; ++row) sums[row][column] += loadSome(a + row * aStride + k, depth - k) * factor;
    }
  }
#pragma GCC unroll 16
  for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 16
    for (int column = 0; column < Columns; ++column) {
      T* const to = c + row * cStride + column * cStep;
      *to = (accumulate ? *to : T(0)) + sumOfLanes<T>(sums[row][column]);
    }
  }
}

// All rows times `Columns` columns, which stay in the first-level cache meanwhile.
template <class T, int Rows, int Columns>
void rowTiles(Index rows, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c, Index cStride,
              Index cStep, bool accumulate) {
  Index row = 0;
  for (; rows - row >= Rows; row += Rows) {
    rowTile<T, Rows, Columns>(depth, a + row * aStride, aStride, b, bStride, c + row * cStride, cStride, cStep,
                              accumulate);
  }
  if constexpr (Rows > 1) {
    if (row == rows) return;
    rowTiles<T, Rows - 1, Columns>(rows - row, depth, a + row * aStride, aStride, b, bStride, c + row * cStride,
                                   cStride, cStep, accumulate);
  }
}

template <class T>
void rowProduct(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c,
                Index cStride, bool accumulate) {
  // The four columns of a tile are a quarter of all columns apart: the processor prefetches four long streams through b
  // far better than neighbours that take turns in one page.
  constexpr int streams = 4;
  const Index part = columns / streams;
  for (Index column = 0; column < part; ++column) {
    rowTiles<T, 3, streams>(rows, depth, a, aStride, b + column * bStride, part * bStride, c + column, cStride, part,
                            accumulate);
  }
  for (Index column = streams * part; column < columns; ++column) {
    rowTiles<T, 3, 1>(rows, depth, a, aStride, b + column * bStride, bStride, c + column, cStride, 1, accumulate);
  }
}

}  // namespace unrolled::UNROLLED_ISA
