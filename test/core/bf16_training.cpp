// Gradients with products in bf16, of every kind of layer that has any, and where bf16 is refused.

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/bf16_products.h"
#include "support.h"
#include "training/precision.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr Index time = 9;
constexpr Index batch = 19;

struct Case {
  std::string name;
  Chain chain;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::string& cell : cells()) {
    Chain chain;
    chain.cell = cell;
    chain.inputSize = 200;  // more rows than positions: they are gathered, then multiplied
    chain.embedding = 40;
    chain.hidden = 70;
    chain.layers = 2;
    chain.classes = 50;
    all.push_back({cell, chain});
  }
  Chain vectors = all[2].chain;
  vectors.inputKind = InputKind::features;
  vectors.inputSize = 33;
  all.push_back({"vectors", vectors});
  Chain resetBefore = all[1].chain;
  resetBefore.resetAfter = false;
  all.push_back({"reset before", resetBefore});
  Chain normalized = all[2].chain;
  normalized.layerNorm = true;
  normalized.recurrentDropout = 0.2;
  all.push_back({"normalised, dropped", normalized});
  Chain both = all[0].chain;
  both.bidirectional = true;
  all.push_back({"both directions", both});
  Chain blocked = all[0].chain;
  blocked.classes = 1100;
  all.push_back({"softmax by blocks", blocked});
  Chain adaptive = all[0].chain;
  adaptive.classes = 300;
  adaptive.cutoffs = {40, 100};
  all.push_back({"adaptive softmax", adaptive});
  Chain sampled = all[0].chain;
  sampled.classes = 300;
  sampled.samples = 64;
  all.push_back({"sampled softmax", sampled});
  return all;
}

struct Outcome {
  double loss = 0;
  std::vector<float> gradients;
};

// A pass forward and back from the same weights, states and batch.
Outcome passOf(const Chain& chain, Bf16Products* bf16, int threadCount) {
  Model<float> model(chain.description());
  model.initialize({}, 5);
  const Index positions = time * batch;
  const std::vector<TokenId> ids = randomIds(positions, chain.inputSize, 1);
  const std::vector<float> features = normals<float>(positions * chain.inputSize, 1);
  Batch<float> input;
  input.time = time;
  input.batch = batch;
  if (chain.inputKind == InputKind::ids) {
    input.ids = ids.data();
  } else {
    input.features = features.data();
  }
  const std::vector<TokenId> targets = randomIds(positions, chain.classes, 2);
  std::vector<float> states = normals<float>(model.stateSize(batch), 4, 0.5);
  std::vector<float> stateGradients(states.size());
  const LossResult loss =
      model.lossAndGradients(input, targets.data(), 1.0F / static_cast<float>(positions), states.data(),
                             stateGradients.data(), threads(threadCount), {true, 3, 0}, nullptr, bf16);
  return {loss.sum, gradientsOf(model)};
}

double norm(const std::vector<float>& values) {
  double squares = 0;
  for (const float value : values) squares += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(squares);
}

}  // namespace

TEST_CASE("gradients with products in bf16 are those of float, within the rounding, for any number of threads") {
  Index count = 0;
  const Bf16Kernels* const* found = availableBf16Kernels(&count);
  for (const Case& each : cases()) {
    CAPTURE(each.name);
    const Outcome plain = passOf(each.chain, nullptr, 1);
    for (Index table = 0; table < count; ++table) {
      const std::string kernels = found[table]->name;
      CAPTURE(kernels);
      Bf16Products products(*found[table]);
      const Outcome rounded = passOf(each.chain, &products, 1);
      CHECK(std::abs(rounded.loss / plain.loss - 1) < 2e-3);
      std::vector<float> difference(plain.gradients.size());
      for (std::size_t i = 0; i < difference.size(); ++i) difference[i] = rounded.gradients[i] - plain.gradients[i];
      const double error = norm(difference) / norm(plain.gradients);
      CHECK(error > 1e-4);  // something was rounded
      CHECK(error < 5e-2);  // where a normalisation divides by what is small, more than elsewhere
      const Outcome shared = passOf(each.chain, &products, 3);
      CHECK(shared.loss == rounded.loss);
      CHECK(sameBits(shared.gradients, rounded.gradients));
    }
  }
}

TEST_CASE("bf16 is refused where its products would be slower than float's") {
  Chain large;
  large.hidden = 512;
  large.embedding = 64;
  Chain small = large;
  small.hidden = 96;
  const auto refusalOf = [](const Chain& chain, Index rows) {
    const Model<float> model(chain.description());
    return codeOf([&] { requireBf16Gain(model.parameters(), rows); });
  };
  CHECK(refusalOf(large, leastBf16Rows) == "none");
  CHECK(refusalOf(large, leastBf16Rows - 1) == "ERR_UNROLLED_PRECISION");
  CHECK(refusalOf(small, 64) == "ERR_UNROLLED_PRECISION");
  // A small recurrence beside a large head: most of the work is in large products all the same.
  Chain words = large;
  words.hidden = 128;
  words.classes = 20000;
  CHECK(refusalOf(words, 16) == "none");
  words.hidden = 127;
  CHECK(refusalOf(words, 16) == "ERR_UNROLLED_PRECISION");

  const Model<double> wide(large.description());
  CHECK(codeOf([&] { productsOf<double>(Precision::bf16, wide.parameters(), 64); }) == "ERR_UNROLLED_PRECISION");
  CHECK(productsOf<double>(Precision::full, wide.parameters(), 64) == nullptr);
  const Model<float> model(large.description());
  CHECK(productsOf<float>(Precision::full, model.parameters(), 64) == nullptr);
  const std::string expected = bf16Kernels() == nullptr ? "ERR_UNROLLED_PRECISION" : "none";
  CHECK(codeOf([&] { productsOf<float>(Precision::bf16, model.parameters(), 64); }) == expected);
}

TEST_CASE("the environment asks for the reference, or for nothing else") {
  const Model<float> model(Chain{}.description());
  setenv("UNROLLED_BF16", "reference", 1);
  readBf16Choice();
  CHECK(productsOf<float>(Precision::bf16, model.parameters(), 1) != nullptr);
  CHECK(std::string(bf16Kernels()->name).substr(0, 10) == "bf16_plain");
  setenv("UNROLLED_BF16", "yes", 1);
  readBf16Choice();
  CHECK(codeOf([&] { productsOf<float>(Precision::bf16, model.parameters(), 1); }) == "ERR_UNROLLED_OPTION_RANGE");
  unsetenv("UNROLLED_BF16");
  readBf16Choice();
}
