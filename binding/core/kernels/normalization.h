// Layer normalisation of one row (Ba et al. 2016), forward and under it backward.
// Plain reference: test/core/kernels/normalization.h.
#pragma once

#include "kernels/simd.h"

namespace unrolled::UNROLLED_ISA {

// Whether all elements are equal. Most rows say no at their second element.
template <class T>
UNROLLED_INLINE bool isConstant(Index count, const T* x) {
  for (Index at = 1; at < count; ++at) {
    if (x[at] != x[0]) return false;
  }
  return true;
}

// Whether all products of two rows' elements are equal.
template <class T>
UNROLLED_INLINE bool isConstant(Index count, const T* x, const T* y) {
  for (Index at = 1; at < count; ++at) {
    if (x[at] * y[at] != x[0] * y[0]) return false;
  }
  return true;
}

template <class T>
T normalize(Index count, T epsilon, const T* gain, const T* shift, const T* x, T* normalized, T* y, bool accumulate) {
  Vector<T> sums{};
  for (Index at = 0; at < count; at += lanes<T>) sums += loadSome(x + at, count - at);
  // A sum of equal elements would be rounded, and the rounding error would be normalised.
  const T mean = isConstant(count, x) ? x[0] : sumOfLanes<T>(sums) / static_cast<T>(count);

  Vector<T> squares{};
  for (Index at = 0; at < count; at += lanes<T>) {
    storeSome(Vector<T>(loadSome(x + at, count - at) - mean), normalized + at, count - at);
    const Vector<T> centred = loadSome(normalized + at, count - at);  // zeros after the last
    squares += centred * centred;
  }
  const T variance = sumOfLanes<T>(squares) / static_cast<T>(count);
  // A variance that overflows gives not-a-number; zero would hide it.
  const T inverse = 1 / squareRoot(variance + epsilon) + (variance - variance);

  for (Index at = 0; at < count; at += lanes<T>) {
    const Index rest = count - at;
    const Vector<T> unit = loadSome(normalized + at, rest) * inverse;
    Vector<T> result = unit * loadSome(gain + at, rest);
    if (shift != nullptr) result += loadSome(shift + at, rest);
    if (accumulate) result += loadSome(y + at, rest);
    storeSome(unit, normalized + at, rest);
    storeSome(result, y + at, rest);
  }
  return inverse;
}

template <class T>
void normalizeBackward(Index count, T inverse, const T* gain, const T* gradient, const T* normalized, T* gainGradient,
                       T* shiftGradient, T* dx) {
  Vector<T> sums{};
  Vector<T> products{};
  for (Index at = 0; at < count; at += lanes<T>) {
    const Index rest = count - at;
    const Vector<T> dy = loadSome(gradient + at, rest);
    const Vector<T> unit = loadSome(normalized + at, rest);
    const Vector<T> scaled = dy * loadSome(gain + at, rest);
    sums += scaled;
    products += scaled * unit;
    storeSome(Vector<T>(loadSome(gainGradient + at, rest) + dy * unit), gainGradient + at, rest);
    if (shiftGradient != nullptr) {
      storeSome(Vector<T>(loadSome(shiftGradient + at, rest) + dy), shiftGradient + at, rest);
    }
  }
  if (isConstant(count, gain, gradient)) {
    // The mean takes all of it away. Not-a-number stays.
    const T zero = gain[0] * gradient[0] * 0 * inverse + 0;
    for (Index at = 0; at < count; ++at) dx[at] = zero;
    return;
  }
  const T mean = sumOfLanes<T>(sums) / static_cast<T>(count);
  const T correlation = sumOfLanes<T>(products) / static_cast<T>(count);
  for (Index at = 0; at < count; at += lanes<T>) {
    const Index rest = count - at;
    const Vector<T> scaled = loadSome(gradient + at, rest) * loadSome(gain + at, rest);
    const Vector<T> unit = loadSome(normalized + at, rest);
    storeSome(Vector<T>((scaled - mean - unit * correlation) * inverse), dx + at, rest);
  }
}

}  // namespace unrolled::UNROLLED_ISA
