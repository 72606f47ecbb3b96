// AdamW (Loshchilov and Hutter 2019), as PyTorch has it: w *= 1 - lr·weightDecay, then as Adam, whose g has no decay.
//
// Memory, in elements of P parameters: 2·P.
#pragma once

#include <algorithm>
#include <cmath>

#include "optimizers/adam.h"
#include "optimizers/optimizer_traits.h"

namespace unrolled {

struct AdamW : Adam {
  static constexpr const char* name = "adamw";

  // A decay so large that weights change their sign, and may grow.
  static double growth(const OptimizerSettings& settings) {
    return std::max(1.0, std::abs(1 - settings.learningRate * settings.weightDecay));
  }

  UNROLLED_UPDATE void update(const Constants<T>& k, T gradient, T& weight, T& mean, T& square) {
    const T kept = weight * (1 - k.learningRate * k.weightDecay);
    weight = kept - move(k, gradient * k.gradientScale, mean, square);
  }
};

}  // namespace unrolled
