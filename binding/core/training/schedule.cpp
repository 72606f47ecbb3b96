#include "training/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/unreachable.h"

namespace unrolled {

namespace {

// A figure that is whole except its last bits as the whole one: 0.29 of 100 steps are 29, and 0.9 is three times 0.3,
// which neither is in doubles.
double withoutLastBits(double value) {
  const double whole = std::round(value);
  return std::abs(value - whole) <= 4 * std::numeric_limits<double>::epsilon() * value ? whole : value;
}

}  // namespace

double Schedule::at(Index step, Index stepsPerEpoch) const {
  const double unit = inEpochs ? static_cast<double>(stepsPerEpoch) : 1;
  const auto steps = static_cast<double>(step);
  const double warmupSteps = withoutLastBits(warmup * unit);
  if (steps < warmupSteps) return std::min(1.0, (steps + 1) / warmupSteps);
  const double k = (steps - warmupSteps) / unit;
  const double done = std::min(1.0, k / length);
  constexpr double pi = 3.141592653589793;
  switch (kind) {
    case Kind::constant:
      return 1;
    case Kind::step:
      return std::pow(factor, std::floor(withoutLastBits((steps - warmupSteps) / (every * unit))));
    case Kind::exponential:
      return std::pow(factor, k / every);
    case Kind::linear:
      return floor + (1 - floor) * (1 - done);
    case Kind::cosine:
      return floor + (1 - floor) * (1 + std::cos(pi * done)) / 2;
  }
  unreachable();
}

}  // namespace unrolled
