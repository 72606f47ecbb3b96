#include "model/graph.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "layers/activation.h"
#include "layers/attention.h"
#include "layers/bidirectional.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/gather.h"
#include "layers/gru.h"
#include "layers/joining.h"
#include "layers/layer_norm.h"
#include "layers/lstm.h"
#include "layers/normalized_lstm.h"
#include "layers/pooling.h"
#include "layers/reset_first_gru.h"
#include "layers/rnn.h"
#include "losses/adaptive_cross_entropy.h"
#include "model/graph_errors.h"
#include "model/heads.h"
#include "unreachable.h"

namespace unrolled {
namespace {

// Small enough that no product of sizes leaves 64 bits.
constexpr Index largestVocabulary = (Index{1} << 31U) - 1;
constexpr Index largestWidth = Index{1} << 24U;
constexpr Index mostLevels = 1024;

void requireSizeUpTo(Index most, const std::string& option, Index value) {
  if (value < 1 || value > most) {
    throw impossible(option, "a whole number from 1 to " + std::to_string(most), std::to_string(value));
  }
}

void requireRate(const std::string& option, double rate) {
  if (!(rate >= 0 && rate < 1)) throw impossible(option, "a number from 0 to below 1", std::to_string(rate));
}

bool joins(LayerKind kind) {
  return kind == LayerKind::attention || kind == LayerKind::concatenate || kind == LayerKind::add;
}

// What flows out of a node.
struct Value {
  enum class Form { ids, oneHot, table, vectors } form = Form::vectors;
  Index node = Node<float>::none;
  Index features = 0;
  Index ahead = 0;  // of them, those that run from the first step to the last
  Side side = Side::input;
  bool oneStep = false;
};

template <class T>
class Builder {
 public:
  Builder(const ModelDescription& description, ParameterList& parameters)
      : description_(description), parameters_(parameters) {}

  Graph<T> build() {
    addInput("input", Node<T>::modelInput, description_.input, description_.inputSize, Side::input);
    if (description_.source != InputKind::none) {
      addInput("source", Node<T>::modelSource, description_.source, description_.sourceSize, Side::source);
    }
    for (const LayerDescription& layer : description_.layers) {
      for (const std::string& name : readBy(layer)) ++readers_[name];
    }
    for (number_ = 0; number_ < description_.layers.size(); ++number_) {
      const LayerDescription& layer = description_.layers[number_];
      checkHead(layer, number_ + 1 == description_.layers.size(), option());
      graph_.crossEntropy.reset();  // it is taken over the last layer alone
      const std::size_t parametersBefore = parameters_.all().size();
      const std::size_t statesBefore = graph_.states.size();
      add(layer);
      addPlan(layer, parametersBefore, statesBefore);
    }
    finish();
    return std::move(graph_);
  }

 private:
  using Form = Value::Form;

  [[nodiscard]] std::string option() const { return "layers[" + std::to_string(number_) + "]"; }

  void addInput(const std::string& name, Index node, InputKind kind, Index size, Side side) {
    const bool ids = kind == InputKind::ids;
    requireSizeUpTo(ids ? largestVocabulary : largestWidth, name + (ids ? ".vocabulary" : ".features"), size);
    values_[name] = {ids ? Form::ids : Form::vectors, node, size, size, side, false};
  }

  // The names of what a layer reads.
  [[nodiscard]] std::vector<std::string> readBy(const LayerDescription& layer) const {
    if (!layer.from.empty()) return layer.from;
    const auto index = static_cast<std::size_t>(&layer - description_.layers.data());
    return {index == 0 ? "input" : description_.layers[index - 1].name};
  }

  [[nodiscard]] const Value& valueOf(const std::string& option, const std::string& name) const {
    const auto found = values_.find(name);
    if (found != values_.end()) return found->second;
    std::vector<std::string> there = {"input"};
    if (description_.source != InputKind::none) there.emplace_back("source");
    for (const std::string& before : namesBefore()) there.push_back(before);
    throw unknownName(option, "the name of an input or of a layer before it", name, remarkOn(name), there);
  }

