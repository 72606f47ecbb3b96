// (output - target)² of each output separately; nothing counts as correct.
#pragma once

#include "losses/value_loss_traits.h"

namespace unrolled {

struct SquaredError {
  static constexpr const char* name = "squaredError";
  static constexpr TargetRange targets = anyNumber;

  static OutputLoss of(double output, double target) noexcept {
    const double apart = output - target;
    return {.loss = apart * apart, .slope = 2 * apart};
  }
};

}  // namespace unrolled
