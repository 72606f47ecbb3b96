// An optimiser beside its textbook formula, over several tiles and steps.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "../support.h"
#include "optimizers/optimizer.h"

namespace unrolled::test {

// One parameter, in float64.
struct Textbook {
  OptimizerOptions o;
  double weight = 0;
  double first = 0;
  double second = 0;
};

// Checks the first steps of a kind against `byTextbook(parameter, gradient, t)`, where the gradient is scaled and t is
// 1 at first.
template <class T, class Step>
void followsTextbook(OptimizerKind kind, const Step& byTextbook, int steps = 4) {
  constexpr Index parameters = 3 * 32768 + 77;  // more than three tiles, the last incomplete
  constexpr double gradientScale = 0.6;
  const GradientTiles tiles(parameters);
  OptimizerOptions options(kind);
  options.learningRate = 0.02;
  options.set("momentum", 0.9);
  options.weightDecay = 0.03;
  Optimizer<T> optimizer(options, parameters);

  Guarded<T> weights(normals<T>(parameters, 1));
  const std::vector<T> start = weights.values();
  std::vector<Textbook> textbook(asSize(parameters));
  for (std::size_t i = 0; i < textbook.size(); ++i) textbook[i] = {options, static_cast<double>(start[i]), 0, 0};

  for (int step = 1; step <= steps; ++step) {
    const std::vector<T> gradients = normals<T>(parameters, 1 + static_cast<std::uint64_t>(step));
    optimizer.step(tiles, weights.data(), gradients.data(), gradientScale, threads(2));
    for (std::size_t i = 0; i < textbook.size(); ++i)
      byTextbook(textbook[i], static_cast<double>(gradients[i]) * gradientScale, step);
  }
  // Of what the steps moved; float's 1 - beta2 has four digits less than float.
  const std::vector<T> values = weights.values();
  double worst = 0;
  for (std::size_t i = 0; i < textbook.size(); ++i) {
    const double moved = std::abs(textbook[i].weight - static_cast<double>(start[i]));
    const double error = std::abs(static_cast<double>(values[i]) - textbook[i].weight);
    worst = std::max(worst, error / std::max(0.01, moved));
  }
  CHECK(worst <= (sizeof(T) == 4 ? 1e-4 : 1e-12));
  CHECK(weights.intact());
}

}  // namespace unrolled::test
