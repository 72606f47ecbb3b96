// The normaliser of a row of logits, in double.
#pragma once

#include <algorithm>
#include <cmath>

#include "base/types.h"

namespace unrolled {

// log Σ exp(logits): what turns a logit into a log-probability by subtraction. Not-a-number where a logit is not
// finite.
template <class T>
double logSumExp(const T* logits, Index count) {
  const auto highest = static_cast<double>(*std::max_element(logits, logits + count));
  double sum = 0;
  double poison = 0;  // keeps what is not finite, of which an exponential may leave nothing
  for (Index i = 0; i < count; ++i) {
    sum += std::exp(static_cast<double>(logits[i]) - highest);
    poison += static_cast<double>(logits[i]) * 0;
  }
  return highest + std::log(sum) + poison;
}

}  // namespace unrolled
