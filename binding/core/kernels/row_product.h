// The product of a few rows with a matrix as it is stored, one row for each column of the result: what a step of
// generation needs of weights that are not packed. An element is summed in an order of its own row and column, whatever
// the others are, so that a text is the same whoever else's is generated beside it.
#pragma once

#include "kernels/simd.h"

namespace unrolled::UNROLLED_ISA {

// c [Rows, Columns] (+)= a [Rows, depth] · bᵀ, b [Columns, depth].
template <class T, int Rows, int Columns>
void rowTile(Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c, Index cStride, bool accumulate) {
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
      T* const to = c + row * cStride + column;
      *to = (accumulate ? *to : T(0)) + sumOfLanes<T>(sums[row][column]);
    }
  }
}

// All rows against `Columns` columns, which stay in the first-level cache meanwhile.
template <class T, int Rows, int Columns>
void rowTiles(Index rows, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c, Index cStride,
              bool accumulate) {
  Index row = 0;
  for (; rows - row >= Rows; row += Rows) {
    rowTile<T, Rows, Columns>(depth, a + row * aStride, aStride, b, bStride, c + row * cStride, cStride, accumulate);
  }
  if constexpr (Rows > 1) {
    if (row == rows) return;
    rowTiles<T, Rows - 1, Columns>(rows - row, depth, a + row * aStride, aStride, b, bStride, c + row * cStride,
                                   cStride, accumulate);
  }
}

template <class T>
void rowProduct(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c,
                Index cStride, bool accumulate) {
  Index column = 0;
  if (rows == 1) {  // eight columns at once: one row has too few sums to hide the latency of an addition
    for (; columns - column >= 8; column += 8) {
      rowTile<T, 1, 8>(depth, a, aStride, b + column * bStride, bStride, c + column, cStride, accumulate);
    }
  }
  for (; columns - column >= 4; column += 4) {
    rowTiles<T, 3, 4>(rows, depth, a, aStride, b + column * bStride, bStride, c + column, cStride, accumulate);
  }
  for (; column < columns; ++column) {
    rowTiles<T, 3, 1>(rows, depth, a, aStride, b + column * bStride, bStride, c + column, cStride, accumulate);
  }
}

}  // namespace unrolled::UNROLLED_ISA
