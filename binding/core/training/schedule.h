// The factor of the learning rate, which depends only on the step.
#pragma once

#include "base/types.h"

namespace unrolled {

// With k the steps (or epochs, with their fraction) since the warm-up:
//   constant      1
//   step          factor^⌊k / every⌋
//   exponential   factor^(k / every)
//   linear        from 1 to floor within `length`, then floor
//   cosine        floor + (1 - floor)·(1 + cos(π·k / length)) / 2 within `length`, then floor
struct Schedule {
  enum class Kind { constant, step, exponential, linear, cosine } kind = Kind::constant;
  bool inEpochs = false;  // the unit of warmup, every and length
  double warmup = 0;      // linear: its step s, from 0, has (s + 1) / steps of the warm-up
  double every = 1;
  double factor = 1;
  double length = 1;
  double floor = 0;

  [[nodiscard]] double at(Index step, Index stepsPerEpoch) const;
};

}  // namespace unrolled
