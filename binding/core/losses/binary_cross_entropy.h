// Binary cross-entropy of each output separately, from logits x and targets t in [0, 1], in nats: -t·log σ(x) - (1 -
// t)·log(1 - σ(x)), computed as max(x, 0) - t·x + log(1 + e^-|x|), which never overflows.
#pragma once

#include <algorithm>
#include <cmath>

#include "losses/value_loss_traits.h"

namespace unrolled {

// Correct: x > 0 where t > 0.5, x <= 0 elsewhere.
struct BinaryCrossEntropy {
  static constexpr const char* name = "binaryCrossEntropy";
  static constexpr TargetRange targets = {0, 1};

  static OutputLoss of(double x, double t) noexcept {
    const double small = std::exp(-std::abs(x));
    const double sigmoid = (x > 0 ? 1 : small) / (1 + small);
    return {.loss = std::max(x, 0.0) - t * x + std::log1p(small),
            .slope = sigmoid - t,
            .correct = std::isfinite(x) && (x > 0) == (t > 0.5)};
  }
};

}  // namespace unrolled
