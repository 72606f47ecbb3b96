// Layer normalisation: its gradients, its bits, its edges. Its kernels are in kernels_normalization.cpp.

#include "layers/layer_norm.h"

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "layer_check.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

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
