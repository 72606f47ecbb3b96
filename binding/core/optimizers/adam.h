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
  static constexpr bool correctsBias = true;

  // |m| / √s is at most √Σ(weights of m)² / (weights of s), by Cauchy and Schwarz, and 1 at the first step.
  static double largestUpdate(const OptimizerSettings& settings, double /*gradientNorm*/, double /*velocity*/) {
    return settings.learningRate / (1 - settings.beta1) / std::sqrt(1 - settings.beta2);
  }

  template <class T>
  static void requireSound(const OptimizerSettings& settings, const OptimizerState<T>& state) {
    requireMoments(settings, state);
  }

  // What the weight moves by.
  UNROLLED_UPDATE T move(const UpdateConstants<T>& k, T g, T& mean, T& square) {
    mean = k.beta1 * mean + k.beta1Rest * g;
    square = k.beta2 * square + k.beta2Rest * g * g;
    return k.learningRate / k.correction1 * mean / (std::sqrt(square) / k.correction2 + k.epsilon);
  }

  UNROLLED_UPDATE void update(const UpdateConstants<T>& k, T gradient, T& weight, T& mean, T& square) {
    weight -= move(k, decayed(k, gradient, weight), mean, square);
  }
};

}  // namespace unrolled
