// Adagrad (Duchi et al. 2011), as PyTorch has it: s += g²; w -= lr·g / (√s + ε).
// g is the gradient times the factor of clipping by norm, plus weightDecay·w.
//
// Memory, in elements of P parameters: P.
#pragma once

#include <cmath>

#include "optimizers/optimizer_traits.h"

namespace unrolled {

struct Adagrad : OptimizerTraits {
  static constexpr const char* name = "adagrad";
  static constexpr Index slots = 1;
  static constexpr std::array<Hyperparameter, 1> hyperparameters = {{{"epsilon", 1e-10}}};
  static constexpr bool squaresGradient = true;
  static constexpr bool sums = true;
  static constexpr bool keepsUntouched = true;

  static double largestUpdate(const OptimizerSettings& settings, double /*gradientNorm*/, double /*velocity*/) {
    return settings.learningRate;
  }

  template <class T>
  static void requireSound(const OptimizerSettings& /*settings*/, const OptimizerState<T>& state) {
    requireWithin(state.first, state.sumBound);
  }

  template <class T>
  struct Constants : UpdateConstants<T> {
    explicit Constants(const OptimizerStep& step)
        : UpdateConstants<T>(step), epsilon(static_cast<T>(step.settings.get("epsilon"))) {}
    T epsilon;
  };

  UNROLLED_UPDATE void update(const Constants<T>& k, T gradient, T& weight, T& sum) {
    const T g = decayed(k, gradient, weight);
    sum += g * g;
    weight -= k.learningRate * g / (std::sqrt(sum) + k.epsilon);
  }
};

}  // namespace unrolled
