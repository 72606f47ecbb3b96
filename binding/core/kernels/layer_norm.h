// Layer normalisation of one row: n = (x - mean) / sqrt(variance + epsilon), y = n·gain + shift; forward, and
// under it its backward.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/simd.h"

extern "C" double sqrt(double);

namespace unrolled::UNROLLED_ISA {

template <class T>
void normalizeRow(Index count, T epsilon, const T* gain, const T* shift, const T* x, T* y, T* mean, T* inverse) {
  Vector<T> sums{};
  for (Index at = 0; at < count; at += lanes<T>) sums += loadSome(x + at, count - at);
  const T center = sumOfLanes<T>(sums) / static_cast<T>(count);
  Vector<T> squares{};
  for (Index at = 0; at < count; at += lanes<T>) {
    const Index some = count - at;
    Vector<T> apart = loadSome(x + at, some) - center;
    for (Index lane = some; lane < lanes<T>; ++lane) apart[lane] = 0;
    squares += apart * apart;
  }
  const T variance = sumOfLanes<T>(squares) / static_cast<T>(count);
  const T factor = static_cast<T>(1 / ::sqrt(static_cast<double>(variance + epsilon)));
  for (Index at = 0; at < count; at += lanes<T>) {
    const Index some = count - at;
    const Vector<T> n = (loadSome(x + at, some) - center) * factor;
    storeSome(Vector<T>(n * loadSome(gain + at, some) + loadSome(shift + at, some)), y + at, some);
  }
  *mean = center;
  *inverse = factor;
}

template <class T>
void normalizeRowBackward(Index count, const T* gain, const T* x, T mean, T inverse, T* gradient) {
  Vector<T> sums{};
  Vector<T> products{};
  for (Index at = 0; at < count; at += lanes<T>) {
    const Index some = count - at;
    const Vector<T> g = loadSome(gradient + at, some) * loadSome(gain + at, some);
    sums += g;
    products += g * ((loadSome(x + at, some) - mean) * inverse);
  }
  const T sum = sumOfLanes<T>(sums) / static_cast<T>(count);
  const T product = sumOfLanes<T>(products) / static_cast<T>(count);
  for (Index at = 0; at < count; at += lanes<T>) {
    const Index some = count - at;
    const Vector<T> g = loadSome(gradient + at, some) * loadSome(gain + at, some);
    const Vector<T> n = (loadSome(x + at, some) - mean) * inverse;
    storeSome(Vector<T>(inverse * (g - sum - n * product)), gradient + at, some);
  }
}

// What reaches gain and shift of some columns, from the gradients and inputs of all rows.
template <class T>
void normalizeSums(Index rows, Index columns, const T* gradient, const T* x, Index stride, const T* mean,
                   const T* inverse, T* gainGradient, T* shiftGradient) {
  for (Index at = 0; at < columns; at += lanes<T>) {
    const Index some = columns - at;
    Vector<T> gains{};
    Vector<T> shifts{};
    for (Index row = 0; row < rows; ++row) {
      const Vector<T> g = loadSome(gradient + row * stride + at, some);
      gains += g * ((loadSome(x + row * stride + at, some) - mean[row]) * inverse[row]);
      shifts += g;
    }
    storeSome(gains, gainGradient + at, some);
    storeSome(shifts, shiftGradient + at, some);
  }
}

}  // namespace unrolled::UNROLLED_ISA
