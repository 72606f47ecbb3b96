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

TEST_CASE_TEMPLATE("a constant row stays finite, and its gain has no gradient", T, float, double) {
  LayerHarness<T> harness;
  harness.addVectors({2}, 5);
  std::fill(harness.vectors()[0]->begin(), harness.vectors()[0]->end(), T(0.1));
  harness.template add<LayerNorm<T>>(harness.list, "norm", 5, 1e-5);
  harness.prepare();
  const LayerResult<T> result = harness.run(1);
  for (const T gradient : result.inputGradients[0]) CHECK(std::isfinite(gradient));
  for (std::size_t i = 0; i < 5; ++i) CHECK(result.parameterGradients[i] == 0);
}

TEST_CASE_TEMPLATE("one feature is normalised to its shift, which nothing before it moves", T, float, double) {
  LayerHarness<T> harness;
  harness.addVectors({3, 1, 2}, 1);
  harness.template add<LayerNorm<T>>(harness.list, "norm", 1, 1e-5);
  harness.prepare();
  const LayerResult<T> result = harness.run(1);
  for (const T output : result.output) CHECK(output == harness.buffers().value(1)[0]);
  for (const T gradient : result.inputGradients[0]) CHECK(gradient == 0);
  CHECK(result.parameterGradients[0] == 0);
  CHECK(result.parameterGradients[1] != 0);
}

TEST_CASE_TEMPLATE("a cell that normalises one unit has no gradient before its normalisations", T, float, double) {
  for (const std::string& cell : cells()) {
    CAPTURE(cell);
    for (const bool resetAfter : {true, false}) {
      Chain chain;
      chain.cell = cell;
      chain.hidden = 1;
      chain.layerNorm = true;
      chain.resetAfter = resetAfter;
      Model<T> model(chain.description());
      model.initialize({}, 3);
      const std::vector<TokenId> ids = randomIds(13, 7, 1);
      std::vector<T> states(asSize(model.stateSize(3)));
      std::vector<T> stateGradients(states.size());
      model.lossAndGradients({4, 3, ids.data()}, ids.data() + 1, 1, states.data(), stateGradients.data(), threads(1));
      const std::vector<T> gradients = gradientsOf(model);
      for (const Parameter& parameter : model.parameters()) {
        CAPTURE(parameter.name);
        double largest = 0;
        for (Index i = parameter.offset; i < parameter.offset + parameter.count(); ++i) {
          largest = std::max(largest, static_cast<double>(std::abs(gradients[asSize(i)])));
        }
        const bool before = parameter.name.find("weight_") != std::string::npos ||
                            parameter.name.find("embedding") != std::string::npos;
        if (before) CHECK(largest == 0);
        if (parameter.name == "head.bias") CHECK(largest > 0);
      }
    }
  }
}
