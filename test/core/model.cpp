// Models as descriptions: their parameters, how these are drawn, and what makes no chain.

#include "model/model.h"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/error.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// "name [rows, columns]" of every parameter in order.
std::vector<std::string> shapesOf(const ModelDescription& description) {
  const Model<float> model(description);
  std::vector<std::string> shapes;
  Index offset = 0;
  for (const Parameter& parameter : model.parameters()) {
    CHECK(parameter.offset == offset);
    offset += parameter.count();
    std::string text = parameter.name + " [" + std::to_string(parameter.shape[0]);
    if (parameter.shape.size() > 1) text += ", " + std::to_string(parameter.shape[1]);
    shapes.push_back(text + "]");
  }
  return shapes;
}

std::string refusal(const ModelDescription& description) {
  try {
    const Model<float> model(description);
  } catch (const Error& error) {
    CHECK(error.code() == "ERR_UNROLLED_OPTION_RANGE");
    CHECK_FALSE(error.expected().empty());
    return error.option();
  }
  return "none";
}

}  // namespace

TEST_CASE("parameters have PyTorch's names, shapes and order") {
  Chain chain;
  chain.cell = "lstm";
  chain.layers = 2;
  using Shapes = std::vector<std::string>;
  CHECK(shapesOf(chain.description()) ==
        Shapes{"embedding.weight [7, 5]", "rnn.weight_ih_l0 [24, 5]", "rnn.weight_hh_l0 [24, 6]", "rnn.bias_ih_l0 [24]",
               "rnn.bias_hh_l0 [24]", "rnn.weight_ih_l1 [24, 6]", "rnn.weight_hh_l1 [24, 6]", "rnn.bias_ih_l1 [24]",
               "rnn.bias_hh_l1 [24]", "head.weight [7, 6]", "head.bias [7]"});
  chain.cell = "gru";
  chain.layers = 1;
  chain.input = "oneHot";
  chain.singleBias = true;
  CHECK(shapesOf(chain.description()) == Shapes{"rnn.weight_ih_l0 [18, 7]", "rnn.weight_hh_l0 [18, 6]",
                                                "rnn.bias_ih_l0 [18]", "head.weight [7, 6]", "head.bias [7]"});
}

TEST_CASE("a source is decoded from further until its arrays are laid anew") {
  ModelDescription description{InputKind::ids, 7, {}, InputKind::ids, 5};
  description.layers = {layer("embedding", "read", 4, {"source"}), layer("gru", "encoder", 6),
                        layer("embedding", "written", 4, {"input"}), layer("gru", "decoder", 6),
                        layer("dense", "head", 7)};
  recurrent(description.layers[3]).initialState = "encoder";
  Model<double> model(description);
  model.initialize({}, 1);
  const std::vector<TokenId> ids = {1, 2, 3, 4, 1, 2, 3, 4, 1, 2};
  std::vector<double> states(asSize(model.stateSize(1)));
  const auto decode = [&](Index steps, Index sourceSteps) {
    Batch<double> batch{steps, 1, ids.data()};
    if (sourceSteps > 0) batch.source = {sourceSteps, ids.data()};
    return codeOf([&] { model.forward(batch, states.data(), threads(1)); });
  };
  const std::string absent = "ERR_UNROLLED_SHAPE";
  CHECK(decode(2, 0) == absent);
  CHECK(decode(2, 3) == "none");
  CHECK(decode(1, 0) == "none");
  CHECK(decode(2, 0) == "none");
  // More steps than there is room for: what was computed of the source is gone.
  CHECK(decode(9, 0) == absent);
  CHECK(decode(1, 0) == absent);
  CHECK(decode(1, 2) == "none");
  CHECK(decode(9, 0) == "none");
}

TEST_CASE("states have names and sizes") {
  Chain chain;
  chain.cell = "lstm";
  chain.layers = 2;
  const Model<float> model(chain.description());
  std::vector<std::string> names;
  for (const StateInfo& state : model.states()) {
    names.push_back(state.name);
    CHECK(state.features == 6);
  }
  CHECK(names == std::vector<std::string>{"rnn.h_l0", "rnn.c_l0", "rnn.h_l1", "rnn.c_l1"});
  CHECK(model.stateSize(3) == 3 * 4 * 6);
  CHECK(model.outputFeatures() == 7);
  CHECK(model.hasHead());
  CHECK_FALSE(model.manyToOne());
}

TEST_CASE_TEMPLATE("what is written is read again, whichever way it is held", T, float, double) {
  for (const char* input : {"embedding", "oneHot"}) {
    Chain chain;
    chain.input = input;
    Model<T> model(chain.description());
    const std::vector<T> values = normals<T>(model.buffers().size(), 1);
    model.write(values.data());
    CHECK(sameBits(weightsOf(model), values));
  }
}