  // Of the layers before the one at hand, in their order.
  [[nodiscard]] std::vector<std::string> namesBefore() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < number_; ++i) names.push_back(description_.layers[i].name);
    return names;
  }

  // Why nothing of that name can be read yet.
  [[nodiscard]] std::string remarkOn(const std::string& name) const {
    for (std::size_t i = number_; i < description_.layers.size(); ++i) {
      if (description_.layers[i].name == name) return i == number_ ? "which it is itself" : "which comes after it";
    }
    return name == "source" && values_.count(name) == 0 ? "since the model has no source" : "";
  }

  // The same as vectors: embedded ids are looked up.
  Value vectorsOf(const std::string& name) {
    Value value = valueOf(option() + ".from", name);
    if (value.form == Form::vectors) return value;
    if (value.form != Form::table) {
      throw impossible(option(),
                       std::string(value.form == Form::ids ? "an embedding or one-hot" : "a recurrent") +
                           " layer, since " + inQuotes(name) + " gives ids",
                       described(description_.layers[number_]));
    }
    value = addLayer(std::make_unique<Gather<T>>(value.features), value, name);
    values_[name] = value;
    return value;
  }

  // A node that reads one value; its own is like it, but vectors.
  Value addLayer(std::unique_ptr<Layer<T>> layer, const Value& input, const std::string& name) {
    Node<T> node;
    node.name = name;
    node.layer = std::move(layer);
    node.inputs = {input.node};
    return addNode(std::move(node), {Form::vectors, 0, input.features, input.features, input.side, input.oneStep});
  }

  // A node that leaves each feature in its place: both directions' halves stay where they are.
  Value addAtEachPosition(std::unique_ptr<Layer<T>> layer, const Value& input, const std::string& name) {
    Value output = addLayer(std::move(layer), input, name);
    output.ahead = input.ahead;
    return output;
  }

  Value addNode(Node<T> node, Value value) {
    value.node = static_cast<Index>(graph_.nodes.size());
    node.side = value.side;
    node.oneStep = value.oneStep;
    node.stateOffset = stateFeatures_;
    if (node.layer) {
      for (const StateInfo& state : node.layer->states()) {
        graph_.states.push_back(state);
        graph_.states.back().ofSource = value.side == Side::source;
        node.stateWidths.push_back(state.features);
        stateFeatures_ += state.features;
      }
    }
    node.features = value.features;
    node.values.resize(node.inputs.size());
    node.inputGradients.resize(node.inputs.size());
    for (const Index input : node.inputs) node.wanted.push_back(reaches(input));
    graph_.nodes.push_back(std::move(node));
    return value;
  }

  // Whether a gradient is of use to what stands there.
  [[nodiscard]] bool reaches(Index node) const {
    if (node == Node<T>::modelInput) return description_.input == InputKind::features;
    if (node == Node<T>::modelSource) return description_.source == InputKind::features;
    return true;
  }

  void add(const LayerDescription& layer) {
    if (layer.name.empty() || values_.count(layer.name) > 0) {
      throw impossible(option() + ".name", "a name of its own", inQuotes(layer.name));
    }
    const std::vector<std::string> from = readBy(layer);
    if (joins(layer.kind)) return void(values_[layer.name] = addJoining(layer, from));
    if (from.size() != 1) throw impossible(option() + ".from", "one name", std::to_string(from.size()) + " names");
    values_[layer.name] = addReading(layer, from.front());
  }

  // Of the layer that was added last.
  void addPlan(const LayerDescription& layer, std::size_t parametersBefore, std::size_t statesBefore) {
    const Value& output = values_.at(layer.name);
    LayerPlan plan;
    plan.name = layer.name;
    plan.from = readBy(layer);
    for (const std::string& name : plan.from) plan.inputs.push_back(values_.at(name).features);
    plan.features = output.features;
    plan.once = output.oneStep;
    plan.ofSource = output.side == Side::source;
    plan.parameters = {parametersBefore, parameters_.all().size() - parametersBefore};
    plan.states = {statesBefore, graph_.states.size() - statesBefore};
    graph_.layers.push_back(std::move(plan));
  }

