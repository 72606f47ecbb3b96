// The normaliser of a row of logits, in double.
#pragma once

#include <algorithm>
#include <cmath>

#include "types.h"

namespace unrolled {

// log Σ exp(logits): what turns a logit into a log-probability by subtraction. Not finite where the logits leave no
// distribution.
template <class T>
double logSumExp(const T* logits, Index count) {
  const auto highest = static_cast<double>(*std::max_element(logits, logits + count));
  double sum = 0;
  for (Index i = 0; i < count; ++i) sum += std::exp(static_cast<double>(logits[i]) - highest);
  return highest + std::log(sum);
}

}  // namespace unrolled