TEST_CASE("a one-hot vector picks its column of the weights, in PyTorch's shape") {
  Chain chain;
  chain.input = "oneHot";
  chain.classes = 0;
  Model<double> model(chain.description());
  model.initialize({}, 1);
  const std::vector<double> weights = weightsOf(model);
  const Parameter& inputWeight = model.parameters()[0];
  const Parameter& bias = model.parameters()[2];
  for (TokenId id = 0; id < 7; ++id) {
    std::vector<double> states(6);
    const Sequence<double> output = model.forward({1, 1, &id, nullptr}, states.data(), threads(1));
    for (Index j = 0; j < 6; ++j) {
      const double product = weights[asSize(inputWeight.offset + j * 7 + id)] + weights[asSize(bias.offset + j)] +
                             weights[asSize(bias.offset + 6 + j)];
      CHECK(std::abs(output.data[j] - std::tanh(product)) < 1e-15);
    }
  }
}

TEST_CASE("parameters are drawn from the seed alone, in PyTorch's ranges") {
  Chain chain;
  chain.cell = "gru";
  chain.hidden = 64;
  chain.inputSize = 500;
  chain.classes = 500;
  Model<double> model(chain.description());
  model.initialize({}, 1);
  const std::vector<double> values = weightsOf(model);
  Model<double> other(chain.description());
  other.initialize({}, 1);
  CHECK(sameBits(weightsOf(other), values));
  other.initialize({}, 2);
  CHECK(largestError(weightsOf(other), values) > 0.1);

  for (const Parameter& parameter : model.parameters()) {
    CAPTURE(parameter.name);
    double largest = 0;
    double squares = 0;
    for (Index i = parameter.offset; i < parameter.offset + parameter.count(); ++i) {
      largest = std::max(largest, std::abs(values[asSize(i)]));
      squares += values[asSize(i)] * values[asSize(i)];
    }
    const double deviation = std::sqrt(squares / static_cast<double>(parameter.count()));
    if (parameter.name == "embedding.weight") {
      CHECK(std::abs(deviation - 1) < 0.1);
    } else {
      CHECK(largest <= 0.125);  // 1/√64
      CHECK(std::abs(deviation - 0.125 / std::sqrt(3.0)) < 0.01);
    }
  }
}

TEST_CASE("weights may be drawn from one law, with biases zero") {
  Chain chain;
  chain.hidden = 40;
  Model<double> model(chain.description());
  for (const Initializer::Kind kind : {Initializer::Kind::normal, Initializer::Kind::uniform}) {
    model.initialize({kind, 0.01}, 3);
    const std::vector<double> values = weightsOf(model);
    for (const Parameter& parameter : model.parameters()) {
      CAPTURE(parameter.name);
      double squares = 0;
      double largest = 0;
      for (Index i = parameter.offset; i < parameter.offset + parameter.count(); ++i) {
        squares += values[asSize(i)] * values[asSize(i)];
        largest = std::max(largest, std::abs(values[asSize(i)]));
      }
      if (parameter.isBias) {
        CHECK(largest == 0);
      } else if (kind == Initializer::Kind::uniform) {
        CHECK(largest <= 0.01);
        CHECK(largest > 0.008);
      } else {
        CHECK(largest > 0.02);
        CHECK(std::abs(std::sqrt(squares / static_cast<double>(parameter.count())) - 0.01) < 0.004);
      }
    }
  }
}

TEST_CASE("gains are 1 and their shifts 0 at first, by whatever law weights are drawn") {
  Chain chain;
  chain.cell = "lstm";
  chain.layerNorm = true;
  chain.bidirectional = true;
  chain.hidden = 5;
  Model<double> model(chain.description());
  std::vector<std::string> names;
  for (const Initializer::Kind kind : {Initializer::Kind::byDefault, Initializer::Kind::normal}) {
    model.initialize({kind, 0.01}, 3);
    const std::vector<double> values = weightsOf(model);
    names.clear();
    for (const Parameter& parameter : model.parameters()) {
      if (parameter.name.find("norm") == std::string::npos) continue;
      names.push_back(parameter.name + " " + std::to_string(parameter.count()));
      const double expected = parameter.isBias ? 0 : 1;
      for (Index i = 0; i < parameter.count(); ++i) CHECK(values[asSize(parameter.offset + i)] == expected);
    }
  }
  CHECK(names == std::vector<std::string>{"rnn.norm_ih_l0.weight 20", "rnn.norm_hh_l0.weight 20",
                                          "rnn.norm_c_l0.weight 5", "rnn.norm_c_l0.bias 5",
                                          "rnn.norm_ih_l0_reverse.weight 20", "rnn.norm_hh_l0_reverse.weight 20",
                                          "rnn.norm_c_l0_reverse.weight 5", "rnn.norm_c_l0_reverse.bias 5"});
}

