// Models that are more than a chain: gradients against central differences, in float64, and what a
// source that stays gives.

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/error.h"
#include "model/packing.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr double difference = 1e-5;
constexpr double tolerance = 1e-7;

LayerDescription startingFrom(LayerDescription description, const std::string& name) {
  recurrent(description).initialState = name;
  return description;
}

// One input of a batch, in the order of falling lengths.
struct Side {
  Side(InputKind kind, Index size, const std::vector<Index>& lengths, std::uint64_t seed)
      : packing(*std::max_element(lengths.begin(), lengths.end()), lengths) {
    const Index positions = packing.layout().positions();
    if (kind == InputKind::ids) ids = randomIds(positions, size, seed);
    if (kind == InputKind::features) features = normals<double>(positions * size, seed);
  }

  Packing packing;
  std::vector<TokenId> ids;
  std::vector<double> features;

  [[nodiscard]] const TokenId* idsOrNull() const { return ids.empty() ? nullptr : ids.data(); }
  [[nodiscard]] const double* featuresOrNull() const { return features.empty() ? nullptr : features.data(); }
};

// A model with two inputs, rows of differing lengths in both, and one of the three losses.
class GraphCheck {
 public:
  GraphCheck(const ModelDescription& description, LossKind loss, const std::vector<Index>& lengths,
             const std::vector<Index>& sourceLengths)
      : model_(description),
        loss_(loss),
        input_(description.input, description.inputSize, lengths, 1),
        source_(description.source, description.sourceSize, sourceLengths, 2) {
    model_.initialize(Initializer{}, 5);
    const std::vector<Index> places = source_.packing.places();
    for (const Index row : input_.packing.order()) rows_.push_back(places[asSize(row)]);
    const SequenceLayout layout = input_.packing.layout();
    const Index outputs = model_.manyToOne() ? layout.batch : layout.positions();
    targets_ = randomIds(outputs, model_.outputFeatures(), 3);
    values_ = normals<double>(outputs * model_.outputFeatures(), 4, 0.4);
    for (double& value : values_) value = loss == LossKind::binaryCrossEntropy ? 0.5 + 0.3 * std::tanh(value) : value;
    states_ = normals<double>(model_.stateSize(layout.batch), 6, 0.5);
    stateFactors_ = normals<double>(model_.stateSize(layout.batch), 7);
    // A source that is not there has no features either.
    if (description.source == InputKind::none) rows_.clear();
  }

  void run() {
    std::vector<double> states = states_;
    std::vector<double> stateGradients = stateFactors_;
    InputGradients<double> inputs;
    model_.lossAndGradients(batch(), targets(), 0.7, states.data(), stateGradients.data(), threads(2), {}, &inputs);
    const std::vector<double> gradients = gradientsOf(model_);
    const std::vector<double> inputGradient(inputs.input, inputs.input + input_.features.size());
    const std::vector<double> sourceGradient(inputs.source, inputs.source + source_.features.size());

    std::vector<double> weights = weightsOf(model_);
    for (const Parameter& parameter : model_.parameters()) {
      CAPTURE(parameter.name);
      double largest = 0;
      for (Index i = parameter.offset; i < parameter.offset + parameter.count(); ++i) {
        check(gradients[asSize(i)], weights[asSize(i)], [&] { model_.write(weights.data()); });
        largest = std::max(largest, std::abs(gradients[asSize(i)]));
      }
      CHECK(largest > 0);
      model_.write(weights.data());
    }
    for (std::size_t i = 0; i < states_.size(); ++i) check(stateGradients[i], states_[i], [] {});
    for (std::size_t i = 0; i < input_.features.size(); ++i) check(inputGradient[i], input_.features[i], [] {});
    for (std::size_t i = 0; i < source_.features.size(); ++i) check(sourceGradient[i], source_.features[i], [] {});
  }

 private:
  [[nodiscard]] Batch<double> batch() const {
    const SequenceLayout layout = input_.packing.layout();
    Batch<double> batch{layout.time, layout.batch, input_.idsOrNull(), input_.featuresOrNull(), layout.starts};
    if (rows_.empty()) return batch;
    const SequenceLayout source = source_.packing.layout();
    batch.source = {source.time, source_.idsOrNull(), source_.featuresOrNull(), source.starts, rows_.data()};
    return batch;
  }

  [[nodiscard]] Targets<double> targets() const {
    return loss_ == LossKind::crossEntropy ? Targets<double>(targets_.data()) : Targets<double>(loss_, values_.data());
  }

  double objective() {
    std::vector<double> states = states_;
    double value = 0.7 * model_.loss(batch(), targets(), states.data(), threads(1)).sum;
    for (std::size_t i = 0; i < states.size(); ++i) value += stateFactors_[i] * states[i];
    return value;
  }

  template <class Moved>
  void check(double derivative, double& value, Moved&& moved) {
    const double kept = value;
    value = kept + difference;
    moved();
    const double above = objective();
    value = kept - difference;
    moved();
    const double below = objective();
    value = kept;
    const double measured = (above - below) / (2 * difference);
    CHECK(std::abs(derivative - measured) <= tolerance * std::max(0.1, std::abs(measured)));
  }

