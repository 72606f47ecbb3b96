// Gradients of what recurrent cells may be asked for, by central differences; the values are in cells_reference.cpp.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "gradient_check.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr Index steps = 4;
constexpr Index batch = 3;
constexpr Activation everyActivation[] = {Activation::tanh, Activation::relu, Activation::sigmoid, Activation::linear};
constexpr Dropping dropping = {true, 11, 3};
const std::vector<Index> lengths = {3, 5, 1, 5, 2};

// Every cell, a GRU with its reset gate on either side of the product.
template <class Check>
void forCells(Chain chain, Check&& check) {
  for (const std::string& cell : cells()) {
    for (const bool resetAfter : {true, false}) {
      if (!resetAfter && cell != "gru") continue;
      const std::string name = cell + (resetAfter ? "" : ", reset first");
      CAPTURE(name);
      chain.cell = cell;
      chain.resetAfter = resetAfter;
      check(chain.description());
    }
  }
}

Chain overVectors(Index hidden = 5) {
  Chain chain;
  chain.inputKind = InputKind::features;
  chain.inputSize = 3;
  chain.hidden = hidden;
  chain.classes = 4;
  return chain;
}

// The kinds of input: vectors, a table projected whole, a gathered one, one-hot ids.
template <class Check>
void forInputs(Chain chain, Check&& check) {
  chain.inputKind = InputKind::features;
  chain.inputSize = 3;
  check(chain);
  chain.inputKind = InputKind::ids;
  chain.embedding = 3;
  for (const Index vocabulary : {Index{5}, Index{11}}) {
    chain.inputSize = vocabulary;
    check(chain);
  }
  chain.input = "oneHot";
  chain.inputSize = 5;
  check(chain);
}

// Stacked, in one direction and in both, over rows of one length and of several, one row and several groups of rows.
void checkEverywhere(Chain chain, const Dropping& dropped = {}) {
  forInputs(chain, [&](const Chain& input) {
    forCells(input, [&](const ModelDescription& model) { GradientCheck(model, steps, batch).dropping(dropped).run(); });
  });
  for (const bool bidirectional : {false, true}) {
    CAPTURE(bidirectional);
    Chain stacked = chain;
    stacked.layers = 2;
    stacked.bidirectional = bidirectional;
    forInputs(stacked, [&](const Chain& input) {
      forCells(input, [&](const ModelDescription& model) { GradientCheck(model, lengths).dropping(dropped).run(); });
    });
  }
  Chain vectors = chain;
  vectors.inputKind = InputKind::features;
  vectors.inputSize = 2;
  vectors.hidden = 3;
  forCells(vectors, [&](const ModelDescription& model) {
    GradientCheck(model, 3, 1).dropping(dropped).run();
    GradientCheck(model, 2, 29).dropping(dropped).run();
  });
}

Chain small() {
  Chain chain;
  chain.hidden = 3;
  chain.classes = 3;
  return chain;
}

}  // namespace

TEST_CASE("gradients of every activation of candidates and of gates") {
  for (const Activation activation : everyActivation) {
    for (const Activation gate : everyActivation) {
      const int functions[] = {static_cast<int>(activation), static_cast<int>(gate)};
      CAPTURE(functions[0]);
      CAPTURE(functions[1]);
      Chain chain = overVectors();
      chain.activation = activation;
      chain.gateActivation = gate;
      forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch).run(); });
      chain.layerNorm = true;
      chain.epsilon = 0.01;
      forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch).run(); });
    }
  }
}

TEST_CASE("gradients of cells without biases, which have none") {
  Chain chain = small();
  chain.bias = false;
  for (const bool layerNorm : {true, false}) {
    chain.layerNorm = layerNorm;
    chain.epsilon = 0.01;
    forCells(chain, [](const ModelDescription& model) {
      const Model<double> built(model);
      for (const Parameter& parameter : built.parameters()) {
        CHECK((!parameter.isBias || parameter.name == "head.bias"));
      }
      GradientCheck(model, steps, batch).run();
    });
  }
  checkEverywhere(chain);
}

TEST_CASE("gradients of a GRU with its reset gate before the product, with one bias and with two") {
  Chain chain = small();
  chain.cell = "gru";
  chain.resetAfter = false;
  for (const bool singleBias : {false, true}) {
    chain.singleBias = singleBias;
    checkEverywhere(chain);
  }
}

TEST_CASE("gradients of recurrences with dropout, the masks being held") {
  Chain chain = small();
  chain.recurrentDropout = 0.4;
  checkEverywhere(chain, dropping);
  chain.singleBias = true;
  forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch).dropping(dropping).run(); });
}

TEST_CASE("gradients of cells with layer normalisation") {
  Chain chain = small();
  chain.layerNorm = true;
  chain.epsilon = 0.01;
  checkEverywhere(chain);
  chain.singleBias = true;
  forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch).run(); });
}

TEST_CASE("gradients of cells with layer normalisation and dropout, and other activations") {
  Chain chain = small();
  chain.layerNorm = true;
  chain.epsilon = 0.01;
  chain.recurrentDropout = 0.3;
  chain.activation = Activation::sigmoid;
  chain.gateActivation = Activation::tanh;
  chain.bidirectional = true;
  forInputs(chain, [](const Chain& input) {
    forCells(input, [](const ModelDescription& model) { GradientCheck(model, lengths).dropping(dropping).run(); });
  });
}

TEST_CASE("gradients of final states and outputs of cells with layer normalisation, without a head") {
  Chain chain = small();
  chain.layerNorm = true;
  chain.epsilon = 0.01;
  chain.classes = 0;
  chain.layers = 2;
  chain.inputKind = InputKind::features;
  forCells(chain, [](const ModelDescription& model) {
    GradientCheck(model, steps, batch).run();
    GradientCheck(model, lengths).run();
  });
}
