// Layer normalisation: its kernels, its gradients, its first parameters.

#include "layers/layer_norm.h"

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/reference.h"
#include "layer_check.h"
#include "support.h"
#include "tables.h"

using namespace unrolled;
using namespace unrolled::test;

TEST_CASE_TEMPLATE("a row's normalisation and its gradients of every instruction set", T, float, double) {
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index count : oddSizes()) {
      if (count < 3) continue;  // of two features little is left but rounding
      CAPTURE(count);
      std::vector<T> x = normals<T>(count, 1);
      for (T& value : x) value += T(3);
      const std::vector<T> gain = normals<T>(count, 2);
      const std::vector<T> shift = normals<T>(count, 3);
      Guarded<T> y(count);
      std::vector<T> expected(asSize(count));
      T mean = 0;
      T inverse = 0;
      T expectedMean = 0;
      T expectedInverse = 0;
      kernel->normalizeRow(count, T(1e-5), gain.data(), shift.data(), x.data(), y.data(), &mean, &inverse);
      reference::normalizeRow(count, T(1e-5), gain.data(), shift.data(), x.data(), expected.data(), &expectedMean,
                              &expectedInverse);
      CHECK(largestError(y.values(), expected) <= 10 * roundings<T>);
      CHECK(y.intact());
      CHECK(std::abs(mean - expectedMean) <= 10 * roundings<T>);
      CHECK(std::abs(inverse / expectedInverse - 1) <= 10 * roundings<T>);

      std::vector<T> expectedGradient = normals<T>(count, 4);
      Guarded<T> gradient(expectedGradient);
      kernel->normalizeRowBackward(count, gain.data(), x.data(), mean, inverse, gradient.data());
      reference::normalizeRowBackward(count, gain.data(), x.data(), mean, inverse, expectedGradient.data());
      CHECK(largestError(gradient.values(), expectedGradient) <= 10 * roundings<T>);
      CHECK(gradient.intact());

      constexpr Index rows = 5;
      const std::vector<T> inputs = normals<T>(rows * count, 5);
      const std::vector<T> gradients = normals<T>(rows * count, 6);
      const std::vector<T> means = normals<T>(rows, 7);
      const std::vector<T> inverses = normals<T>(rows, 8);
      Guarded<T> gains(count - 1);
      Guarded<T> shifts(count - 1);
      std::vector<T> expectedGains(asSize(count - 1));
      std::vector<T> expectedShifts(asSize(count - 1));
      kernel->normalizeSums(rows, count - 1, gradients.data(), inputs.data(), count, means.data(), inverses.data(),
                            gains.data(), shifts.data());
      reference::normalizeSums(rows, count - 1, gradients.data(), inputs.data(), count, means.data(), inverses.data(),
                               expectedGains.data(), expectedShifts.data());
      CHECK(largestError(gains.values(), expectedGains) <= 10 * roundings<T>);
      CHECK(largestError(shifts.values(), expectedShifts) <= 10 * roundings<T>);
      CHECK((gains.intact() && shifts.intact()));
    }
  }
}

TEST_CASE("gradients of layer normalisation, of rows that differ in length too") {
  for (const std::vector<Index>& lengths : {std::vector<Index>{3, 3}, std::vector<Index>{4, 1, 2}}) {
    for (const Index features : {Index{3}, Index{8}, Index{11}}) {
      checkLayer([&](auto& harness) {
        using T = std::decay_t<decltype(harness.run(1).output[0])>;
        harness.addVectors(lengths, features);
        harness.template add<LayerNorm<T>>(harness.list, "norm", features, 1e-3);
      });
    }
  }
}

TEST_CASE_TEMPLATE("layer normalisation gives the same bits with any number of threads", T, float, double) {
  checkThreads<T>([](auto& harness) {
    harness.addVectors(std::vector<Index>(30, 40), 70);
    harness.template add<LayerNorm<T>>(harness.list, "norm", 70, 1e-5);
  });
}

TEST_CASE("a constant row stays finite") {
  LayerHarness<float> harness;
  harness.addVectors({2}, 4);
  std::fill(harness.vectors()[0]->begin(), harness.vectors()[0]->end(), 5.0F);
  harness.add<LayerNorm<float>>(harness.list, "norm", 4, 1e-5);
  harness.prepare();
  const LayerResult<float> result = harness.run(1);
  for (const float gradient : result.inputGradients[0]) CHECK(std::isfinite(gradient));
}
