// The file of a loss of values declares a struct with
//
//   static constexpr const char* name            what people call it by
//   static constexpr TargetRange targets         which targets it takes
//   static OutputLoss of(output, target)         the loss of one output, and its derivative to the output
#pragma once

#include <limits>

namespace unrolled {

struct TargetRange {
  double least;
  double most;
};

constexpr TargetRange anyNumber = {std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()};

struct OutputLoss {
  double loss;
  double slope;          // dloss/doutput
  bool correct = false;  // whether the output is on the target's side, where the loss knows sides
};

}  // namespace unrolled
