// Optimisers over several tiles of parameters against the textbook, and the two clippings.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "optimizers/optimizer.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// More than three tiles, the last incomplete.
constexpr Index parameters = 3 * 32768 + 77;

const GradientTiles tiles(parameters);

constexpr double gradientScale = 0.6;

// The textbook's step for one parameter, in float64: what stands in optimizer.h.
struct Textbook {
  OptimizerOptions o;
  double weight = 0;
  double first = 0;
  double second = 0;

  void step(double gradient, int t) {
    double g = gradient * gradientScale + o.weightDecay * weight;
    switch (o.kind) {
      case OptimizerKind::sgd:
        weight -= o.learningRate * g;
        break;
      case OptimizerKind::momentum:
        first = o.momentum * first + g;
        weight -= o.learningRate * first;
        break;
      case OptimizerKind::adagrad:
        first += g * g;
        weight -= o.learningRate * g / (std::sqrt(first) + o.epsilon);
        break;
      case OptimizerKind::adagradAbsolute:
        first += std::abs(g);
        weight -= o.learningRate * g / std::sqrt(first + o.epsilon);
        break;
      case OptimizerKind::rmsprop:
        first = o.alpha * first + (1 - o.alpha) * g * g;
        second = o.momentum * second + g / (std::sqrt(first) + o.epsilon);
        weight -= o.learningRate * second;
        break;
      case OptimizerKind::adam:
      case OptimizerKind::adamw:
        if (o.kind == OptimizerKind::adamw) {
          g = gradient * gradientScale;
          weight -= o.learningRate * o.weightDecay * weight;
        }
        first = o.beta1 * first + (1 - o.beta1) * g;
        second = o.beta2 * second + (1 - o.beta2) * g * g;
        weight -= o.learningRate * (first / (1 - std::pow(o.beta1, t))) /
                  (std::sqrt(second / (1 - std::pow(o.beta2, t))) + o.epsilon);
        break;
    }
  }
};

}  // namespace

TEST_CASE_TEMPLATE("every optimiser follows the textbook over several tiles and steps", T, float, double) {
  for (const OptimizerKind kind :
       {OptimizerKind::sgd, OptimizerKind::momentum, OptimizerKind::adagrad, OptimizerKind::adagradAbsolute,
        OptimizerKind::rmsprop, OptimizerKind::adam, OptimizerKind::adamw}) {
    const int number = static_cast<int>(kind);
    CAPTURE(number);
    OptimizerOptions options;
    options.kind = kind;
    options.learningRate = 0.02;
    options.momentum = 0.9;
    options.weightDecay = 0.03;
    options.beta1 = 0.9;
    options.beta2 = 0.999;
    options.alpha = 0.99;
    options.epsilon = 1e-8;
    Optimizer<T> optimizer(options, parameters);

    Guarded<T> weights(normals<T>(parameters, 1));
    const std::vector<T> start = weights.values();
    std::vector<Textbook> textbook(asSize(parameters));
    for (std::size_t i = 0; i < textbook.size(); ++i) textbook[i] = {options, static_cast<double>(start[i]), 0, 0};

    for (int step = 1; step <= 4; ++step) {
      const std::vector<T> gradients = normals<T>(parameters, 1 + static_cast<std::uint64_t>(step));
      optimizer.step(tiles, weights.data(), gradients.data(), gradientScale, threads(2));
      for (std::size_t i = 0; i < textbook.size(); ++i) textbook[i].step(static_cast<double>(gradients[i]), step);
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
  for (const OptimizerKind kind :
       {OptimizerKind::sgd, OptimizerKind::momentum, OptimizerKind::adagrad, OptimizerKind::adagradAbsolute,
        OptimizerKind::rmsprop, OptimizerKind::adam, OptimizerKind::adamw}) {
    const int number = static_cast<int>(kind);
    CAPTURE(number);
    int refused = 0;
    for (const double ratePower : {-0.1, 0.1, 0.4, 0.7, 0.97}) {
      for (const auto& [gradientPower, decayPower] : powers) {
        OptimizerOptions options;
        if (decayPower != 0) options.weightDecay = std::pow(largest, decayPower);
        options.kind = kind;
        options.learningRate = std::pow(largest, ratePower);
        options.momentum = 0.9;
        options.beta1 = 0.9;
        options.beta2 = 0.999;
        options.alpha = 0.99;
        options.epsilon = 1e-8;
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
    OptimizerOptions options;
    options.kind = kind;
    options.learningRate = 0.01;
    options.epsilon = 1e-10;
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
