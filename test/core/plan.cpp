// A plan beside the model of the same description: its names and shapes, and what the layers give when they run.

#include "model/plan.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr Index steps = 3;
constexpr Index rows = 2;

// The features and the parameters that a plan has of a layer, as "12: head.weight [12, 6] head.bias [12]".
std::string shown(const ModelPlan& plan, std::size_t index) {
  const LayerPlan& layer = plan.layers[index];
  std::string text = std::to_string(layer.features) + ":";
  for (std::size_t i = 0; i < layer.parameters.count; ++i) {
    const Parameter& parameter = plan.parameters[layer.parameters.first + i];
    text += " " + parameter.name + " [" + std::to_string(parameter.shape[0]);
    if (parameter.shape.size() > 1) text += ", " + std::to_string(parameter.shape[1]);
    text += "]";
  }
  return text;
}

template <class Element, class Show>
void checkSame(const std::vector<Element>& planned, const std::vector<Element>& made, Show&& show) {
  REQUIRE(planned.size() == made.size());
  for (std::size_t i = 0; i < made.size(); ++i) CHECK(show(planned[i]) == show(made[i]));
}

template <class T>
void checkLists(const ModelPlan& plan, const Model<T>& model) {
  checkSame(plan.parameters, model.parameters(), [](const Parameter& parameter) {
    return std::make_pair(parameter.name, std::make_pair(parameter.shape, parameter.offset));
  });
  checkSame(plan.states, model.states(),
            [](const StateInfo& state) { return std::make_pair(state.name, state.features); });
  // Each belongs to one layer, whose name its own begins with.
  std::size_t parameters = 0;
  std::size_t states = 0;
  for (const LayerPlan& layer : plan.layers) {
    CHECK(layer.parameters.first == parameters);
    CHECK(layer.states.first == states);
    parameters += layer.parameters.count;
    states += layer.states.count;
    for (std::size_t i = layer.parameters.first; i < parameters; ++i) {
      CHECK(plan.parameters[i].name.rfind(layer.name + ".", 0) == 0);
    }
    for (std::size_t i = layer.states.first; i < states; ++i) {
      CHECK(plan.states[i].name.rfind(layer.name + ".", 0) == 0);
      CHECK(plan.states[i].ofSource == layer.ofSource);
    }
  }
  CHECK(parameters == plan.parameters.size());
  CHECK(states == plan.states.size());
}

// Of a model that has run: which of its layers gave vectors.
template <class T>
std::vector<std::string> checkOutputs(const ModelPlan& plan, const Model<T>& model) {
  std::vector<std::string> seen;
  for (const LayerPlan& layer : plan.layers) {
    const std::optional<NamedOutput<T>> output = model.outputOf(layer.name);
    if (!output) continue;
    seen.push_back(layer.name);
    CHECK(output->sequence.features == layer.features);
    CHECK(output->sequence.positions() == (layer.once ? rows : steps * rows));
    CHECK(output->oneStep == layer.once);
    CHECK(output->ofSource == layer.ofSource);
  }
  return seen;
}

// The names of the layers that gave vectors in a pass.
template <class T>
std::vector<std::string> checkPlan(const ModelDescription& description) {
  const ModelPlan plan = planOf(description);
  REQUIRE(plan.layers.size() == description.layers.size());
  Model<T> model(description);
  checkLists(plan, model);
  CHECK(plan.features == model.outputFeatures());
  CHECK(plan.features == plan.layers.back().features);
  CHECK(plan.once == model.manyToOne());
  for (const LayerPlan& layer : plan.layers) {
    REQUIRE(layer.from.size() == layer.inputs.size());
    for (std::size_t i = 0; i < layer.from.size(); ++i) {
      const auto read = std::find_if(plan.layers.begin(), plan.layers.end(),
                                     [&](const LayerPlan& other) { return other.name == layer.from[i]; });
      const Index ofInput = layer.from[i] == "source" ? description.sourceSize : description.inputSize;
      CHECK(layer.inputs[i] == (read == plan.layers.end() ? ofInput : read->features));
    }
  }

  model.initialize({}, 1);
  const std::vector<TokenId> ids = randomIds(steps * rows, std::min<Index>(description.inputSize, 5), 1);
  const std::vector<T> features = normals<T>(steps * rows * description.inputSize, 2);
  Batch<T> batch;
  batch.time = steps;
  batch.batch = rows;
  if (description.input == InputKind::ids) batch.ids = ids.data();
  if (description.input == InputKind::features) batch.features = features.data();
  if (model.hasSource()) {
    batch.source.time = steps;
    batch.source.ids = ids.data();
  }
  model.reserve(model.withLoss(batch.size(false), LossKind::squaredError));
  std::vector<T> states(asSize(model.stateSize(rows)));
  model.forward(batch, states.data(), threads(1));
  return checkOutputs(plan, model);
}

// A recurrent layer of every option that changes what it is made of.
std::vector<Chain> everyCell() {
  std::vector<Chain> all;
  for (const std::string& cell : cells()) {
    for (const char* input : {"embedding", "oneHot"}) {
      for (int option = 0; option < 9; ++option) {
        Chain chain;
        chain.cell = cell;
        chain.input = input;
        chain.layers = option == 1 ? 3 : 1;
        chain.bidirectional = option == 2 || option == 3;
        chain.merge = option == 3 ? Merge::sum : Merge::concatenate;
        chain.bias = option != 4;
        chain.singleBias = option == 5;
        chain.layerNorm = option == 6;
        chain.resetAfter = option != 7;
        chain.last = option == 8;
        all.push_back(chain);
      }
    }
  }
  return all;
}

