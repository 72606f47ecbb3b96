// The optimisers: a new one is a file beside these, its place in this enumeration and in this list, in the same order.
#pragma once

#include <array>
#include <tuple>
#include <utility>
#include <vector>

#include "optimizers/adagrad.h"
#include "optimizers/adagrad_absolute.h"
#include "optimizers/adam.h"
#include "optimizers/adamw.h"
#include "optimizers/momentum.h"
#include "optimizers/rmsprop.h"
#include "optimizers/sgd.h"

namespace unrolled {

enum class OptimizerKind { sgd, momentum, adagrad, adagradAbsolute, rmsprop, adam, adamw };

using OptimizerList = std::tuple<Sgd, Momentum, Adagrad, AdagradAbsolute, Rmsprop, Adam, AdamW>;

constexpr std::size_t optimizerCount = std::tuple_size_v<OptimizerList>;

// An array of what `of` makes of each of them, by their kinds.
template <class Of>
constexpr auto forEachOptimizer(const Of& of) {
  return std::apply([&](auto... optimizers) { return std::array{of(optimizers)...}; }, OptimizerList());
}

// Each by its name.
constexpr std::array<std::pair<const char*, OptimizerKind>, optimizerCount> optimizerNames = [] {
  std::array<std::pair<const char*, OptimizerKind>, optimizerCount> names = {};
  std::size_t at = 0;
  for (const char* name : forEachOptimizer([](auto optimizer) { return decltype(optimizer)::name; })) {
    names[at] = {name, static_cast<OptimizerKind>(at)};
    ++at;
  }
  return names;
}();

// The hyper-parameters of one beside the learning rate and the weight decay.
inline const std::vector<Hyperparameter>& hyperparametersOf(OptimizerKind kind) {
  static const auto each = forEachOptimizer([](auto optimizer) {
    const auto& declared = decltype(optimizer)::hyperparameters;
    return std::vector<Hyperparameter>(declared.begin(), declared.end());
  });
  return each[static_cast<std::size_t>(kind)];
}

// Whether checkpoints of one have the number that goes from step to step (OptimizerTraits::carried).
constexpr bool carries(OptimizerKind kind) {
  constexpr auto each = forEachOptimizer([](auto optimizer) { return decltype(optimizer)::carries; });
  return each[static_cast<std::size_t>(kind)];
}

}  // namespace unrolled
