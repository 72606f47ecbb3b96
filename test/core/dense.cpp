// Dense layers: activations, without bias, and tied to an embedding's table; layer normalisation.

#include "layers/dense.h"

#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/activation.h"
#include "layer_check.h"
#include "layers/embedding.h"
#include "layers/gather.h"
#include "losses/softmax_cross_entropy.h"
#include "support.h"
#include "tables.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr Activation activations[] = {Activation::tanh, Activation::relu, Activation::sigmoid, Activation::linear};

template <class Harness>
using ElementOf = std::decay_t<decltype(std::declval<Harness&>().run(1).output[0])>;

}  // namespace

TEST_CASE_TEMPLATE("activations and their gradients of every instruction set", T, float, double) {
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Activation activation : activations) {
      for (const Index count : oddSizes()) {
        std::vector<T> expected = normals<T>(count, 1, 2);
        Guarded<T> y(expected);
        kernel->activate(count, activation, y.data());
        reference::activate(count, activation, expected.data());
        CHECK(largestError(y.values(), expected) <= roundings<T>);
        CHECK(y.intact());

        std::vector<T> expectedGradient = normals<T>(count, 2);
        Guarded<T> gradient(expectedGradient);
        kernel->activateBackward(count, activation, expected.data(), gradient.data());
        reference::activateBackward(count, activation, expected.data(), expectedGradient.data());
        CHECK(largestError(gradient.values(), expectedGradient) <= roundings<T>);
        CHECK(gradient.intact());
      }
      T poison = std::numeric_limits<T>::quiet_NaN();
      kernel->activate(1, activation, &poison);
      if (sizeof(T) == 8 || activation == Activation::relu) CHECK(std::isnan(poison));
    }
  }
}

TEST_CASE("gradients of a dense layer with every activation, with and without bias") {
  for (const Activation activation : activations) {
    for (const bool bias : {true, false}) {
      checkLayer([&](auto& harness) {
        using T = ElementOf<decltype(harness)>;
        harness.addVectors({4, 2, 3}, 3);
        harness.template add<Dense<T>>(harness.list, "dense", 3,
                                       DenseOptions{.features = 5, .activation = activation, .bias = bias});
        CHECK(harness.list.all().size() == (bias ? 2U : 1U));
      });
    }
  }
}

TEST_CASE("gradients of a table that is an embedding and the weights of two dense layers") {
  for (const Index vocabulary : {Index{3}, Index{9}}) {
    checkLayer([&](auto& harness) {
      using T = ElementOf<decltype(harness)>;
      harness.addIds({4, 2, 3}, vocabulary);
      auto& embedding = harness.template add<Embedding<T>>(harness.list, "embedding", vocabulary, 5);
      harness.template add<Gather<T>>(5);
      const Weight<T> first = embedding.share();
      harness.template add<Dense<T>>(harness.list, "first", 5,
                                     DenseOptions{.features = vocabulary, .activation = Activation::tanh}, first);
      harness.template add<Dense<T>>(harness.list, "back", vocabulary, DenseOptions{5});
      harness.template add<Dense<T>>(harness.list, "second", 5, DenseOptions{.features = vocabulary, .bias = false},
                                     embedding.share());
      CHECK(harness.list.all().size() == 4);  // the table, a bias, a dense layer of its own
    });
  }
}

TEST_CASE_TEMPLATE("softmax cross-entropy over a shared table and without a bias is that of a dense layer's outputs", T,
                   float, double) {
  constexpr Index positions = 6;
  constexpr Index features = 4;
  constexpr Index classes = 7;
  const std::vector<T> input = normals<T>(positions * features, 1);
  const std::vector<TokenId> targets = randomIds(positions, classes, 2);
  // With the bias at zero, both are the same.
  struct Result {
    double loss = 0;
    std::vector<T> weightGradient;
    std::vector<T> inputGradient;
  };
  const auto run = [&](bool biased, bool shared) {
    ParameterList list;
    Embedding<T> embedding(list, "embedding", classes, features);
    const std::size_t bias = biased ? list.addBias("head.bias", classes, {}) : noParameter;
    const Weight<T> weight = shared ? embedding.share() : Weight<T>(std::size_t{0});
    SoftmaxCrossEntropy<T> loss(weight, bias, features, classes);
    ParameterBuffers<T> buffers(list);
    const std::vector<T> table = normals<T>(classes * features, 3);
    std::copy(table.begin(), table.end(), buffers.change());
    Workspace workspace;
    const PassSize size{positions, 1, true};
    workspace.bind([&](Arena& arena) {
      embedding.layOut(arena, size);
      loss.layOut(arena, size);
    });
    const Parallel parallel = threads(1);
    const Pass<T> pass{buffers, parallel, {}};
    Result result;
    T* inputGradient = nullptr;
    result.loss = loss.lossAndGradients(input.data(), positions, targets.data(), T(1), pass, &inputGradient).sum;
    CHECK(loss.loss(input.data(), positions, targets.data(), pass).sum == result.loss);
    embedding.backward(nullptr, nullptr, false, pass);  // its own reader wrote zeros
    result.weightGradient.assign(buffers.gradients(), buffers.gradients() + classes * features);
    result.inputGradient.assign(inputGradient, inputGradient + positions * features);
    return result;
  };
  const Result plain = run(true, false);
  for (const bool biased : {false, true}) {
    for (const bool shared : {false, true}) {
      const Result result = run(biased, shared);
      CHECK(result.loss == doctest::Approx(plain.loss));
      CHECK(largestError(result.weightGradient, plain.weightGradient) <= roundings<T>);
      CHECK(largestError(result.inputGradient, plain.inputGradient) <= roundings<T>);
    }
  }
}