  Model<double> model_;
  LossKind loss_;
  Side input_;
  Side source_;
  std::vector<Index> rows_;
  std::vector<TokenId> targets_;
  std::vector<double> values_;
  std::vector<double> states_;
  std::vector<double> stateFactors_;
};

// source ids → encoder → its final states → decoder over input ids, with attention.
ModelDescription translator(const std::string& cell, bool general) {
  ModelDescription model{InputKind::ids, 6, {}, InputKind::ids, 5};
  model.layers.push_back(layer("embedding", "encoder.embedding", 4, {"source"}));
  model.layers.push_back(layer(cell, "encoder", 3));
  model.layers.push_back(layer("embedding", "embedding", 4, {"input"}));
  model.layers.push_back(startingFrom(layer(cell, "decoder", 3), "encoder"));
  model.layers.push_back({"attention", AttentionOptions{general}, {"decoder", "encoder"}});
  model.layers.push_back({"combined", DenseOptions{.features = 5, .activation = Activation::tanh}});
  model.layers.push_back({"head", DenseOptions{.features = 6}});
  return model;
}

const std::vector<Index> inputLengths = {2, 4, 1, 3};
const std::vector<Index> sourceLengths = {3, 1, 4, 2};

}  // namespace

TEST_CASE("encoder and decoder with attention: gradients match central differences") {
  for (const std::string& cell : cells()) {
    for (const bool general : {true, false}) {
      CAPTURE(cell);
      CAPTURE(general);
      GraphCheck(translator(cell, general), LossKind::crossEntropy, inputLengths, sourceLengths).run();
    }
  }
}

TEST_CASE("a decoder that starts from both directions of an encoder, pooled, whose output nobody else reads") {
  ModelDescription model{InputKind::features, 3, {}, InputKind::features, 2};
  model.layers.push_back(layer("gru", "encoder", 2, {"source"}));
  recurrent(model.layers.back()).bidirectional = true;
  model.layers.push_back({"ends", PoolingOptions{PoolingKind::final}});
  model.layers.push_back({"bridge", DenseOptions{.features = 4, .activation = Activation::tanh}});
  model.layers.push_back(startingFrom(layer("lstm", "decoder", 4, {"input"}), "bridge"));
  model.layers.push_back({"head", DenseOptions{.features = 2}});
  for (const LossKind loss : {LossKind::crossEntropy, LossKind::binaryCrossEntropy, LossKind::squaredError}) {
    CAPTURE(static_cast<int>(loss));
    GraphCheck(model, loss, inputLengths, sourceLengths).run();
  }
}

TEST_CASE("stacks in both directions hand all their states over") {
  ModelDescription model{InputKind::features, 3, {}, InputKind::features, 2};
  const auto stack = [](const char* name, const char* from) {
    LayerDescription description = layer("lstm", name, 2, {from});
    recurrent(description).layers = 2;
    recurrent(description).bidirectional = true;
    return description;
  };
  model.layers.push_back(stack("encoder", "source"));
  model.layers.push_back(startingFrom(stack("decoder", "input"), "encoder"));
  GraphCheck(model, LossKind::squaredError, inputLengths, sourceLengths).run();
}

TEST_CASE("branches that join: gradients match central differences") {
  ModelDescription model{InputKind::ids, 7};
  model.layers.push_back(layer("embedding", "embedding", 4));
  model.layers.push_back(layer("rnn", "first", 4));
  model.layers.push_back(layer("add", "residual", 0, {"first", "embedding"}));
  model.layers.push_back(layer("layerNorm", "norm"));
  model.layers.push_back(layer("gru", "second", 3));
  model.layers.push_back(layer("concatenate", "all", 0, {"second", "norm", "embedding"}));
  model.layers.push_back({"mean", PoolingOptions{PoolingKind::mean}});
  model.layers.push_back({"hidden", DenseOptions{.features = 5, .activation = Activation::sigmoid}});
  model.layers.push_back({"head", DenseOptions{.features = 3}});
  for (const LossKind loss : {LossKind::crossEntropy, LossKind::binaryCrossEntropy, LossKind::squaredError}) {
    CAPTURE(static_cast<int>(loss));
    GraphCheck(model, loss, inputLengths, inputLengths).run();
  }
}

TEST_CASE("a function of the sum of embeddings: gradients match central differences") {
  for (const Activation function : {Activation::sigmoid, Activation::tanh, Activation::relu, Activation::linear}) {
    CAPTURE(static_cast<int>(function));
    ModelDescription model{InputKind::ids, 7};
    model.layers.push_back(layer("embedding", "embedding", 4));
    model.layers.push_back({"sum", PoolingOptions{PoolingKind::sum}});
    model.layers.push_back({"hidden", ActivationOptions{function}});
    model.layers.push_back(layer("dense", "head", 3));
    GraphCheck(model, LossKind::binaryCrossEntropy, inputLengths, inputLengths).run();
  }
}

