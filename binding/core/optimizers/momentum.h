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
  static constexpr std::array<Hyperparameter, 1> hyperparameters = {{{"momentum", 0.9}}};

  static double velocityBound(const OptimizerSettings& settings, double before, double gradientNorm) {
    return settings.get("momentum") * before + gradientNorm;
  }

  static double largestUpdate(const OptimizerSettings& settings, double /*gradientNorm*/, double velocity) {
    return settings.learningRate * velocity;
  }

  template <class T>
  static void requireSound(const OptimizerSettings& /*settings*/, const OptimizerState<T>& state) {
    requireWithin(state.first, state.velocityBound);
  }

  template <class T>
  struct Constants : UpdateConstants<T> {
    explicit Constants(const OptimizerStep& step)
        : UpdateConstants<T>(step), momentum(static_cast<T>(step.settings.get("momentum"))) {}
    T momentum;
  };

  UNROLLED_UPDATE void update(const Constants<T>& k, T gradient, T& weight, T& velocity) {
    const T g = decayed(k, gradient, weight);
    velocity = k.momentum * velocity + g;
    weight -= k.learningRate * velocity;
  }
};

}  // namespace unrolled
