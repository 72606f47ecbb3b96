// The list of losses. A new loss of values is a new file, and one entry of the enumeration and of the list, in the same
// order.
#pragma once

#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include "losses/binary_cross_entropy.h"
#include "losses/squared_error.h"

namespace unrolled {

enum class LossKind {
  crossEntropy,  // softmax cross-entropy of class ids, nats
  binaryCrossEntropy,
  squaredError
};

// Losses of values: each output against a number.
using ValueLossList = std::tuple<BinaryCrossEntropy, SquaredError>;

// Whether targets are classes, one at each position, and not values, one for each output.
constexpr bool isOfClasses(LossKind kind) { return kind == LossKind::crossEntropy; }

// An array of what `of` makes of each loss of values.
template <class Of>
constexpr auto forEachValueLoss(const Of& of) {
  return std::apply([&](auto... losses) { return std::array{of(losses)...}; }, ValueLossList());
}

constexpr std::size_t valueLossCount = std::tuple_size_v<ValueLossList>;

// The loss of values at a place of the list.
constexpr LossKind valueLossKind(std::size_t place) { return static_cast<LossKind>(place + 1); }

// Each loss by its name.
constexpr std::array<std::pair<const char*, LossKind>, valueLossCount + 1> lossNames = [] {
  std::array<std::pair<const char*, LossKind>, valueLossCount + 1> names = {};
  names[0] = {"crossEntropy", LossKind::crossEntropy};
  const auto ofValues = forEachValueLoss([](auto loss) { return decltype(loss)::name; });
  for (std::size_t i = 0; i < valueLossCount; ++i) names[i + 1] = {ofValues[i], valueLossKind(i)};
  return names;
}();

}  // namespace unrolled
