// The plain row and range operations: softmax, sums, scaling, clipping.
#pragma once

#include <algorithm>
#include <cmath>

#include "base/types.h"
#include "zero_if_finite.h"

namespace unrolled::reference {

// logits is [V] and becomes exp(logits + bias - max).
template <class T>
double softmaxRow(Index classes, const T* bias, Index target, T* logits, T* scale, T* targetLogit) {
  for (Index v = 0; v < classes; ++v) logits[v] += bias == nullptr ? T(0) : bias[v];
  *targetLogit = logits[target];
  T highest = logits[0];
  double sum = 0;
  for (Index v = 0; v < classes; ++v) {
    highest = std::max(highest, logits[v]);
    sum += static_cast<double>(zeroIfFinite(logits[v]));
  }
  for (Index v = 0; v < classes; ++v) {
    logits[v] = std::exp(logits[v] - highest);
    sum += static_cast<double>(logits[v]);
  }
  *scale = static_cast<T>(1 / sum);
  return static_cast<double>(highest) + std::log(sum);
}

// y is [count].
template <class T>
void add(Index count, const T* x, T* y) {
  for (Index i = 0; i < count; ++i) y[i] += x[i];
}

// y is [count].
template <class T>
void multiply(Index count, const T* a, const T* b, T* y) {
  for (Index i = 0; i < count; ++i) y[i] = a[i] * b[i];
}

// y is [count].
template <class T>
void multiplyAdd(Index count, const T* a, const T* b, T* y) {
  for (Index i = 0; i < count; ++i) y[i] += a[i] * b[i];
}

// y is [count].
template <class T>
void scale(Index count, T factor, T* y) {
  for (Index i = 0; i < count; ++i) y[i] *= factor;
}

// sums is [columns]; added in T, in the order of the rows.
template <class T>
void columnSums(Index rows, Index columns, const T* matrix, Index stride, T* sums) {
  for (Index column = 0; column < columns; ++column) {
    sums[column] = 0;
    for (Index row = 0; row < rows; ++row) sums[column] += matrix[row * stride + column];
  }
}

template <class T>
double sumOfSquares(Index count, const T* x) {
  double sum = 0;
  for (Index i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

// x is [count].
template <class T>
void clamp(Index count, T limit, T* x) {
  for (Index i = 0; i < count; ++i) {
    if (std::isfinite(x[i])) x[i] = std::clamp(x[i], -limit, limit);
  }
}

}  // namespace unrolled::reference
