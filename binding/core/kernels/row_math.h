// Row and range operations: softmax, sums, scaling, clipping.
// Plain reference: test/core/kernels/row_math.h.
#pragma once

#include "kernels/vector_math.h"

namespace unrolled::UNROLLED_ISA {

// Elements added in one precision before their sum is carried on in double.
constexpr Index sumBlock = 2048;

template <class T>
double softmaxRow(Index classes, const T* bias, Index target, T* logits, T* scale, T* targetLogit) {
  Vector<T> highest = broadcast(logits[0] + (bias == nullptr ? T(0) : bias[0]));
  Vector<T> poison{};  // keeps what is not finite, which a comparison would drop
  for (Index at = 0; at < classes; at += lanes<T>) {
    const Index count = classes - at;
    Vector<T> x = loadSome(logits + at, count);
    if (bias != nullptr) {
      x += loadSome(bias + at, count);
      storeSome(x, logits + at, count);
    }
    poison += x * 0;
    if (count >= lanes<T>) {
      highest = maximum<T>(highest, x);
    } else {
      for (Index lane = 0; lane < count; ++lane) highest[0] = x[lane] > highest[0] ? x[lane] : highest[0];
    }
  }
  T top = highest[0];
  for (Index lane = 1; lane < lanes<T>; ++lane) top = highest[lane] > top ? highest[lane] : top;
  *targetLogit = logits[target];

  double total = 0;
  for (Index begin = 0; begin < classes; begin += sumBlock) {
    const Index end = begin + sumBlock < classes ? begin + sumBlock : classes;
    Vector<T> sums{};
    for (Index at = begin; at < end; at += lanes<T>) {
      const Index count = end - at;
      const Vector<T> e = exponential(Vector<T>(loadSome(logits + at, count) - top));
      storeSome(e, logits + at, count);
      if (count >= lanes<T>) {
        sums += e;
      } else {
        for (Index lane = 0; lane < count; ++lane) sums[0] += e[lane];
      }
    }
    total += static_cast<double>(sumOfLanes<T>(sums));
  }
  const T notFinite = sumOfLanes<T>(poison);
  *scale = static_cast<T>(1 / total) + notFinite;
  return __builtin_log(total) + static_cast<double>(top) + static_cast<double>(notFinite);
}

template <class T>
void add(Index count, const T* x, T* y) {
  for (Index at = 0; at < count; ++at) y[at] += x[at];
}

template <class T>
void multiply(Index count, const T* a, const T* b, T* y) {
  for (Index at = 0; at < count; ++at) y[at] = a[at] * b[at];
}

template <class T>
void multiplyAdd(Index count, const T* a, const T* b, T* y) {
  for (Index at = 0; at < count; ++at) y[at] += a[at] * b[at];
}

template <class T>
void scale(Index count, T factor, T* y) {
  for (Index at = 0; at < count; ++at) y[at] *= factor;
}

template <class T>
void columnSums(Index rows, Index columns, const T* matrix, Index stride, T* sums) {
  for (Index at = 0; at < columns; at += lanes<T>) {
    const Index count = columns - at;
    Vector<T> sum{};
    for (Index row = 0; row < rows; ++row) sum += loadSome(matrix + row * stride + at, count);
    storeSome(sum, sums + at, count);
  }
}

// Not finite only if an element is not finite: a block whose squares overflow is added again in double.
template <class T>
double sumOfSquares(Index count, const T* x) {
  double total = 0;
  for (Index begin = 0; begin < count; begin += sumBlock) {
    const Index end = begin + sumBlock < count ? begin + sumBlock : count;
    Vector<T> sums[4] = {};
    Index at = begin;
    for (; at + 4 * lanes<T> <= end; at += 4 * lanes<T>) {
#pragma GCC unroll 4
      for (int v = 0; v < 4; ++v) {
        const Vector<T> part = load(x + at + v * lanes<T>);
        sums[v] += part * part;
      }
    }
    for (; at < end; at += lanes<T>) {
      const Vector<T> part = loadSome(x + at, end - at);
      sums[0] += part * part;
    }
    auto block = static_cast<double>(sumOfLanes<T>((sums[0] + sums[1]) + (sums[2] + sums[3])));
    if (!__builtin_isfinite(block)) {
      block = 0;
      for (at = begin; at < end; ++at) block += static_cast<double>(x[at]) * static_cast<double>(x[at]);
    }
    total += block;
  }
  return total;
}

template <class T>
void clamp(Index count, T limit, T* x) {
  for (Index at = 0; at < count; ++at) {
    const T low = x[at] < -limit ? -limit : x[at];
    const T clamped = low > limit ? limit : low;
    x[at] = x[at] * 0 == 0 ? clamped : x[at];  // what is not finite stays so, to be seen
  }
}

}  // namespace unrolled::UNROLLED_ISA
