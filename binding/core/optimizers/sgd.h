// Stochastic gradient descent: w -= lr·g.
// g is the gradient times the factor of clipping by norm, plus weightDecay·w.
//
// Memory: none.
#pragma once

#include "optimizers/optimizer_traits.h"

namespace unrolled {

struct Sgd : OptimizerTraits {
  static constexpr const char* name = "sgd";
  static constexpr Index slots = 0;
  static constexpr bool keepsUntouched = true;

  static double largestUpdate(const OptimizerSettings& settings, double gradientNorm, double /*velocity*/) {
    return settings.learningRate * gradientNorm;
  }

  UNROLLED_UPDATE void update(const UpdateConstants<T>& k, T gradient, T& weight) {
    const T g = decayed(k, gradient, weight);
    weight -= k.learningRate * g;
  }
};

}  // namespace unrolled
