// The product of a few rows with a matrix that was packed once: the recurrent step, where the same
// weights meet every time step and packing at each call (as a GEMM must) would be the loss.
// Plain reference: test/core/kernels/packed_product.h.
#pragma once

#include <utility>

#include "kernels/simd.h"

namespace unrolled::UNROLLED_ISA {

// Vectors across a panel, and rows of a register tile: as many accumulators as the registers hold.
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
    if (valid == panelColumns<T>) {
      for (Index k = 0; k < depth; ++k, packed += panelColumns<T>) {
        const T* row = matrix + k * stride + first;
#pragma GCC unroll 2
        for (int v = 0; v < panelVectors; ++v) store(load(row + v * lanes<T>), packed + v * lanes<T>);
      }
      continue;
    }
    for (Index k = 0; k < depth; ++k, packed += panelColumns<T>) {
      const T* row = matrix + k * stride + first;
      for (Index column = 0; column < valid; ++column) packed[column] = row[column];
      for (Index column = valid; column < panelColumns<T>; ++column) packed[column] = 0;
    }
  }
}

// Vectors a and b with their lanes by turns: a0 b0 a1 b1 …, the first half and the second.
template <class V, int... Lane>
UNROLLED_INLINE void interleave(const V& a, const V& b, V& first, V& second, std::integer_sequence<int, Lane...>) {
  constexpr int count = sizeof...(Lane);
  first = __builtin_shufflevector(a, b, (Lane / 2 + Lane % 2 * count)...);
  second = __builtin_shufflevector(a, b, (count / 2 + Lane / 2 + Lane % 2 * count)...);
}

// A square of vectors to its transpose: each pass of interleaving halves moves one bit of a place from the rows' number
// to the columns'.
template <class T>
UNROLLED_INLINE void transposeSquare(Vector<T>* rows) {
  constexpr int count = static_cast<int>(lanes<T>);
#pragma GCC unroll 4
  for (int pass = 1; pass < count; pass *= 2) {
    Vector<T> next[count];
#pragma GCC unroll 16
    for (int at = 0; at < count / 2; ++at) {
      interleave(rows[at], rows[at + count / 2], next[2 * at], next[2 * at + 1],
                 std::make_integer_sequence<int, count>());
    }
#pragma GCC unroll 16
    for (int at = 0; at < count; ++at) rows[at] = next[at];
  }
}

template <class T>
void packTransposed(Index depth, Index columns, const T* matrix, Index stride, T* packed) {
  constexpr Index square = lanes<T>;
  for (Index first = 0; first < columns; first += panelColumns<T>, packed += depth * panelColumns<T>) {
    for (Index part = 0; part < panelColumns<T>; part += square) {
      const T* source = matrix + (first + part) * stride;
      const Index valid = columns - first - part < square ? columns - first - part : square;
      for (Index k = 0; k < depth; k += square) {
        const Index length = depth - k < square ? depth - k : square;
        Vector<T> rows[square];
        if (valid == square && length == square) {
#pragma GCC unroll 16
          for (Index row = 0; row < square; ++row) rows[row] = load(source + row * stride + k);
          transposeSquare<T>(rows);
#pragma GCC unroll 16
          for (Index row = 0; row < square; ++row) store(rows[row], packed + (k + row) * panelColumns<T> + part);
          continue;
        }
        for (Index row = 0; row < square; ++row) {
          rows[row] = row < valid ? loadSome(source + row * stride + k, length) : Vector<T>{};
        }
        transposeSquare<T>(rows);
        for (Index row = 0; row < length; ++row) store(rows[row], packed + (k + row) * panelColumns<T> + part);
      }
    }
  }
}

// How a register tile finds its parts, and whether it adds to c.
template <bool TransposedA, bool PackedB, bool Accumulate>
struct TileForm {
  static constexpr bool transposed = TransposedA;  // a is stored [depth, rows]
  static constexpr bool packed = PackedB;          // b in panels, `bStride` apart; else row-major
  static constexpr bool accumulate = Accumulate;

  // Elements from the first column of a panel to that of the next.
  template <class T>
  static constexpr Index nextPanel(Index bStride) {
    return packed ? bStride : panelColumns<T>;
  }
};

