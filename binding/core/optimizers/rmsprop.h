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
  static constexpr std::array<Hyperparameter, 3> hyperparameters = {
      {{"alpha", 0.99}, {"epsilon", 1e-8}, {"momentum", 0}}};

  static double velocityBound(const OptimizerSettings& settings, double before, double /*gradientNorm*/) {
    return settings.get("momentum") * before + 1 / std::sqrt(1 - settings.get("alpha"));
  }

  static double largestUpdate(const OptimizerSettings& settings, double /*gradientNorm*/, double velocity) {
    return settings.learningRate * velocity;
  }

  template <class T>
  static void requireSound(const OptimizerSettings& /*settings*/, const OptimizerState<T>& state) {
    requireWithin(state.second, state.velocityBound);
  }

  template <class T>
  struct Constants : UpdateConstants<T> {
    explicit Constants(const OptimizerStep& step)
        : UpdateConstants<T>(step),
          alpha(static_cast<T>(step.settings.get("alpha"))),
          alphaRest(static_cast<T>(1 - step.settings.get("alpha"))),
          momentum(static_cast<T>(step.settings.get("momentum"))),
          epsilon(static_cast<T>(step.settings.get("epsilon"))) {}
    T alpha;
    T alphaRest;  // 1 - alpha, taken in double: in float it would lose its digits
    T momentum;
    T epsilon;
  };

  UNROLLED_UPDATE void update(const Constants<T>& k, T gradient, T& weight, T& square, T& velocity) {
    const T g = decayed(k, gradient, weight);
    square = k.alpha * square + k.alphaRest * g * g;
    velocity = k.momentum * velocity + g / (std::sqrt(square) + k.epsilon);
    weight -= k.learningRate * velocity;
  }
};

}  // namespace unrolled
