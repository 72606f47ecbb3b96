// The plain functions of layers, element by element, forward and then backward.
#pragma once

#include <cmath>

#include "base/types.h"
#include "kernels/kernel_table.h"
#include "zero_if_finite.h"

namespace unrolled::reference {

template <class T>
void activate(Index count, Activation activation, T* y) {
  for (Index i = 0; i < count; ++i) {
    if (activation == Activation::tanh) y[i] = std::tanh(y[i]);
    if (activation == Activation::sigmoid) y[i] = 1 / (1 + std::exp(-y[i]));
    if (activation == Activation::relu) y[i] = y[i] < 0 ? 0 : y[i];
  }
}

template <class T>
void activateBackward(Index count, Activation activation, const T* y, T* gradient) {
  for (Index i = 0; i < count; ++i) {
    if (activation == Activation::tanh) gradient[i] *= 1 - y[i] * y[i];
    if (activation == Activation::sigmoid) gradient[i] *= y[i] * (1 - y[i]);
    if (activation == Activation::relu) gradient[i] = y[i] > 0 ? gradient[i] : zeroIfFinite(gradient[i]) + y[i];
  }
}

}  // namespace unrolled::reference
