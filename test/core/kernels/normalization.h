// The plain layer normalisation of one row, forward and then backward.
#pragma once

#include <cmath>

#include "base/types.h"
#include "zero_if_finite.h"

namespace unrolled::reference {

// normalized and y are [count]; the mean and the variance are taken in double.
template <class T>
T normalize(Index count, T epsilon, const T* gain, const T* shift, const T* x, T* normalized, T* y, bool accumulate) {
  double mean = 0;
  for (Index i = 0; i < count; ++i) mean += static_cast<double>(x[i]) / static_cast<double>(count);
  double variance = 0;
  for (Index i = 0; i < count; ++i) {
    const double distance = static_cast<double>(x[i]) - mean;
    variance += distance * distance / static_cast<double>(count);
  }
  const double inverse = 1 / std::sqrt(variance + static_cast<double>(epsilon)) + zeroIfFinite(variance);
  for (Index i = 0; i < count; ++i) {
    normalized[i] = static_cast<T>((static_cast<double>(x[i]) - mean) * inverse);
    y[i] = (accumulate ? y[i] : T(0)) + gain[i] * normalized[i] + (shift == nullptr ? T(0) : shift[i]);
  }
  return static_cast<T>(inverse);
}

// dx is [count]; so are the gradients of gain and shift, which are added to. What is the same for all elements moves
// none of them, since the normalised ones add up to zero.
template <class T>
void normalizeBackward(Index count, T inverse, const T* gain, const T* gradient, const T* normalized, T* gainGradient,
                       T* shiftGradient, T* dx) {
  double mean = 0;
  double correlation = 0;
  bool same = true;
  for (Index i = 0; i < count; ++i) {
    const double scaled = static_cast<double>(gain[i]) * static_cast<double>(gradient[i]);
    same = same && (i == 0 || gain[i] * gradient[i] == gain[0] * gradient[0]);
    mean += scaled / static_cast<double>(count);
    correlation += scaled * static_cast<double>(normalized[i]) / static_cast<double>(count);
    gainGradient[i] += gradient[i] * normalized[i];
    if (shiftGradient != nullptr) shiftGradient[i] += gradient[i];
  }
  for (Index i = 0; i < count; ++i) {
    const double scaled = static_cast<double>(gain[i]) * static_cast<double>(gradient[i]);
    const double moved = same ? 0 : scaled - mean - static_cast<double>(normalized[i]) * correlation;
    dx[i] = static_cast<T>(moved * static_cast<double>(inverse)) + zeroIfFinite(static_cast<T>(scaled));
  }
}

}  // namespace unrolled::reference