  Value addReading(const LayerDescription& layer, const std::string& from) {
    Value value = valueOf(option() + ".from", from);
    const bool takesIds = layer.kind == LayerKind::embedding || layer.kind == LayerKind::oneHot;
    if ((value.form == Form::ids) != takesIds) {
      const std::string expected = takesIds ? "a layer that takes vectors, since " + inQuotes(from) + " gives them"
                                            : "an embedding or one-hot layer, since " + inQuotes(from) + " gives ids";
      throw impossible(option(), expected, described(layer));
    }
    switch (layer.kind) {
      case LayerKind::embedding: {
        requireSizeUpTo(largestWidth, option() + ".features", layer.features);
        auto embedding = std::make_unique<Embedding<T>>(parameters_, layer.name, value.features, layer.features);
        embeddings_[layer.name] = {embedding.get(), value.features, layer.features};
        Value table = addLayer(std::move(embedding), value, layer.name);
        table.features = table.ahead = graph_.nodes.back().features = layer.features;
        table.form = Form::table;
        if (readers_[layer.name] == 1) return table;
        values_[layer.name] = table;  // several layers read it: vectors, looked up once
        return vectorsOf(layer.name);
      }
      case LayerKind::oneHot: {
        Value ids = addLayer(std::make_unique<OneHot<T>>(), value, layer.name);
        ids.form = Form::oneHot;
        return ids;
      }
      case LayerKind::rnn:
      case LayerKind::gru:
      case LayerKind::lstm:
        return addRecurrent(layer, value);
      case LayerKind::pooling: {
        if (value.form == Form::oneHot)
          throw impossible(option(), "behind vectors or embedded ids", "behind one-hot ids");
        Value pooled =
            addLayer(std::make_unique<Pooling<T>>(layer.pooling, value.features, value.ahead), value, layer.name);
        graph_.nodes.back().oneStep = pooled.oneStep = true;
        return pooled;
      }
      case LayerKind::dense:
        return addDense(layer, vectorsOf(from));
      case LayerKind::adaptiveSoftmax:
        return addAdaptiveSoftmax(layer, vectorsOf(from));
      case LayerKind::activation: {
        value = vectorsOf(from);
        return addAtEachPosition(std::make_unique<ActivationLayer<T>>(layer.activationOrDefault(), value.features),
                                 value, layer.name);
      }
      case LayerKind::dropout: {
        requireRate(option() + ".dropout", layer.dropout);
        value = vectorsOf(from);
        return addAtEachPosition(std::make_unique<Dropout<T>>(layer.dropout, value.features, nextPart()), value,
                                 layer.name);
      }
      case LayerKind::layerNorm:
        requireEpsilon(layer);
        value = vectorsOf(from);
        return addAtEachPosition(std::make_unique<LayerNorm<T>>(parameters_, layer.name, value.features, layer.epsilon),
                                 value, layer.name);
      case LayerKind::attention:
      case LayerKind::concatenate:
      case LayerKind::add:
        break;  // they join several: made before
    }
    unreachable();
  }

  std::unique_ptr<RecurrentLayer<T>> makeRecurrent(const LayerDescription& layer, const RecurrentOptions& options) {
    switch (layer.kind) {
      case LayerKind::gru:
        if (!layer.resetAfter) return std::make_unique<ResetFirstGru<T>>(parameters_, options);
        return std::make_unique<Gru<T>>(parameters_, options);
      case LayerKind::lstm:
        if (layer.layerNorm) return std::make_unique<NormalizedLstm<T>>(parameters_, options);
        return std::make_unique<Lstm<T>>(parameters_, options);
      case LayerKind::rnn:
        return std::make_unique<Rnn<T>>(parameters_, options);
      case LayerKind::embedding:
      case LayerKind::oneHot:
      case LayerKind::pooling:
      case LayerKind::dense:
      case LayerKind::activation:
      case LayerKind::dropout:
      case LayerKind::layerNorm:
      case LayerKind::attention:
      case LayerKind::concatenate:
      case LayerKind::add:
      case LayerKind::adaptiveSoftmax:
        break;  // none of them is recurrent
    }
    unreachable();
  }

