// Gradients of whole models against central differences, in float64.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "gradient_check.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// Every cell: the chain as it is, once for tanh, relu, GRU and LSTM.
template <class Check>
void forCells(Chain chain, Check&& check) {
  for (const std::string& cell : cells()) {
    CAPTURE(cell);
    chain.cell = cell;
    chain.activation = Activation::tanh;
    check(chain.description());
  }
  INFO("relu");
  chain.cell = "rnn";
  chain.activation = Activation::relu;
  check(chain.description());
}

constexpr Index steps = 4;
constexpr Index batch = 3;
constexpr double mean = 1.0 / (steps * batch);

}  // namespace

TEST_CASE("gradients of recurrent layers over vectors, and of the vectors") {
  for (const Index layers : {Index{1}, Index{2}, Index{3}}) {
    CAPTURE(layers);
    Chain chain;
    chain.inputKind = InputKind::features;
    chain.inputSize = 4;
    chain.layers = layers;
    forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch).run(); });
  }
}

TEST_CASE("gradients of an embedding whose table is projected whole") {
  Chain chain;
  chain.inputSize = 5;  // 2·V <= T·B
  chain.layers = 2;
  forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch, mean).run(); });
}

TEST_CASE("gradients of an embedding whose rows are gathered") {
  Chain chain;
  chain.inputSize = 11;  // 2·V > T·B
  chain.layers = 2;
  forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch, mean).run(); });
}

TEST_CASE("gradients of one-hot input") {
  Chain chain;
  chain.input = "oneHot";
  chain.layers = 2;
  forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch, mean).run(); });
}

TEST_CASE("gradients with a single bias a layer") {
  for (const char* input : {"embedding", "oneHot"}) {
    Chain chain;
    chain.input = input;
    chain.layers = 2;
    chain.singleBias = true;
    forCells(chain, [](const ModelDescription& model) {
      const Model<double> built(model);
      for (const Parameter& parameter : built.parameters()) {
        CHECK(parameter.name.find("bias_hh") == std::string::npos);
      }
      GradientCheck(model, steps, batch).run();
    });
  }
}

TEST_CASE("gradients of the last state behind a head") {
  Chain chain;
  chain.last = true;
  chain.classes = 3;
  for (const char* input : {"embedding", "oneHot"}) {
    chain.input = input;
    forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch, 1.0 / batch).run(); });
  }
  chain.inputKind = InputKind::features;
  chain.layers = 2;
  forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch).run(); });
}

TEST_CASE("gradients through backward, of outputs and of final states") {
  Chain chain;
  chain.classes = 0;
  chain.layers = 2;
  for (const bool last : {false, true}) {
    CAPTURE(last);
    chain.last = last;
    chain.inputKind = InputKind::features;
    forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch).run(); });
    chain.inputKind = InputKind::ids;
    forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch).run(); });
  }
}

TEST_CASE("gradients in both directions, side by side and added") {
  Chain chain;
  chain.bidirectional = true;
  chain.layers = 2;
  chain.hidden = 4;
  for (const Merge merge : {Merge::concatenate, Merge::sum}) {
    chain.merge = merge;
    for (const char* input : {"embedding", "oneHot"}) {
      chain.input = input;
      forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch, mean).run(); });
    }
  }
  chain.inputKind = InputKind::features;
  chain.classes = 0;
  forCells(chain, [](const ModelDescription& model) { GradientCheck(model, steps, batch).run(); });
}

TEST_CASE("gradients of every pooling, behind recurrent layers and behind an embedding") {
  for (const PoolingKind pooling : {PoolingKind::last, PoolingKind::sum, PoolingKind::mean, PoolingKind::max}) {
    Chain chain;
    chain.last = true;
    chain.pooling = pooling;
    for (const bool head : {false, true}) {
      chain.classes = head ? 3 : 0;
      forCells(chain, [](const ModelDescription& model) {
        GradientCheck(model, steps, batch).run();
        GradientCheck(model, {2, 4, 1}).run();
      });
    }
    ModelDescription words = chain.description();
    words.layers.erase(words.layers.begin() + 1);
    GradientCheck(words, {5, 3, 8, 9}).run();  // every row of the table occurs
  }
}