TEST_CASE("what leaves each feature in its place leaves both directions their ends") {
  constexpr Index time = 4;
  const auto endOf = [](const std::vector<LayerDescription>& between) {
    ModelDescription description{InputKind::features, 3};
    description.layers.push_back(layer("gru", "rnn", 2));
    recurrent(description.layers.back()).bidirectional = true;
    description.layers.insert(description.layers.end(), between.begin(), between.end());
    description.layers.push_back({"ends", PoolingOptions{PoolingKind::final}});
    Model<double> model(description);
    model.initialize(Initializer{}, 5);
    const std::vector<double> features = normals<double>(time * 3, 1);
    std::vector<double> states(asSize(model.stateSize(1)));
    const Sequence<double> output = model.forward({time, 1, nullptr, features.data()}, states.data(), threads(1));
    return std::vector<double>(output.data, output.data + 4);
  };
  const std::vector<double> expected = endOf({});
  CHECK(endOf({{"unchanged", ActivationOptions{Activation::linear}}}) == expected);
  CHECK(endOf({layer("dropout", "dropout")}) == expected);
}

TEST_CASE("a head tied to the embedding adds its gradient to the table's") {
  ModelDescription model{InputKind::ids, 7};
  model.layers.push_back(layer("embedding", "embedding", 4));
  model.layers.push_back(layer("lstm", "rnn", 4));
  model.layers.push_back({"head", DenseOptions{.features = 7, .tiedTo = "embedding"}});
  for (const LossKind loss : {LossKind::crossEntropy, LossKind::binaryCrossEntropy}) {
    CAPTURE(static_cast<int>(loss));
    GraphCheck(model, loss, inputLengths, inputLengths).run();
  }
}

TEST_CASE("decoding on from a source that stays gives what one pass over all steps gives") {
  Model<double> model(translator("gru", true));
  model.initialize(Initializer{}, 5);
  constexpr Index time = 4;
  constexpr Index batch = 2;
  const std::vector<TokenId> ids = randomIds(time * batch, 6, 1);
  const std::vector<TokenId> source = randomIds(3 * batch, 5, 2);
  std::vector<double> states(asSize(model.stateSize(batch)));
  Batch<double> whole{time, batch, ids.data(), nullptr};
  whole.source = {3, source.data(), nullptr, nullptr, nullptr};
  const Sequence<double> output = model.forward(whole, states.data(), threads(1));
  const std::vector<double> expected(output.data, output.data + time * batch * 6);

  std::vector<double> stepped;
  std::vector<double> carried(states.size());
  for (Index t = 0; t < time; ++t) {
    Batch<double> one{1, batch, ids.data() + t * batch, nullptr};
    if (t == 0) one.source = whole.source;
    const Sequence<double> step = model.forward(one, carried.data(), threads(1));
    stepped.insert(stepped.end(), step.data, step.data + batch * 6);
  }
  CHECK(largestError(stepped, expected) < 1e-14);

  SUBCASE("several rows may read one row of it") {
    const std::vector<Index> rows = {1, 1, 0};
    std::vector<double> threeStates(asSize(model.stateSize(3)));
    const std::vector<TokenId> three = {ids[0], ids[0], ids[0]};
    model.reserve({{time * batch, 3, false, false, time}, {3 * batch, batch, false, false, 3}});
    std::vector<double> again(states.size());
    model.forward(whole, again.data(), threads(1));
    Batch<double> beams{1, 3, three.data(), nullptr};
    beams.source.rows = rows.data();
    const Sequence<double> step = model.forward(beams, threeStates.data(), threads(1));
    CHECK(sameBits(step.data, step.data + 6, 6));
    CHECK_FALSE(sameBits(step.data, step.data + 12, 6));
  }
}

TEST_CASE("a description that makes no graph is refused, naming the layer") {
  const auto refused = [](const ModelDescription& description, const std::string& option) {
    try {
      const Model<float> model(description);
      FAIL("made");
    } catch (const Error& error) {
      CHECK(error.code() == "ERR_UNROLLED_OPTION_RANGE");
      CHECK(error.option() == option);
    }
  };
  ModelDescription model = translator("gru", true);
  recurrent(model.layers[3]).initialState = "nobody";
  refused(model, "layers[3].initialState");
  model = translator("gru", true);
  model.layers[3] = startingFrom(layer("lstm", "decoder", 3), "encoder");  // other states than the encoder's
  refused(model, "layers[3].initialState");
  model = translator("gru", true);
  model.layers[4].from = {"decoder"};
  refused(model, "layers[4].from");
  model = translator("gru", true);
  model.layers[6].from = {"encoder"};  // an end over the source
  refused(model, "layers");
  model = translator("gru", true);
  model.layers[5].name = "encoder";
  refused(model, "layers[5].name");
  model = translator("gru", false);
  recurrent(model.layers[3]).features = 4;
  recurrent(model.layers[3]).initialState = "";
  refused(model, "layers[4]");  // queries and memory of different widths
}