// Every layer that is not recurrent, and an encoder beside its decoder.
ModelDescription everyLayer() {
  ModelDescription model;
  model.inputSize = 9;
  model.source = InputKind::ids;
  model.sourceSize = 8;
  model.layers = {
      layer("embedding", "words", 5, {"source"}),
      layer("gru", "encoder", 6),
      layer("embedding", "table", 4, {"input"}),
      layer("gru", "decoder", 6),
      layer("oneHot", "letters", 0, {"input"}),
      layer("lstm", "beside", 3),
      layer("dense", "narrow", 6),
      layer("add", "sum", 0, {"narrow", "decoder"}),
      layer("attention", "attention"),
      layer("layerNorm", "norm"),
      layer("dropout", "dropout"),
      layer("activation", "bent"),
      layer("concatenate", "both"),
      layer("dense", "wide", 4),
      layer("pooling", "last"),
      layer("dense", "head", 9),
  };
  recurrent(model.layers[3]).initialState = "encoder";
  model.layers[8].from = {"sum", "encoder"};
  model.layers[12].from = {"bent", "decoder"};
  as<DenseOptions>(model.layers[13]).activation = Activation::tanh;
  return model;
}

}  // namespace

TEST_CASE_TEMPLATE("a plan has the names, shapes and outputs of the model of every cell", T, float, double) {
  for (const Chain& chain : everyCell()) {
    const std::vector<std::string> seen = checkPlan<T>(chain.description());
    CHECK(std::find(seen.begin(), seen.end(), "rnn") != seen.end());
    CHECK(seen.back() == "head");
  }
}

TEST_CASE_TEMPLATE("a plan has those of the model of every other layer", T, float, double) {
  const ModelDescription model = everyLayer();
  // All but those whose output is ids with a table.
  CHECK(checkPlan<T>(model).size() == model.layers.size() - 3);
  const ModelPlan plan = planOf(model);
  CHECK(plan.layers[8].from == std::vector<std::string>{"sum", "encoder"});
  CHECK(plan.layers[8].inputs == std::vector<Index>{6, 6});
  CHECK(plan.layers[4].inputs == std::vector<Index>{9});
  CHECK(plan.layers[1].ofSource);
  CHECK(!plan.layers[3].ofSource);
  CHECK(!plan.layers[13].once);
  CHECK(plan.layers[15].once);
}

TEST_CASE_TEMPLATE("a plan has those of the model of every head", T, float, double) {
  Chain chain;
  chain.classes = 12;
  chain.samples = 4;
  checkPlan<T>(chain.description());
  chain.samples = 0;
  chain.cutoffs = {4, 8};
  checkPlan<T>(chain.description());
  chain.cutoffs = {};
  chain.classes = chain.inputSize;
  chain.embedding = chain.hidden;
  ModelDescription tied = chain.description();
  as<DenseOptions>(tied.layers.back()).tiedTo = "embedding";
  checkPlan<T>(tied);
  CHECK(planOf(tied).layers.back().parameters.count == 1);
}

TEST_CASE("a plan has PyTorch's shapes") {
  Chain chain;
  chain.cell = "lstm";
  chain.singleBias = true;
  chain.last = true;
  ModelPlan plan = planOf(chain.description());
  CHECK(shown(plan, 0) == "5: embedding.weight [7, 5]");
  CHECK(shown(plan, 1) == "6: rnn.weight_ih_l0 [24, 5] rnn.weight_hh_l0 [24, 6] rnn.bias_ih_l0 [24]");
  CHECK(shown(plan, 2) == "6:");
  CHECK(shown(plan, 3) == "7: head.weight [7, 6] head.bias [7]");
  CHECK(plan.layers[1].states.count == 2);
  CHECK(plan.states[1].name == "rnn.c_l0");
  CHECK(plan.once);
  chain.last = false;
  chain.classes = 12;
  chain.cutoffs = {4, 8};
  plan = planOf(chain.description());
  CHECK(!plan.once);
  CHECK(shown(plan, 2) ==
        "12: head.head.weight [6, 6] head.tail.0.0.weight [1, 6] head.tail.0.1.weight [4, 1] "
        "head.tail.1.0.weight [1, 6] head.tail.1.1.weight [4, 1]");
}

TEST_CASE("a plan of what makes no model is refused as the model is") {
  ModelDescription model = everyLayer();
  model.layers[7].from = {"narrow", "beside"};
  CHECK(codeOf([&] { planOf(model); }) == "ERR_UNROLLED_OPTION_RANGE");
  CHECK(codeOf([&] { Model<float>{model}; }) == "ERR_UNROLLED_OPTION_RANGE");
  CHECK(codeOf([] { planOf({}); }) == "ERR_UNROLLED_OPTION_RANGE");
}

TEST_CASE("a plan counts what no memory holds, and no layer is wider than classes are many") {
  constexpr Index most = (Index{1} << 31) - 1;
  ModelDescription model;
  model.input = InputKind::features;
  model.inputSize = 1;
  for (const char* name : {"a", "b", "c", "d"}) model.layers.push_back(layer("dense", name, most));
  const ModelPlan plan = planOf(model);
  CHECK(plan.parameters[2].shape == std::vector<Index>{most, most});
  CHECK(std::all_of(plan.parameters.begin(), plan.parameters.end(),
                    [](const Parameter& parameter) { return parameter.offset >= 0; }));
  model.layers.push_back(layer("concatenate", "both", 0, {"d", "a"}));
  CHECK(codeOf([&] { planOf(model); }) == "ERR_UNROLLED_OPTION_RANGE");
}
