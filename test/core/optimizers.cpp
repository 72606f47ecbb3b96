// Optimisers over several tiles of parameters against the textbook, and the two clippings.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "optimizers/optimizer.h"
#include "optimizers/textbook.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// More than three tiles, the last incomplete.
constexpr Index parameters = 3 * 32768 + 77;

const GradientTiles tiles(parameters);

// The gradient with the decay's.
double decayed(const Textbook& p, double g) { return g + p.o.weightDecay * p.weight; }

void adam(Textbook& p, double g, int t) {
  p.first = p.o.get("beta1") * p.first + (1 - p.o.get("beta1")) * g;
  p.second = p.o.get("beta2") * p.second + (1 - p.o.get("beta2")) * g * g;
  p.weight -= p.o.learningRate * (p.first / (1 - std::pow(p.o.get("beta1"), t))) /
              (std::sqrt(p.second / (1 - std::pow(p.o.get("beta2"), t))) + p.o.get("epsilon"));
}

}  // namespace

TEST_CASE_TEMPLATE("every optimiser follows the textbook over several tiles and steps", T, float, double) {
  followsTextbook<T>(OptimizerKind::sgd,
                     [](Textbook& p, double g, int) { p.weight -= p.o.learningRate * decayed(p, g); });
  followsTextbook<T>(OptimizerKind::momentum, [](Textbook& p, double g, int) {
    p.first = p.o.get("momentum") * p.first + decayed(p, g);
    p.weight -= p.o.learningRate * p.first;
  });
  followsTextbook<T>(OptimizerKind::adagrad, [](Textbook& p, double g, int) {
    const double d = decayed(p, g);
    p.first += d * d;
    p.weight -= p.o.learningRate * d / (std::sqrt(p.first) + p.o.get("epsilon"));
  });
  followsTextbook<T>(OptimizerKind::adagradAbsolute, [](Textbook& p, double g, int) {
    const double d = decayed(p, g);
    p.first += std::abs(d);
    p.weight -= p.o.learningRate * d / std::sqrt(p.first + p.o.get("epsilon"));
  });
  followsTextbook<T>(OptimizerKind::rmsprop, [](Textbook& p, double g, int) {
    const double d = decayed(p, g);
    p.first = p.o.get("alpha") * p.first + (1 - p.o.get("alpha")) * d * d;
    p.second = p.o.get("momentum") * p.second + d / (std::sqrt(p.first) + p.o.get("epsilon"));
    p.weight -= p.o.learningRate * p.second;
  });
  followsTextbook<T>(OptimizerKind::adam, [](Textbook& p, double g, int t) { adam(p, decayed(p, g), t); });
  followsTextbook<T>(OptimizerKind::adamw, [](Textbook& p, double g, int t) {
    p.weight -= p.o.learningRate * p.o.weightDecay * p.weight;
    adam(p, g, t);
  });
}

TEST_CASE_TEMPLATE("a step said to stay finite does, and an ordinary one is never refused", T, float, double) {
  constexpr Index count = 40;
  const double largest = std::numeric_limits<T>::max();
  std::vector<double> partials;
  // Of the gradient, and of the weight decay; 0 is none.
  std::vector<std::pair<double, double>> powers;
  for (const double decay : {0.0, -0.3, 0.1, 0.6}) {
    for (const double gradient : {-0.7, -0.1, 0.1, 0.4, 0.6, 0.97}) powers.emplace_back(gradient, decay);
  }
  for (const auto& entry : optimizerNames) {
    const char* const name = entry.first;
    const OptimizerKind kind = entry.second;
    CAPTURE(name);
    int refused = 0;
    for (const double ratePower : {-0.1, 0.1, 0.4, 0.7, 0.97}) {
      for (const auto& [gradientPower, decayPower] : powers) {
        OptimizerOptions options(kind);
        if (decayPower != 0) options.weightDecay = std::pow(largest, decayPower);
        options.learningRate = std::pow(largest, ratePower);
        options.set("momentum", 0.9);
        Optimizer<T> optimizer(options, count);
        std::vector<T> weights = normals<T>(count, 1);
        std::vector<T> gradients = normals<T>(count, 2);
        for (T& gradient : gradients) gradient = static_cast<T>(gradient * std::pow(largest, gradientPower));
        const double norm = gradientNorm(GradientTiles(count), gradients.data(), partials, threads(1));
        bool finite = true;
        int step = 0;
        for (; step < 20 && optimizer.staysFinite(weights.data(), norm); ++step) {
          optimizer.step(GradientTiles(count), weights.data(), gradients.data(), 1, threads(1));
          for (const T weight : weights) finite = finite && std::isfinite(weight);
        }
        CAPTURE(ratePower);
        CAPTURE(options.learningRate);
        CAPTURE(options.weightDecay);
        CAPTURE(norm);
        CAPTURE(step);
        CHECK(finite);
        if (step < 20) ++refused;
        if (ratePower < 0.2 && gradientPower < 0.2 && decayPower <= 0) CHECK(step == 20);
      }
    }
    CHECK(refused > 0);
  }
}

