#include "training/schedule.h"

#include <algorithm>
#include <cmath>

#include "unreachable.h"

namespace unrolled {

double Schedule::at(Index step, Index stepsPerEpoch) const {
  const double unit = inEpochs ? static_cast<double>(stepsPerEpoch) : 1;
  const auto steps = static_cast<double>(step);
  if (steps < warmup * unit) return std::min(1.0, (steps + 1) / (warmup * unit));
  const double k = (steps - warmup * unit) / unit;
  const double done = std::min(1.0, k / length);
  constexpr double pi = 3.141592653589793;
  switch (kind) {
    case Kind::constant:
      return 1;
    case Kind::step:
      return std::pow(factor, std::floor(k / every));
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