  Value addRecurrent(const LayerDescription& layer, Value value) {
    requireSizeUpTo(largestWidth, option() + ".features", layer.features);
    if (layer.layers < 1 || layer.layers > mostLevels) {
      throw impossible(layer.name + ".layers", "a whole number from 1 to " + std::to_string(mostLevels),
                       std::to_string(layer.layers));
    }
    requireRate(option() + ".dropout", layer.dropout);
    requireRate(option() + ".recurrentDropout", layer.recurrentDropout);
    requireEpsilon(layer);
    const Index tableRows = value.form == Form::table ? tableOf(value.node) : 0;
    for (Index level = 0; level < layer.layers; ++level) {
      if (level > 0 && layer.dropout > 0) {
        value = addLayer(std::make_unique<Dropout<T>>(layer.dropout, value.features, nextPart()), value, layer.name);
      }
      RecurrentOptions options;
      options.name = layer.name;
      options.suffix = "_l" + std::to_string(level);
      options.features = value.features;
      options.hidden = layer.features;
      options.oneHot = value.form == Form::oneHot;
      options.bias = layer.bias;
      options.singleBias = layer.singleBias;
      options.activations = {layer.activationOrDefault(), layer.gateActivation};
      options.untransposedGradient = layer.kind == LayerKind::rnn && layer.untransposedGradient;
      options.recurrentDropout = layer.recurrentDropout;
      options.layerNorm = layer.layerNorm;
      options.epsilon = layer.epsilon;
      options.part = nextPart();
      if (layer.bidirectional) {
        auto ahead = makeRecurrent(layer, options);
        options.suffix += "_reverse";
        options.part = nextPart();
        auto both = std::make_unique<Bidirectional<T>>(std::move(ahead), makeRecurrent(layer, options), layer.merge,
                                                       options.features, options.hidden, options.oneHot,
                                                       value.form == Form::table);
        const Index outputs = both->outputs();
        value = addLayer(std::move(both), value, layer.name);
        value.features = graph_.nodes.back().features = outputs;
        // Added up, both directions are in every feature: neither end has both.
        value.ahead = layer.features;
      } else {
        options.tableRows = level == 0 ? tableRows : 0;
        value = addLayer(makeRecurrent(layer, options), value, layer.name);
        value.features = value.ahead = graph_.nodes.back().features = layer.features;
      }
      levels_[layer.name].push_back(value.node);
      if (!layer.initialState.empty()) startFrom(layer, level);
    }
    kinds_[layer.name] = &layer;
    return value;
  }

  // What a name stands for, with its kind where it is a layer.
  [[nodiscard]] std::string shown(const std::string& name) const {
    for (const LayerDescription& layer : description_.layers) {
      if (layer.name == name) return described(layer);
    }
    return "the model's " + name;
  }

  // Level `level` of a stack takes its initial states from another layer.
  void startFrom(const LayerDescription& layer, Index level) {
    const std::string where = option() + ".initialState";
    const auto found = values_.find(layer.initialState);
    if (found == values_.end()) {
      throw unknownName(where, "the name of a layer before it", layer.initialState, remarkOn(layer.initialState),
                        namesBefore());
    }
    const Value& value = found->second;
    Node<T>& node = graph_.nodes.back();
    const auto other = kinds_.find(layer.initialState);
    if (other != kinds_.end()) {
      const LayerDescription& from = *other->second;
      if (from.kind != layer.kind || from.features != layer.features || from.layers != layer.layers ||
          from.bidirectional != layer.bidirectional) {
        throw otherStates(where, layer, from);
      }
      node.initialState = levels_[layer.initialState][static_cast<std::size_t>(level)];
      node.fromStates = true;
      return;
    }
    if (!value.oneStep || value.form != Form::vectors || value.features != layer.features || layer.layers != 1 ||
        layer.bidirectional) {
      throw otherStart(where, layer, shown(layer.initialState), value.features, value.oneStep);
    }
    node.initialState = value.node;
    ++readers_[layer.initialState];
  }

