// The functions of a cell over vectors, and the way of a gradient back through them.
//
// Each comes in two forms: fixed when compiled, for the usual cells, and chosen for each vector, for all others. A
// kernel is written once over both and picks a form once a call.
// Plain reference: test/core/kernels/activations.h.
#pragma once

#include "base/unreachable.h"
#include "kernels/kernel_table.h"
#include "kernels/vector_math.h"

namespace unrolled::UNROLLED_ISA {

template <Activation kind>
struct FixedActivation {
  template <class V>
  UNROLLED_INLINE V value(const V& x) const {
    if constexpr (kind == Activation::tanh) return hyperbolicTangent(x);
    if constexpr (kind == Activation::sigmoid) return logistic(x);
    if constexpr (kind == Activation::relu) {
      const V zero{};
      return x < zero ? zero : x;  // written so that not-a-number is kept
    }
    if constexpr (kind == Activation::linear) return x;
  }

  // The gradient before the function, from the gradient after it and from its value.
  template <class V>
  UNROLLED_INLINE V back(const V& gradient, const V& value) const {
    if constexpr (kind == Activation::tanh) return gradient * (1 - value * value);
    if constexpr (kind == Activation::sigmoid) return gradient * value * (1 - value);
    if constexpr (kind == Activation::relu) {
      const V zero{};
      // Zeros, unless one of both is not finite.
      return value > zero ? gradient : (gradient - gradient) + value;
    }
    if constexpr (kind == Activation::linear) return gradient;
  }
};

struct AnyActivation {
  Activation kind;

  template <class V>
  UNROLLED_INLINE V value(const V& x) const {
    switch (kind) {
      case Activation::tanh:
        return FixedActivation<Activation::tanh>().value(x);
      case Activation::sigmoid:
        return FixedActivation<Activation::sigmoid>().value(x);
      case Activation::relu:
        return FixedActivation<Activation::relu>().value(x);
      case Activation::linear:
        return x;
    }
    unreachable();
  }

  template <class V>
  UNROLLED_INLINE V back(const V& gradient, const V& value) const {
    switch (kind) {
      case Activation::tanh:
        return FixedActivation<Activation::tanh>().back(gradient, value);
      case Activation::sigmoid:
        return FixedActivation<Activation::sigmoid>().back(gradient, value);
      case Activation::relu:
        return FixedActivation<Activation::relu>().back(gradient, value);
      case Activation::linear:
        return gradient;
    }
    unreachable();
  }
};

// Calls body(candidate's function, gates' function).
template <class Body>
UNROLLED_INLINE void withActivations(const CellActivations& activations, const Body& body) {
  if (activations.candidate == Activation::tanh && activations.gate == Activation::sigmoid) {
    body(FixedActivation<Activation::tanh>(), FixedActivation<Activation::sigmoid>());
  } else {
    body(AnyActivation{activations.candidate}, AnyActivation{activations.gate});
  }
}

// Calls body(function).
template <class Body>
UNROLLED_INLINE void withActivation(Activation activation, const Body& body) {
  switch (activation) {
    case Activation::tanh:
      body(FixedActivation<Activation::tanh>());
      break;
    case Activation::relu:
      body(FixedActivation<Activation::relu>());
      break;
    case Activation::sigmoid:
      body(FixedActivation<Activation::sigmoid>());
      break;
    case Activation::linear:
      body(FixedActivation<Activation::linear>());
  }
}

// The gradient of a new state: from the next step, and from the layer above (may be null).
template <class T>
UNROLLED_INLINE Vector<T> totalGradient(const T* gradient, const T* outputGradient, Index at, Index count) {
  Vector<T> total = loadSome(gradient + at, count);
  if (outputGradient != nullptr) total += loadSome(outputGradient + at, count);
  return total;
}

}  // namespace unrolled::UNROLLED_ISA
