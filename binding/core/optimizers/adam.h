// Adam (Kingma and Ba 2015), as PyTorch has it:
//   m = β₁·m + (1-β₁)·g;  s = β₂·s + (1-β₂)·g²
//   w -= lr/(1-β₁ᵗ)·m / (√s/√(1-β₂ᵗ) + ε)
// g is the gradient times the factor of clipping by norm, plus weightDecay·w.
//
// Memory, in elements of P parameters: 2·P.
#pragma once

#include <cmath>

#include "optimizers/optimizer_traits.h"

namespace unrolled {

struct Adam : OptimizerTraits {
  static constexpr const char* name = "adam";
  static constexpr Index slots = 2;
  static constexpr bool squaresGradient = true;
  static constexpr std::array<Hyperparameter, 3> hyperparameters = {
      {{"beta1", 0.9}, {"beta2", 0.999}, {"epsilon", 1e-8}}};

  // The first step divides by 1-β₁ what the mean took.
  static double largestRate(const OptimizerSettings& settings) {
    return settings.learningRate / (1 - settings.get("beta1"));
  }

  // |m| / √s is at most √Σ(weights of m)² / (weights of s), by Cauchy and Schwarz, and 1 at the first step.
  static double largestUpdate(const OptimizerSettings& settings, double /*gradientNorm*/, double /*velocity*/) {
    return settings.learningRate / (1 - settings.get("beta1")) / std::sqrt(1 - settings.get("beta2"));
  }

  template <class T>
  static void requireSound(const OptimizerSettings& settings, const OptimizerState<T>& state) {
    requireMoments(settings, state);
  }

  template <class T>
  struct Constants : UpdateConstants<T> {
    explicit Constants(const OptimizerStep& step)
        : UpdateConstants<T>(step),
          beta1(static_cast<T>(step.settings.get("beta1"))),
          beta2(static_cast<T>(step.settings.get("beta2"))),
          beta1Rest(static_cast<T>(1 - step.settings.get("beta1"))),
          beta2Rest(static_cast<T>(1 - step.settings.get("beta2"))),
          epsilon(static_cast<T>(step.settings.get("epsilon"))),
          correction1(static_cast<T>(1 - std::pow(step.settings.get("beta1"), step.number))),
          correction2(static_cast<T>(std::sqrt(1 - std::pow(step.settings.get("beta2"), step.number)))) {}
    T beta1;
    T beta2;
    T beta1Rest;  // 1 - beta1, taken in double: in float it would lose its digits
    T beta2Rest;
    T epsilon;
    T correction1;  // 1 - beta1^t
    T correction2;  // sqrt(1 - beta2^t)
  };

  // What the weight moves by.
  UNROLLED_UPDATE T move(const Constants<T>& k, T g, T& mean, T& square) {
    mean = k.beta1 * mean + k.beta1Rest * g;
    square = k.beta2 * square + k.beta2Rest * g * g;
    return k.learningRate / k.correction1 * mean / (std::sqrt(square) / k.correction2 + k.epsilon);
  }

  UNROLLED_UPDATE void update(const Constants<T>& k, T gradient, T& weight, T& mean, T& square) {
    weight -= move(k, decayed(k, gradient, weight), mean, square);
  }
};

}  // namespace unrolled