  Value addDense(const LayerDescription& layer, const Value& value) {
    requireSizeUpTo(largestVocabulary, option() + ".features", layer.features);
    DenseOptions<T> options{layer.activationOrDefault(), layer.bias, {}};
    if (!layer.tiedTo.empty()) options.tied = sharedTable(layer, value);
    auto dense = std::make_unique<Dense<T>>(parameters_, layer.name, value.features, layer.features, options);
    if (layer.activationOrDefault() == Activation::linear) {
      graph_.crossEntropy = crossEntropyOver(*dense, layer, value.features, option());
    }
    Value output = addLayer(std::move(dense), value, layer.name);
    output.features = output.ahead = graph_.nodes.back().features = layer.features;
    return output;
  }

  Value addAdaptiveSoftmax(const LayerDescription& layer, const Value& value) {
    requireSizeUpTo(largestVocabulary, option() + ".features", layer.features);
    auto softmax = makeAdaptiveSoftmax<T>(parameters_, layer, value.features, option());
    graph_.crossEntropy = std::make_unique<AdaptiveCrossEntropy<T>>(*softmax);
    Value output = addLayer(std::move(softmax), value, layer.name);
    output.features = output.ahead = graph_.nodes.back().features = layer.features;
    return output;
  }

  Weight<T> sharedTable(const LayerDescription& layer, const Value& value) {
    const auto found = embeddings_.find(layer.tiedTo);
    if (found == embeddings_.end()) throw unknownTable(layer.tiedTo);
    const auto& [embedding, rows, features] = found->second;
    if (rows != layer.features || features != value.features) {
      throw impossible(
          option() + ".tiedTo",
          "an embedding of " + std::to_string(layer.features) + " ids as vectors of " + std::to_string(value.features),
          inQuotes(layer.tiedTo) + ", of " + std::to_string(rows) + " as " + std::to_string(features));
    }
    return embedding->share();
  }

  [[nodiscard]] Error unknownTable(const std::string& name) const {
    std::vector<std::string> there;
    for (const std::string& before : namesBefore()) {
      if (embeddings_.count(before) > 0) there.push_back(before);
    }
    const std::string remark = values_.count(name) > 0 ? "which is no embedding" : remarkOn(name);
    return unknownName(option() + ".tiedTo", "the name of an embedding before it", name, remark, there);
  }

