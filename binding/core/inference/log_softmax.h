// The log-probabilities of a row of logits, in double.
#pragma once

#include <cmath>

#include "base/error.h"
#include "kernels/log_sum_exp.h"

namespace unrolled {

// Refuses what came from logits that overflowed.
inline void requireFiniteOutput(double value) {
  if (std::isfinite(value)) return;
  throw Error("ERR_UNROLLED_MODEL_NOT_FINITE",
              "The model's output is NaN or infinite: its weights are too large to compute with");
}

}  // namespace unrolled
