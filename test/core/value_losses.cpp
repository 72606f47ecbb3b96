// Binary cross-entropy and squared error: values, gradients, extremes, threads.

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "losses/binary_cross_entropy.h"
#include "losses/squared_error.h"
#include "support.h"
#include "workspace.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

template <class T>
struct Outcome {
  LossResult result;
  std::vector<T> gradient;
};

template <class Loss, class T>
Outcome<T> evaluate(const std::vector<T>& outputs, const std::vector<T>& targets, Index features, double scale = 1,
                    int threadCount = 1) {
  const Index positions = static_cast<Index>(outputs.size()) / features;
  Loss loss(features);
  Workspace workspace;
  workspace.bind([&](Arena& arena) { loss.layOut(arena, {positions, 1, true}); });
  const ParameterList none;
  ParameterBuffers<T> buffers(none);
  const Parallel parallel = threads(threadCount);
  const Pass<T> pass{buffers, parallel, {}};
  T* gradient = nullptr;
  Outcome<T> outcome;
  outcome.result =
      loss.lossAndGradients(outputs.data(), positions, targets.data(), static_cast<T>(scale), pass, &gradient);
  outcome.gradient.assign(gradient, gradient + outputs.size());
  const LossResult alone = loss.loss(outputs.data(), positions, targets.data(), pass);
  CHECK(sameBits(&alone.sum, &outcome.result.sum, 1));
  CHECK(alone.correct == outcome.result.correct);
  return outcome;
}

template <class Loss>
void checkGradient(const std::vector<double>& targets, Index features) {
  std::vector<double> outputs = normals<double>(static_cast<Index>(targets.size()), 1, 2);
  const double scale = 0.3;
  const std::vector<double> gradient = evaluate<Loss>(outputs, targets, features, scale).gradient;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const double kept = outputs[i];
    outputs[i] = kept + 1e-5;
    const double above = evaluate<Loss>(outputs, targets, features).result.sum;
    outputs[i] = kept - 1e-5;
    const double below = evaluate<Loss>(outputs, targets, features).result.sum;
    outputs[i] = kept;
    CHECK(std::abs(gradient[i] - scale * (above - below) / 2e-5) < 1e-8);
  }
  const std::vector<float> narrowOutputs(outputs.begin(), outputs.end());
  const std::vector<float> narrowTargets(targets.begin(), targets.end());
  using Narrow =
      std::conditional_t<std::is_same_v<Loss, SquaredError<double>>, SquaredError<float>, BinaryCrossEntropy<float>>;
  const Outcome<float> narrow = evaluate<Narrow>(narrowOutputs, narrowTargets, features, scale);
  CHECK(largestError(narrow.gradient, std::vector<float>(gradient.begin(), gradient.end())) < 1e-6);
}

template <class Loss>
void checkThreadCounts() {
  const std::vector<float> outputs = normals<float>(9000, 1);
  std::vector<float> targets = evenly<float>(0, 1, 9000);
  const Outcome<float> one = evaluate<Loss>(outputs, targets, 3, 1, 1);
  const Outcome<float> three = evaluate<Loss>(outputs, targets, 3, 1, 3);
  CHECK(one.result.sum == three.result.sum);
  CHECK(sameBits(one.gradient, three.gradient));
}

}  // namespace

TEST_CASE("gradients of binary cross-entropy and of squared error") {
  checkGradient<BinaryCrossEntropy<double>>({0, 1, 1, 0, 0.25, 0.75}, 2);
  checkGradient<SquaredError<double>>({0, 1, -3, 0.5, 2, 8}, 3);
}

TEST_CASE_TEMPLATE("binary cross-entropy is -log of the target's probability", T, float, double) {
  const std::vector<T> logits = {T(0.5), T(-2), T(3), T(0)};
  const std::vector<T> targets = {1, 0, 0, T(0.25)};
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const double expected = -std::log(sigmoid(0.5)) - std::log(1 - sigmoid(-2)) - std::log(1 - sigmoid(3)) -
                          0.25 * std::log(0.5) - 0.75 * std::log(0.5);
  const LossResult result = evaluate<BinaryCrossEntropy<T>>(logits, targets, 2).result;
  CHECK(std::abs(result.sum - expected) < 1e-12);
  CHECK(result.correct == 3);  // 3 is on the wrong side; 0 is on that of targets up to a half
}

TEST_CASE_TEMPLATE("binary cross-entropy keeps its digits at large logits", T, float, double) {
  const std::vector<T> logits = {T(1000), T(-1000), T(1000), T(-50)};
  const std::vector<T> targets = {1, 1, 0, 0};
  const Outcome<T> outcome = evaluate<BinaryCrossEntropy<T>>(logits, targets, 4);
  CHECK(outcome.result.sum == 2000 + std::log1p(std::exp(-50.0)));
  CHECK(outcome.gradient[0] == T(0));
  CHECK(outcome.gradient[1] == T(-1));
  CHECK(outcome.gradient[2] == T(1));
  CHECK(outcome.gradient[3] == static_cast<T>(std::exp(-50.0)));
}

TEST_CASE_TEMPLATE("squared errors add up and count nothing as correct", T, float, double) {
  const Outcome<T> outcome = evaluate<SquaredError<T>, T>({1, 2, 3, 4}, {1, 0, 5, 1}, 2, 0.5);
  CHECK(outcome.result.sum == 17);
  CHECK(outcome.result.correct == 0);
  CHECK(outcome.gradient == std::vector<T>{0, 2, -2, 3});
}

TEST_CASE("a loss that is not a number is not hidden") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(evaluate<BinaryCrossEntropy<float>, float>({nan, 1}, {1, 1}, 1).result.sum));
  CHECK(std::isnan(evaluate<SquaredError<float>, float>({nan, 1}, {1, 1}, 1).result.sum));
}

TEST_CASE("losses of values have the same bits with any number of threads") {
  checkThreadCounts<BinaryCrossEntropy<float>>();
  checkThreadCounts<SquaredError<float>>();
}