  Value addJoining(const LayerDescription& layer, const std::vector<std::string>& from) {
    const bool attention = layer.kind == LayerKind::attention;
    if (attention ? from.size() != 2 : from.size() < 2) {
      throw impossible(option() + ".from", attention ? "two names: queries and memory" : "two names or more",
                       std::to_string(from.size()));
    }
    std::vector<Value> values;
    values.reserve(from.size());
    for (const std::string& name : from) values.push_back(vectorsOf(name));
    Value output = values.front();
    Node<T> node;
    node.name = layer.name;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Value& value = values[i];
      node.inputs.push_back(value.node);
      if (!attention && (value.side != output.side || value.oneStep != output.oneStep)) {
        throw impossible(option() + ".from", "layers over the same steps", inQuotes(from[i]));
      }
      if (layer.kind == LayerKind::add && value.features != output.features) {
        throw impossible(option() + ".from", "layers of " + std::to_string(output.features) + " features",
                         inQuotes(from[i]));
      }
    }
    std::vector<Index> widths;
    widths.reserve(values.size());
    for (const Value& value : values) widths.push_back(value.features);
    if (attention) {
      if (!layer.general && widths[0] != widths[1]) {
        throw impossible(option(), "general, for queries and a memory of different features", "dot");
      }
      auto joining = std::make_unique<Attention<T>>(parameters_, layer.name, widths[0], widths[1], layer.general);
      node.attention = joining.get();
      node.joining = std::move(joining);
      output.features = widths[0] + widths[1];
    } else if (layer.kind == LayerKind::concatenate) {
      output.features = 0;
      for (const Index width : widths) output.features += width;
      node.joining = std::make_unique<Concatenate<T>>(widths);
    } else {
      node.joining = std::make_unique<Add<T>>(widths.size(), widths.front());
    }
    if (output.features > largestVocabulary) {
      throw impossible(option(), "at most " + std::to_string(largestVocabulary) + " features",
                       std::to_string(output.features));
    }
    output.ahead = output.features;
    return addNode(std::move(node), output);
  }

  void finish() {
    if (graph_.nodes.empty()) throw impossible("layers", "at least one layer", "none");
    const std::string& last = description_.layers.back().name;
    const Value& output = values_[last];
    if (output.form != Form::vectors) {
      throw impossible("layers", "layers that end in vectors: behind a recurrent, pooling or dense layer",
                       std::to_string(description_.layers.size()) + " layers over ids");
    }
    if (output.side != Side::input) {
      throw impossible("layers", "layers that end over the input; the source only helps", "an end over the source");
    }
    graph_.outputFeatures = output.features;
    std::vector<bool> read(graph_.nodes.size());
    for (const Node<T>& node : graph_.nodes) {
      for (const Index input : node.inputs) {
        if (input >= 0) read[static_cast<std::size_t>(input)] = true;
      }
      if (node.initialState >= 0 && !node.fromStates) read[static_cast<std::size_t>(node.initialState)] = true;
    }
    read.back() = true;
    for (std::size_t i = 0; i < read.size(); ++i) {
      if (read[i]) continue;
      bool started = false;
      for (const Node<T>& node : graph_.nodes) started |= node.fromStates && node.initialState == static_cast<Index>(i);
      if (!started) {
        throw impossible("layers", "layers that are all read by another but for the last",
                         inQuotes(graph_.nodes[i].name) + ", which none reads");
      }
      graph_.nodes[i].onlyStatesRead = true;
    }
  }

  [[nodiscard]] Index tableOf(Index node) const {
    return embeddings_.at(graph_.nodes[static_cast<std::size_t>(node)].name).rows;
  }

  void requireEpsilon(const LayerDescription& layer) const {
    if (layer.epsilon > 0 && std::isfinite(layer.epsilon)) return;
    throw impossible(option() + ".epsilon", "a number above 0", std::to_string(layer.epsilon));
  }

  std::uint32_t nextPart() { return parts_++; }

  const ModelDescription& description_;
  ParameterList& parameters_;
  Graph<T> graph_;
  std::map<std::string, Value> values_;  // by name, of what stands before the layer at hand
  std::map<std::string, Index> readers_;
  struct Table {
    Embedding<T>* embedding = nullptr;
    Index rows = 0;
    Index features = 0;
  };
  std::map<std::string, Table> embeddings_;
  std::map<std::string, std::vector<Index>> levels_;
  std::map<std::string, const LayerDescription*> kinds_;
  std::size_t number_ = 0;
  Index stateFeatures_ = 0;
  std::uint32_t parts_ = 0;
};

}  // namespace

template <class T>
Index Graph<T>::find(const std::string& name) const {
  Index found = Node<T>::none;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].name == name) found = static_cast<Index>(i);
  }
  return found;
}

template <class T>
Graph<T> buildGraph(const ModelDescription& description, ParameterList& parameters) {
  return Builder<T>(description, parameters).build();
}

template struct Graph<float>;
template struct Graph<double>;
template Graph<float> buildGraph<float>(const ModelDescription&, ParameterList&);
template Graph<double> buildGraph<double>(const ModelDescription&, ParameterList&);

}  // namespace unrolled
