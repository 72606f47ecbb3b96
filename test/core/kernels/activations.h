// The plain functions of a cell and their slopes.
#pragma once

#include <cmath>

#include "base/types.h"
#include "base/unreachable.h"
#include "kernels/kernel_table.h"

namespace unrolled::reference {

template <class T>
T logistic(T x) {
  return 1 / (1 + std::exp(-x));
}

template <class T>
T activate(Activation activation, T x) {
  switch (activation) {
    case Activation::tanh:
      return std::tanh(x);
    case Activation::relu:
      return x < 0 ? T(0) : x;
    case Activation::sigmoid:
      return logistic(x);
    case Activation::linear:
      return x;
  }
  unreachable();
}

// The slope of a function where its value is y.
template <class T>
T slope(Activation activation, T y) {
  switch (activation) {
    case Activation::tanh:
      return 1 - y * y;
    case Activation::relu:
      return y > 0 ? T(1) : y;  // of a value that is not a number, as it is
    case Activation::sigmoid:
      return y * (1 - y);
    case Activation::linear:
      return 1;
  }
  unreachable();
}

// The gradient of a new state; outputGradient may be null.
template <class T>
T total(const T* gradient, const T* outputGradient, Index j) {
  return gradient[j] + (outputGradient == nullptr ? T(0) : outputGradient[j]);
}

}  // namespace unrolled::reference
