// Adagrad over sizes, as the from-scratch tutorials have it: s += |g|; w -= lr·g / √(s + ε).
// g is the gradient times the factor of clipping by norm, plus weightDecay·w.
//
// Memory, in elements of P parameters: P.
#pragma once

#include <cmath>

#include "optimizers/adagrad.h"
#include "optimizers/optimizer_traits.h"

namespace unrolled {

struct AdagradAbsolute : OptimizerTraits {
  static constexpr const char* name = "adagrad-abs";
  static constexpr Index slots = 1;
  static constexpr std::array<Hyperparameter, 1> hyperparameters = {{{"epsilon", 1e-8}}};
  static constexpr bool sums = true;
  static constexpr bool keepsUntouched = true;

  static double largestUpdate(const OptimizerSettings& settings, double gradientNorm, double /*velocity*/) {
    return settings.learningRate * std::sqrt(gradientNorm);
  }

  template <class T>
  static void requireSound(const OptimizerSettings& /*settings*/, const OptimizerState<T>& state) {
    requireWithin(state.first, state.sumBound);
  }

  template <class T>
  using Constants = Adagrad::Constants<T>;

  UNROLLED_UPDATE void update(const Constants<T>& k, T gradient, T& weight, T& sum) {
    const T g = decayed(k, gradient, weight);
    sum += g < 0 ? -g : g;
    weight -= k.learningRate * g / std::sqrt(sum + k.epsilon);
  }
};

}  // namespace unrolled
