// Predicts the duration of the next steps of a training from the steps made so far.
#pragma once

#include <algorithm>

#include "base/types.h"

namespace unrolled {

class StepTimes {
 public:
  // Called after a run with its number of steps, and its multiply-adds in total.
  void add(Index steps, double multiplyAdds, double seconds) {
    const double perStep = seconds / static_cast<double>(steps);
    leastPerStep_ = known_ ? std::min(leastPerStep_, perStep) : perStep;
    perMultiplyAdd_ = seconds / multiplyAdds;
    known_ = true;
  }

  // Whether there was a run to predict from.
  [[nodiscard]] bool known() const { return known_; }

  // Seconds of so many steps with so many multiply-adds in all, about. A step takes some time however small its batch
  // is, and a large batch takes as much longer as it is larger.
  [[nodiscard]] double expected(Index steps, double multiplyAdds) const {
    return std::max(static_cast<double>(steps) * leastPerStep_, multiplyAdds * perMultiplyAdd_);
  }

 private:
  bool known_ = false;
  double leastPerStep_ = 0;
  double perMultiplyAdd_ = 0;  // in the last run
};

}  // namespace unrolled
