// The functions a layer may put over its sums, element by element: forward, and under it its backward.
// Plain reference: test/core/kernels/activation.h.
#pragma once

#include "kernels/activations.h"

namespace unrolled::UNROLLED_ISA {

template <class T>
void activate(Index count, Activation activation, T* y) {
  withActivation(activation, [&](auto function) {
    for (Index at = 0; at < count; at += lanes<T>) {
      storeSome(function.value(loadSome(y + at, count - at)), y + at, count - at);
    }
  });
}

template <class T>
void activateBackward(Index count, Activation activation, const T* y, T* gradient) {
  withActivation(activation, [&](auto function) {
    for (Index at = 0; at < count; at += lanes<T>) {
      const Vector<T> dx = function.back(loadSome(gradient + at, count - at), loadSome(y + at, count - at));
      storeSome(dx, gradient + at, count - at);
    }
  });
}

}  // namespace unrolled::UNROLLED_ISA
