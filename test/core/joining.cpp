// Sequences side by side and added.

#include "layers/joining.h"

#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "layer_check.h"
#include "layers/dense.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

template <class T>
void addConcatenation(LayerHarness<T>& harness, const std::vector<Index>& lengths, const std::vector<Index>& features) {
  for (const Index size : features) harness.addVectors(lengths, size);
  harness.joining = std::make_unique<Concatenate<T>>(features);
}

template <class T>
void addSum(LayerHarness<T>& harness, const std::vector<Index>& lengths, std::size_t inputs, Index features) {
  for (std::size_t input = 0; input < inputs; ++input) harness.addVectors(lengths, features);
  harness.joining = std::make_unique<Add<T>>(inputs, features);
}

}  // namespace

TEST_CASE("sequences side by side hold each input's features in the order of the inputs") {
  LayerHarness<float> harness;
  addConcatenation(harness, {2, 1}, {2, 3});
  harness.prepare();
  const std::vector<float> output = harness.run(1).output;
  const std::vector<float>& first = *harness.vectors()[0];
  const std::vector<float>& second = *harness.vectors()[1];
  std::vector<float> expected;
  for (std::ptrdiff_t position = 0; position < 3; ++position) {
    expected.insert(expected.end(), first.begin() + 2 * position, first.begin() + 2 * position + 2);
    expected.insert(expected.end(), second.begin() + 3 * position, second.begin() + 3 * position + 3);
  }
  CHECK(sameBits(output, expected));
}

TEST_CASE("gradients of sequences side by side and added, with a dense layer behind") {
  for (const std::vector<Index>& lengths : {std::vector<Index>{3, 3}, std::vector<Index>{4, 1, 2}}) {
    checkLayer([&](auto& harness) {
      addConcatenation(harness, lengths, {2, 4, 1});
      using T = std::decay_t<decltype(harness.run(1).output[0])>;
      harness.template add<Dense<T>>(harness.list, "dense", 7, DenseOptions{3});
    });
    checkLayer([&](auto& harness) {
      addSum(harness, lengths, 3, 4);
      using T = std::decay_t<decltype(harness.run(1).output[0])>;
      harness.template add<Dense<T>>(harness.list, "dense", 4, DenseOptions{3});
    });
  }
}

TEST_CASE("joined sequences have the same bits with any number of threads") {
  checkThreads<float>([](auto& harness) { addConcatenation(harness, std::vector<Index>(40, 30), {50, 20}); });
  checkThreads<float>([](auto& harness) { addSum(harness, std::vector<Index>(40, 30), 3, 50); });
}

TEST_CASE("an input whose gradient nobody wants gets none") {
  LayerHarness<double> harness;
  addSum(harness, {3, 3}, 2, 2);
  harness.prepare();
  harness.forward(1);
  const Parallel parallel = threads(1);
  std::vector<double> gradient(12, 1.5);
  std::vector<double*> gradients(2);
  harness.joining->backward(gradient.data(), {true, false}, gradients, {harness.buffers(), parallel, {}});
  CHECK(gradients[1] == nullptr);
  CHECK(std::vector<double>(gradients[0], gradients[0] + 12) == gradient);
}
