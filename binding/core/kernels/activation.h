// The functions a layer may put over its sums, element by element: forward, and under it its backward.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/vector_math.h"

namespace unrolled::UNROLLED_ISA {

template <class T>
void activate(Index count, Activation activation, T* y) {
  if (activation == Activation::linear) return;
  const Vector<T> zero{};
  for (Index at = 0; at < count; at += lanes<T>) {
    Vector<T> x = loadSome(y + at, count - at);
    if (activation == Activation::tanh) {
      x = hyperbolicTangent(x);
    } else if (activation == Activation::sigmoid) {
      x = logistic(x);
    } else {
      x = x < zero ? zero : x;  // so that not-a-number passes through
    }
    storeSome(x, y + at, count - at);
  }
}

template <class T>
void activateBackward(Index count, Activation activation, const T* y, T* gradient) {
  if (activation == Activation::linear) return;
  const Vector<T> zero{};
  for (Index at = 0; at < count; at += lanes<T>) {
    const Vector<T> value = loadSome(y + at, count - at);
    Vector<T> g = loadSome(gradient + at, count - at);
    if (activation == Activation::tanh) {
      g *= 1 - value * value;
    } else if (activation == Activation::sigmoid) {
      g *= value * (1 - value);
    } else {
      g = value > zero ? g : zero;
    }
    storeSome(g, gradient + at, count - at);
  }
}

}  // namespace unrolled::UNROLLED_ISA