TEST_CASE("gradients of rows that differ in length") {
  const std::vector<Index> lengths = {3, 5, 1, 5, 2};
  for (const bool bidirectional : {false, true}) {
    CAPTURE(bidirectional);
    Chain chain;
    chain.bidirectional = bidirectional;
    chain.layers = 2;
    chain.hidden = 4;
    chain.classes = 4;
    for (const Index vocabulary : {Index{4}, Index{11}}) {  // a table projected whole, and one gathered
      chain.inputSize = vocabulary;
      forCells(chain, [&](const ModelDescription& model) { GradientCheck(model, lengths).run(); });
    }
    chain.inputKind = InputKind::features;
    chain.classes = 0;
    forCells(chain, [&](const ModelDescription& model) { GradientCheck(model, lengths).run(); });
  }
}

TEST_CASE("gradients of one step and of one row") {
  Chain chain;
  forCells(chain, [](const ModelDescription& model) {
    GradientCheck(model, 1, 1).run();
    GradientCheck(model, 1, 5).run();
    GradientCheck(model, 6, 1).run();
  });
}

TEST_CASE("gradients over several groups of rows") {
  Chain chain;
  chain.hidden = 3;
  chain.inputSize = 4;
  chain.classes = 3;
  forCells(chain, [](const ModelDescription& model) { GradientCheck(model, 2, 29).run(); });
}

TEST_CASE("gradients of a dense layer alone") {
  ModelDescription model;
  model.input = InputKind::features;
  model.inputSize = 4;
  model.layers.push_back(layer("dense", "head", 5));
  GradientCheck(model, steps, batch).run();
}

TEST_CASE("gradients of layers that work in place, alone and in a chain: the input's is in what backward was given") {
  const std::vector<std::vector<std::string>> chains = {
      {"activation"}, {"dropout"}, {"layerNorm"}, {"layerNorm", "activation", "dropout", "layerNorm"}};
  for (const std::vector<std::string>& chain : chains) {
    for (const std::vector<Index>& lengths : {std::vector<Index>{4, 4, 4}, std::vector<Index>{4, 1, 2}}) {
      ModelDescription model;
      model.input = InputKind::features;
      model.inputSize = 9;
      for (const std::string& type : chain) {
        model.layers.push_back(layer(type, "layer " + std::to_string(model.layers.size())));
        if (type == "layerNorm") as<LayerNormOptions>(model.layers.back()).epsilon = 1e-3;
      }
      GradientCheck(model, lengths).run();
    }
  }
}

TEST_CASE("a step back with the weights untransposed is the published error, not the gradient") {
  Chain chain;
  chain.inputKind = InputKind::features;
  ModelDescription right = chain.description();
  ModelDescription wrong = right;
  as<RnnOptions>(wrong.layers[0]).untransposedGradient = true;
  const auto gradients = [](const ModelDescription& description, Index length) {
    Model<double> model(description);
    model.initialize({}, 5);
    const std::vector<double> features = normals<double>(length * batch * description.inputSize, 1);
    const std::vector<TokenId> targets = randomIds(length * batch, model.outputFeatures(), 2);
    std::vector<double> states(asSize(model.stateSize(batch)));
    std::vector<double> stateGradients(states.size());
    model.lossAndGradients({length, batch, nullptr, features.data()}, targets.data(), 1, states.data(),
                           stateGradients.data(), threads(1));
    return gradientsOf(model);
  };
  CHECK(largestError(gradients(wrong, 1), gradients(right, 1)) == 0);  // no step back in time yet
  CHECK(largestError(gradients(wrong, 2), gradients(right, 2)) > 1e-3);
}
