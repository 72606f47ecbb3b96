// RMSprop, as PyTorch has it: s = α·s + (1-α)·g²; v = momentum·v + g / (√s + ε); w -= lr·v.
// g is the gradient times the factor of clipping by norm, plus weightDecay·w.
//
// Memory, in elements of P parameters: 2·P.
#pragma once

#include <cmath>

#include "optimizers/optimizer_traits.h"

namespace unrolled {

struct Rmsprop : OptimizerTraits {
  static constexpr const char* name = "rmsprop";
  static constexpr Index slots = 2;
  static constexpr bool squaresGradient = true;

  static double freshVelocity(const OptimizerSettings& settings, double /*gradientNorm*/) {
    return 1 / std::sqrt(1 - settings.alpha);
  }

  static double largestUpdate(const OptimizerSettings& settings, double /*gradientNorm*/, double velocity) {
    return settings.learningRate * velocity;
  }

  template <class T>
  static void requireSound(const OptimizerSettings& /*settings*/, const OptimizerState<T>& state) {
    requireWithin(state.second, state.velocityBound);
  }

  UNROLLED_UPDATE void update(const UpdateConstants<T>& k, T gradient, T& weight, T& square, T& velocity) {
    const T g = decayed(k, gradient, weight);
    square = k.alpha * square + k.alphaRest * g * g;
    velocity = k.momentum * velocity + g / (std::sqrt(square) + k.epsilon);
    weight -= k.learningRate * velocity;
  }
};

}  // namespace unrolled
