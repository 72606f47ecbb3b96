// Backward of a product with a matrix of few columns, [columns, width] packed by `packTransposed`: computes both
// gradients from that of the result. The result is far larger, so it is read in place and not packed as in a GEMM.
// Plain reference: test/core/kernels/narrow_product.h.
#pragma once

#include "kernels/packed_product.h"

namespace unrolled::UNROLLED_ISA {

// A panel's part of a row; zeros after its `valid` columns.
template <class T>
UNROLLED_INLINE void loadPanel(const T* row, Index valid, Vector<T>* parts) {
#pragma GCC unroll 4
  for (int v = 0; v < panelVectors; ++v) {
    const Index left = valid - v * lanes<T>;
    parts[v] = left > 0 ? loadSome(row + v * lanes<T>, left) : Vector<T>{};
  }
}

// For one panel and Width columns of x [rows, width]: weights [Width, panelColumns] (+)= xᵀ · gradient.
template <class T, int Width>
void weightPanel(Index rows, Index width, const T* x, const T* gradient, Index stride, Index valid, T* weights,
                 bool accumulate) {
  Vector<T> sums[Width][panelVectors] = {};
  if (accumulate) {
#pragma GCC unroll 8
    for (int d = 0; d < Width; ++d) loadPanel(weights + d * panelColumns<T>, panelColumns<T>, sums[d]);
  }
  for (Index row = 0; row < rows; ++row) {
    Vector<T> parts[panelVectors];
    loadPanel(gradient + row * stride, valid, parts);
#pragma GCC unroll 8
    for (int d = 0; d < Width; ++d) {
      const T factor = x[row * width + d];
#pragma GCC unroll 4
      for (int v = 0; v < panelVectors; ++v) sums[d][v] += parts[v] * factor;
    }
  }
#pragma GCC unroll 8
  for (int d = 0; d < Width; ++d) {
#pragma GCC unroll 4
    for (int v = 0; v < panelVectors; ++v) store(sums[d][v], weights + d * panelColumns<T> + v * lanes<T>);
  }
}

// For one row and Width columns of the result: dx [Width] = gradient [columns] · matrix.
template <class T, int Width>
void narrowRow(Index columns, Index width, const T* gradient, const T* packed, T* dx) {
  Vector<T> sums[Width][panelVectors] = {};
  for (Index column = 0; column < columns; column += panelColumns<T>) {
    Vector<T> parts[panelVectors];
    loadPanel(gradient + column, columns - column, parts);
    const T* panel = packed + column * width;
#pragma GCC unroll 8
    for (int d = 0; d < Width; ++d) {
#pragma GCC unroll 4
      for (int v = 0; v < panelVectors; ++v) sums[d][v] += parts[v] * load(panel + d * panelColumns<T> + v * lanes<T>);
    }
  }
#pragma GCC unroll 8
  for (int d = 0; d < Width; ++d) {
    Vector<T> sum = sums[d][0];
#pragma GCC unroll 4
    for (int v = 1; v < panelVectors; ++v) sum += sums[d][v];
    dx[d] = sumOfLanes<T>(sum);
  }
}

// Columns computed at once: as many sums as the registers hold together with the operands.
constexpr int narrowWidth = 4;

template <class T>
void narrowBackward(Index rows, Index columns, Index width, const T* x, const T* gradient, Index stride,
                    const T* packed, T* packedGradient, T* dx, bool accumulate) {
  const Index whole = width / narrowWidth * narrowWidth;
  for (Index column = 0; column < columns; column += panelColumns<T>) {
    T* panel = packedGradient + column * width;
    for (Index d = 0; d < whole; d += narrowWidth) {
      weightPanel<T, narrowWidth>(rows, width, x + d, gradient + column, stride, columns - column,
                                  panel + d * panelColumns<T>, accumulate);
    }
    for (Index d = whole; d < width; ++d) {
      weightPanel<T, 1>(rows, width, x + d, gradient + column, stride, columns - column, panel + d * panelColumns<T>,
                        accumulate);
    }
  }
  for (Index row = 0; row < rows; ++row) {
    const T* own = gradient + row * stride;
    for (Index d = 0; d < whole; d += narrowWidth) {
      narrowRow<T, narrowWidth>(columns, width, own, packed + d * panelColumns<T>, dx + row * width + d);
    }
    for (Index d = whole; d < width; ++d) {
      narrowRow<T, 1>(columns, width, own, packed + d * panelColumns<T>, dx + row * width + d);
    }
  }
}

}  // namespace unrolled::UNROLLED_ISA
