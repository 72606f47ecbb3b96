#include "layers/options.h"

#include <cmath>
#include <cstdio>

#include "layers/option_errors.h"

namespace unrolled {
namespace {

// In the shortest form: 0, 0.5, 1e-05.
std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

std::string described(const RealNumber& kind) {
  std::string text = "a number";
  if (kind.least.has_value()) text += (kind.below.has_value() ? " from " : " of at least ") + shown(*kind.least);
  if (kind.above.has_value()) text += " above " + shown(*kind.above);
  if (kind.below.has_value()) text += " to below " + shown(*kind.below);
  return text;
}

bool contains(const RealNumber& kind, double value) {
  return std::isfinite(value) && value >= kind.least.value_or(value) && !(value <= kind.above.value_or(-HUGE_VAL)) &&
         !(value >= kind.below.value_or(HUGE_VAL));
}

}  // namespace

void requireValue(const std::string& option, const WholeNumber& kind, Index value) {
  if (value >= kind.least && value <= kind.most) return;
  throw impossible(option, "a whole number from " + std::to_string(kind.least) + " to " + std::to_string(kind.most),
                   std::to_string(value));
}

void requireValue(const std::string& option, const RealNumber& kind, double value) {
  if (!contains(kind, value)) throw impossible(option, described(kind), std::to_string(value));
}

}  // namespace unrolled