TEST_CASE("parameters are trained unless they are frozen") {
  Model<float> model(Chain().description());
  for (const Parameter& parameter : model.parameters()) CHECK(parameter.trainable);
  model.freeze(1, true);
  CHECK_FALSE(model.parameters()[1].trainable);
  CHECK(model.parameters()[0].trainable);
  model.freeze(1, false);
  CHECK(model.parameters()[1].trainable);
}

TEST_CASE("held transposed or not, the same seed draws the same weights") {
  Chain chain;
  chain.input = "oneHot";
  Model<double> oneHot(chain.description());
  oneHot.initialize({}, 4);
  chain.inputKind = InputKind::features;
  Model<double> vectors(chain.description());
  vectors.initialize({}, 4);
  CHECK(sameBits(weightsOf(oneHot), weightsOf(vectors)));
}

TEST_CASE("descriptions that make no chain are refused by name") {
  const ModelDescription good = Chain().description();
  CHECK(refusal(good) == "none");
  const auto changed = [&good](const std::function<void(ModelDescription&)>& change) {
    ModelDescription description = good;
    change(description);
    return refusal(description);
  };
  CHECK(changed([](ModelDescription& m) { m.inputSize = 0; }) == "input.vocabulary");
  CHECK(changed([](ModelDescription& m) { m.inputSize = Index{1} << 31U; }) == "input.vocabulary");
  CHECK(changed([](ModelDescription& m) { m.layers.clear(); }) == "layers");
  CHECK(changed([](ModelDescription& m) { m.layers.resize(1); }) == "none");  // ids to vectors
  CHECK(changed([](ModelDescription& m) {
          m.layers.resize(1);
          m.layers[0].options = OneHotOptions();
        }) == "layers");
  CHECK(changed([](ModelDescription& m) { m.layers.erase(m.layers.begin()); }) == "layers[0]");
  CHECK(changed([](ModelDescription& m) { m.layers.erase(m.layers.begin() + 1); }) == "none");
  CHECK(changed([](ModelDescription& m) {
          m.layers.erase(m.layers.begin() + 1);
          m.layers[0].options = OneHotOptions();
        }) == "layers[1]");
  CHECK(changed([](ModelDescription& m) { m.layers.push_back(m.layers[1]); }) == "layers[3].name");
  CHECK(changed([](ModelDescription& m) { recurrent(m.layers[1]).features = 0; }) == "layers[1].features");
  CHECK(changed([](ModelDescription& m) { recurrent(m.layers[1]).recurrentDropout = 1; }) ==
        "layers[1].recurrentDropout");
  CHECK(changed([](ModelDescription& m) { recurrent(m.layers[1]).recurrentDropout = -0.1; }) ==
        "layers[1].recurrentDropout");
  CHECK(changed([](ModelDescription& m) { recurrent(m.layers[1]).recurrentDropout = std::nan(""); }) ==
        "layers[1].recurrentDropout");
  for (const double epsilon : {0.0, -1.0, std::nan("")}) {
    const auto normalised = [epsilon](ModelDescription& m) {
      recurrent(m.layers[1]).layerNorm = true;
      recurrent(m.layers[1]).epsilon = epsilon;
    };
    CHECK(changed(normalised) == "layers[1].epsilon");
  }
  CHECK(changed([](ModelDescription& m) { recurrent(m.layers[1]).features = -3; }) == "layers[1].features");
  CHECK(changed([](ModelDescription& m) { as<DenseOptions>(m.layers[2]).features = Index{1} << 40U; }) ==
        "layers[2].features");
  CHECK(changed([](ModelDescription& m) { recurrent(m.layers[1]).layers = 0; }) == "layers[1].layers");
  CHECK(changed([](ModelDescription& m) { m.input = InputKind::features; }) == "layers[0]");
}

TEST_CASE("ids outside of the vocabulary and of the classes are refused") {
  Chain chain;
  chain.classes = 3;
  const Model<float> model(chain.description());
  const auto refused = [](const std::function<void()>& check) {
    try {
      check();
    } catch (const Error& error) {
      CHECK(error.code() == "ERR_UNROLLED_OPTION_RANGE");
      return true;
    }
    return false;
  };
  const TokenId ids[] = {0, 6, 7, -1};
  CHECK_FALSE(refused([&] { model.checkIds(ids, 2); }));
  CHECK(refused([&] { model.checkIds(ids, 3); }));
  CHECK(refused([&] { model.checkIds(ids + 3, 1); }));
  CHECK_FALSE(refused([&] { model.checkTargets(ids, 1); }));
  CHECK(refused([&] { model.checkTargets(ids, 2); }));
}

TEST_CASE("a model too large for the machine is refused as such") {
  Chain chain;
  chain.inputSize = (Index{1} << 31U) - 1;
  chain.embedding = Index{1} << 24U;
  try {
    const Model<float> model(chain.description());
    FAIL("it was not refused");
  } catch (const Error& error) {
    CHECK(error.code() == "ERR_UNROLLED_OUT_OF_MEMORY");
  }
}
