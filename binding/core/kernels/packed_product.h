// The product of a few rows with a matrix that was packed once: the recurrent step, where the same
// weights meet every time step and packing at each call (as a GEMM must) would be the loss.
#pragma once

#include "kernels/simd.h"

namespace unrolled::UNROLLED_ISA {

// Vectors across a panel, rows of a register tile: as many accumulators as the registers hold.
constexpr int panelVectors = 2;
#if UNROLLED_VECTOR_BYTES == 64
constexpr int tileRows = 12;
#elif UNROLLED_VECTOR_BYTES == 32
constexpr int tileRows = 6;
#else
constexpr int tileRows = 4;
#endif

template <class T>
constexpr Index panelColumns = panelVectors* lanes<T>;

// Depth of a block: a panel of it stays in the first-level cache across the rows.
constexpr Index blockDepth = 512;

template <class T>
void pack(Index depth, Index columns, const T* matrix, Index stride, T* packed) {
  for (Index first = 0; first < columns; first += panelColumns<T>) {
    const Index valid = columns - first < panelColumns<T> ? columns - first : panelColumns<T>;
    for (Index k = 0; k < depth; ++k, packed += panelColumns<T>) {
      const T* row = matrix + k * stride + first;
      for (Index column = 0; column < valid; ++column) packed[column] = row[column];
      for (Index column = valid; column < panelColumns<T>; ++column) packed[column] = 0;
    }
  }
}

template <class T>
void packTransposed(Index depth, Index columns, const T* matrix, Index stride, T* packed) {
  constexpr Index step = 16;  // source elements read in a row before the next row's: a cache line of floats
  for (Index first = 0; first < columns; first += panelColumns<T>, packed += depth * panelColumns<T>) {
    const Index valid = columns - first < panelColumns<T> ? columns - first : panelColumns<T>;
    for (Index begin = 0; begin < depth; begin += step) {
      const Index end = begin + step < depth ? begin + step : depth;
      for (Index column = 0; column < valid; ++column) {
        const T* row = matrix + (first + column) * stride;
        for (Index k = begin; k < end; ++k) packed[k * panelColumns<T> + column] = row[k];
      }
      for (Index column = valid; column < panelColumns<T>; ++column) {
        for (Index k = begin; k < end; ++k) packed[k * panelColumns<T> + column] = 0;
      }
    }
  }
}

// c [Rows, Panels·panelColumns] = (Accumulate ? c : 0) + a [Rows, depth] · panels, all in registers. The panels lie
// `panelStride` apart.
template <class T, int Rows, int Panels, bool Accumulate>
void registerTile(Index depth, const T* a, Index aStride, const T* panel, Index panelStride, T* c, Index cStride) {
  constexpr int vectors = Panels * panelVectors;
  Vector<T> sums[Rows][vectors];
#pragma GCC unroll 16
  for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) {
      sums[row][v] = Accumulate ? load(c + row * cStride + v * lanes<T>) : Vector<T>{};
    }
  }
  for (Index k = 0; k < depth; ++k) {
    Vector<T> b[vectors];
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) {
      b[v] = load(panel + (v / panelVectors) * panelStride + k * panelColumns<T> + (v % panelVectors) * lanes<T>);
    }
#pragma GCC unroll 16
    for (int row = 0; row < Rows; ++row) {
      const T factor = a[row * aStride + k];
#pragma GCC unroll 16
      for (int v = 0; v < vectors; ++v) sums[row][v] += b[v] * factor;
    }
  }
#pragma GCC unroll 16
  for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) store(sums[row][v], c + row * cStride + v * lanes<T>);
  }
}

// A register tile whose last columns may lie outside of c.
template <class T, int Rows, int Panels>
void edgeTile(Index depth, const T* a, Index aStride, const T* panel, Index panelStride, T* c, Index cStride,
              Index columns, bool accumulate) {
  constexpr Index width = Panels * panelColumns<T>;
  if (columns >= width) {
    if (accumulate) {
      registerTile<T, Rows, Panels, true>(depth, a, aStride, panel, panelStride, c, cStride);
    } else {
      registerTile<T, Rows, Panels, false>(depth, a, aStride, panel, panelStride, c, cStride);
    }
    return;
  }
  const Index valid = columns;
  T buffer[Rows * width];
  for (int row = 0; row < Rows; ++row) {
    for (Index column = 0; column < width; ++column) {
      buffer[row * width + column] = accumulate && column < valid ? c[row * cStride + column] : 0;
    }
  }
  registerTile<T, Rows, Panels, true>(depth, a, aStride, panel, panelStride, buffer, width);
  for (int row = 0; row < Rows; ++row) {
    for (Index column = 0; column < valid; ++column) c[row * cStride + column] = buffer[row * width + column];
  }
}

template <class T, int Rows>
void tileOfRows(Index rows, Index depth, const T* a, Index aStride, const T* panel, Index panelStride, T* c,
                Index cStride, Index columns, bool accumulate) {
  if constexpr (Rows > 1) {
    if (rows < Rows) {
      tileOfRows<T, Rows - 1>(rows, depth, a, aStride, panel, panelStride, c, cStride, columns, accumulate);
      return;
    }
  }
  edgeTile<T, Rows, 1>(depth, a, aStride, panel, panelStride, c, cStride, columns, accumulate);
}

template <class T>
void packedProduct(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* packed, T* c,
                   Index cStride, bool accumulate) {
  const Index panelStride = depth * panelColumns<T>;
  for (Index block = 0; block < depth || block == 0; block += blockDepth) {
    const Index blockLength = depth - block < blockDepth ? depth - block : blockDepth;
    const bool add = accumulate || block > 0;
    const T* panels = packed + block * panelColumns<T>;
    const T* aBlock = a + block;
    Index column = 0;
    if (rows == 1) {  // four panels at once: one row has too few sums to hide the latency of an addition
      for (; column < columns; column += 4 * panelColumns<T>, panels += 4 * panelStride) {
        if (columns - column <= 3 * panelColumns<T>) break;
        edgeTile<T, 1, 4>(blockLength, aBlock, aStride, panels, panelStride, c + column, cStride, columns - column,
                          add);
      }
    }
    for (; column < columns; column += panelColumns<T>, panels += panelStride) {
      for (Index row = 0; row < rows; row += tileRows) {
        tileOfRows<T, tileRows>(rows - row, blockLength, aBlock + row * aStride, aStride, panels, panelStride,
                                c + row * cStride + column, cStride, columns - column, add);
      }
    }
  }
}

}  // namespace unrolled::UNROLLED_ISA
