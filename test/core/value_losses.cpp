// Binary cross-entropy and squared error: values, gradients, extremes, threads.

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "losses/value_loss_check.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

TEST_CASE("gradients of binary cross-entropy and of squared error") {
  checkLossGradient(LossKind::binaryCrossEntropy, {0, 1, 1, 0, 0.25, 0.75}, 2);
  checkLossGradient(LossKind::squaredError, {0, 1, -3, 0.5, 2, 8}, 3);
}

TEST_CASE_TEMPLATE("binary cross-entropy is -log of the target's probability", T, float, double) {
  const std::vector<T> logits = {T(0.5), T(-2), T(3), T(0)};
  const std::vector<T> targets = {1, 0, 0, T(0.25)};
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const double expected = -std::log(sigmoid(0.5)) - std::log(1 - sigmoid(-2)) - std::log(1 - sigmoid(3)) -
                          0.25 * std::log(0.5) - 0.75 * std::log(0.5);
  const LossResult result = evaluateLoss(LossKind::binaryCrossEntropy, logits, targets, 2).result;
  CHECK(std::abs(result.sum - expected) < 1e-12);
  CHECK(result.correct == 3);  // 3 is on the wrong side; 0 is on that of targets up to a half
}

TEST_CASE_TEMPLATE("binary cross-entropy keeps its digits at large logits", T, float, double) {
  const std::vector<T> logits = {T(1000), T(-1000), T(1000), T(-50)};
  const std::vector<T> targets = {1, 1, 0, 0};
  const LossOutcome<T> outcome = evaluateLoss(LossKind::binaryCrossEntropy, logits, targets, 4);
  CHECK(outcome.result.sum == 2000 + std::log1p(std::exp(-50.0)));
  CHECK(outcome.gradient[0] == T(0));
  CHECK(outcome.gradient[1] == T(-1));
  CHECK(outcome.gradient[2] == T(1));
  CHECK(outcome.gradient[3] == static_cast<T>(std::exp(-50.0)));
}

TEST_CASE_TEMPLATE("squared errors add up and count nothing as correct", T, float, double) {
  const LossOutcome<T> outcome = evaluateLoss<T>(LossKind::squaredError, {1, 2, 3, 4}, {1, 0, 5, 1}, 2, 0.5);
  CHECK(outcome.result.sum == 17);
  CHECK(outcome.result.correct == 0);
  CHECK(outcome.gradient == std::vector<T>{0, 2, -2, 3});
}

TEST_CASE("a loss that is not a number is not hidden") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t i = 0; i < valueLossCount; ++i) {
    CAPTURE(lossNames[i + 1].first);
    CHECK(std::isnan(evaluateLoss<float>(valueLossKind(i), {nan, 1}, {1, 1}, 1).result.sum));
  }
}

TEST_CASE("losses of values have the same bits with any number of threads") {
  const std::vector<float> outputs = normals<float>(9000, 1);
  const std::vector<float> targets = evenly<float>(0, 1, 9000);
  for (std::size_t i = 0; i < valueLossCount; ++i) {
    CAPTURE(lossNames[i + 1].first);
    const LossOutcome<float> one = evaluateLoss(valueLossKind(i), outputs, targets, 3, 1, 1);
    const LossOutcome<float> three = evaluateLoss(valueLossKind(i), outputs, targets, 3, 1, 3);
    CHECK(one.result.sum == three.result.sum);
    CHECK(sameBits(one.gradient, three.gradient));
  }
}