TEST_CASE_TEMPLATE("an Adagrad's sum that would overflow after many steps is refused before it does", T, float,
                   double) {
  constexpr Index count = 40;
  for (const OptimizerKind kind : {OptimizerKind::adagrad, OptimizerKind::adagradAbsolute}) {
    OptimizerOptions options(kind);
    options.learningRate = 0.01;
    options.set("epsilon", 1e-10);
    Optimizer<T> optimizer(options, count);
    std::vector<T> weights(asSize(count), T(1));
    // A tenth of the largest sum a step.
    const double growth = static_cast<double>(std::numeric_limits<T>::max()) / 10;
    std::vector<T> gradients(asSize(count));
    gradients[3] = static_cast<T>(kind == OptimizerKind::adagrad ? std::sqrt(growth) : growth);
    const double norm = std::abs(static_cast<double>(gradients[3]));
    int step = 0;
    for (; step < 100 && optimizer.staysFinite(weights.data(), norm); ++step) {
      optimizer.step(GradientTiles(count), weights.data(), gradients.data(), 1, threads(1));
      REQUIRE(std::isfinite(optimizer.state().first[3]));
    }
    CHECK(step >= 8);
    CHECK(step <= 10);
  }
}

TEST_CASE_TEMPLATE("clipping by value bounds every tile and keeps what is not finite", T, float, double) {
  std::vector<T> expected = normals<T>(parameters, 3, 2);
  expected[5] = std::numeric_limits<T>::quiet_NaN();
  expected.back() = -std::numeric_limits<T>::infinity();
  Guarded<T> gradients(expected);
  clipByValue(tiles, gradients.data(), 0.5, threads(2));
  for (T& value : expected) {
    if (std::isfinite(value)) value = std::clamp(value, T(-0.5), T(0.5));
  }
  CHECK(sameBits(gradients.values(), expected));
  CHECK(gradients.intact());
}

TEST_CASE_TEMPLATE("the gradient's norm over several tiles", T, float, double) {
  std::vector<T> gradients = normals<T>(parameters, 4);
  double sum = 0;
  for (const T value : gradients) sum += static_cast<double>(value) * static_cast<double>(value);
  std::vector<double> partials;
  CHECK(tiles.count() == 4);
  const double norm = gradientNorm(tiles, gradients.data(), partials, threads(2));
  CHECK(std::abs(norm / std::sqrt(sum) - 1) <= (sizeof(T) == 4 ? 1e-6 : 1e-14));
  CHECK(gradientNorm(tiles, gradients.data(), partials, threads(1)) == norm);

  gradients.back() = T(1e25);
  CHECK(gradientNorm(tiles, gradients.data(), partials, threads(2)) == doctest::Approx(1e25));
  gradients.back() = std::numeric_limits<T>::quiet_NaN();
  CHECK(std::isnan(gradientNorm(tiles, gradients.data(), partials, threads(2))));
}
