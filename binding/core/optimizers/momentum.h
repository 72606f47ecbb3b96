// Gradient descent with momentum, as PyTorch has it: v = momentum·v + g; w -= lr·v.
// g is the gradient times the factor of clipping by norm, plus weightDecay·w.
//
// Memory, in elements of P parameters: P.
#pragma once

#include "optimizers/optimizer_traits.h"

namespace unrolled {

struct Momentum : OptimizerTraits {
  static constexpr const char* name = "momentum";
  static constexpr Index slots = 1;

  static double largestUpdate(const OptimizerSettings& settings, double /*gradientNorm*/, double velocity) {
    return settings.learningRate * velocity;
  }

  template <class T>
  static void requireSound(const OptimizerSettings& /*settings*/, const OptimizerState<T>& state) {
    requireWithin(state.first, state.velocityBound);
  }

  UNROLLED_UPDATE void update(const UpdateConstants<T>& k, T gradient, T& weight, T& velocity) {
    const T g = decayed(k, gradient, weight);
    velocity = k.momentum * velocity + g;
    weight -= k.learningRate * velocity;
  }
};

}  // namespace unrolled