// c [Rows, Panels·panelColumns] (+)= a [Rows, depth] · b, all in registers.
template <class T, class Form, int Rows, int Panels>
void registerTile(Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c, Index cStride) {
  constexpr int vectors = Panels * panelVectors;
  const Index bRow = Form::packed ? panelColumns<T> : bStride;
  Vector<T> sums[Rows][vectors];
#pragma GCC unroll 16
  for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) {
      sums[row][v] = Form::accumulate ? load(c + row * cStride + v * lanes<T>) : Vector<T>{};
    }
  }
  for (Index k = 0; k < depth; ++k) {
    Vector<T> row[vectors];
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) {
      const Index panel = (v / panelVectors) * Form::template nextPanel<T>(bStride);
      row[v] = load(b + panel + k * bRow + (v % panelVectors) * lanes<T>);
    }
#pragma GCC unroll 16
    for (int at = 0; at < Rows; ++at) {
      const T factor = Form::transposed ? a[k * aStride + at] : a[at * aStride + k];
#pragma GCC unroll 16
      for (int v = 0; v < vectors; ++v) sums[at][v] += row[v] * factor;
    }
  }
#pragma GCC unroll 16
  for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) store(sums[row][v], c + row * cStride + v * lanes<T>);
  }
}

// A register tile whose last columns may lie outside of c.
template <class T, class Form, int Rows, int Panels>
void edgeTile(Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c, Index cStride, Index columns) {
  constexpr Index width = Panels * panelColumns<T>;
  if (columns >= width) {
    registerTile<T, Form, Rows, Panels>(depth, a, aStride, b, bStride, c, cStride);
    return;
  }
  T buffer[Rows * width];
  if constexpr (Form::accumulate) {
    for (int row = 0; row < Rows; ++row) {
      for (Index column = 0; column < width; ++column) {
        buffer[row * width + column] = column < columns ? c[row * cStride + column] : 0;
      }
    }
  }
  registerTile<T, Form, Rows, Panels>(depth, a, aStride, b, bStride, buffer, width);
  for (int row = 0; row < Rows; ++row) {
    for (Index column = 0; column < columns; ++column) c[row * cStride + column] = buffer[row * width + column];
  }
}

template <class T, class Form, int Rows>
void tileOfRows(Index rows, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c, Index cStride,
                Index columns) {
  if constexpr (Rows > 1) {
    if (rows < Rows) {
      tileOfRows<T, Form, Rows - 1>(rows, depth, a, aStride, b, bStride, c, cStride, columns);
      return;
    }
  }
  edgeTile<T, Form, Rows, 1>(depth, a, aStride, b, bStride, c, cStride, columns);
}

// One block of the depth: c (+)= a · b.
template <class T, class Form>
void blockProduct(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c,
                  Index cStride) {
  const Index nextPanel = Form::template nextPanel<T>(bStride);
  Index column = 0;
  if (rows == 1) {  // four panels at once: one row has too few sums to hide the latency of an addition
    for (; columns - column > 3 * panelColumns<T>; column += 4 * panelColumns<T>, b += 4 * nextPanel) {
      edgeTile<T, Form, 1, 4>(depth, a, aStride, b, bStride, c + column, cStride, columns - column);
    }
  }
  for (; column < columns; column += panelColumns<T>, b += nextPanel) {
    for (Index row = 0; row < rows; row += tileRows) {
      const T* tile = a + row * (Form::transposed ? 1 : aStride);
      tileOfRows<T, Form, tileRows>(rows - row, depth, tile, aStride, b, bStride, c + row * cStride + column, cStride,
                                    columns - column);
    }
  }
}

template <class T, bool Transposed>
void productOf(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* packed, T* c, Index cStride,
               bool accumulate) {
  const Index panelStride = depth * panelColumns<T>;
  for (Index block = 0; block < depth || block == 0; block += blockDepth) {
    const Index length = depth - block < blockDepth ? depth - block : blockDepth;
    const T* part = a + block * (Transposed ? aStride : 1);
    const T* panels = packed + block * panelColumns<T>;
    if (accumulate || block > 0) {
      blockProduct<T, TileForm<Transposed, true, true>>(rows, columns, length, part, aStride, panels, panelStride, c,
                                                        cStride);
    } else {
      blockProduct<T, TileForm<Transposed, true, false>>(rows, columns, length, part, aStride, panels, panelStride, c,
                                                         cStride);
    }
  }
}

template <class T>
void packedProduct(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* packed, T* c,
                   Index cStride, bool accumulate) {
  productOf<T, false>(rows, columns, depth, a, aStride, packed, c, cStride, accumulate);
}

template <class T>
void packedProductTransposed(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* packed, T* c,
                             Index cStride, bool accumulate) {
  productOf<T, true>(rows, columns, depth, a, aStride, packed, c, cStride, accumulate);
}

}  // namespace unrolled::UNROLLED_ISA
