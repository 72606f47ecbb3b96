#include "model/graph.h"

#include <map>
#include <type_traits>
#include <utility>

#include "layers/gather.h"
#include "losses/class_losses.h"
#include "model/graph_errors.h"

namespace unrolled {
namespace {

template <class T>
class GraphBuilder final : public Builder<T> {
 public:
  GraphBuilder(const ModelDescription& description, ParameterList& parameters)
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
      const std::size_t parametersBefore = parameters_.all().size();
      const std::size_t statesBefore = graph_.states.size();
      addLayer(layer());
      addPlan(parametersBefore, statesBefore);
    }
    finish();
    return std::move(graph_);
  }

  [[nodiscard]] const std::string& name() const override { return layer().name; }
  [[nodiscard]] std::string where() const override { return "layers[" + std::to_string(number_) + "]"; }
  using Builder<T>::where;
  [[nodiscard]] Index readers() const override {
    const auto found = readers_.find(name());
    return found == readers_.end() ? 0 : found->second;
  }
  [[nodiscard]] bool last() const override { return number_ + 1 == description_.layers.size(); }
  ParameterList& parameters() override { return parameters_; }
  std::uint32_t nextPart() override { return parts_++; }

  Flow add(std::unique_ptr<Layer<T>> layer, const Flow& input, Flow output) override {
    return addNamed(name(), std::move(layer), input, output);
  }

  Flow add(std::unique_ptr<JoiningLayer<T>> layer, const std::vector<Flow>& inputs, Flow output) override {
    Node<T> node;
    node.name = name();
    node.joining = std::move(layer);
    for (const Flow& input : inputs) node.inputs.push_back(input.node);
    if (output.features > largestCount) {
      throw impossible(where(), "at most " + std::to_string(largestCount) + " features",
                       std::to_string(output.features));
    }
    return addNode(std::move(node), output);
  }

  void startFromStates(Index node, Index from) override {
    nodeAt(node).initialState = from;
    nodeAt(node).fromStates = true;
  }
  void startFromOutput(Index node, Index from) override { nodeAt(node).initialState = from; }

  [[nodiscard]] const Flow* flowOf(const std::string& name) const override {
    const auto found = flows_.find(name);
    return found == flows_.end() ? nullptr : &found->second;
  }

  [[nodiscard]] Layer<T>* layerOf(const std::string& name) const override {
    for (const Node<T>& node : graph_.nodes) {
      if (node.name == name) return node.layer.get();
    }
    return nullptr;
  }

  [[nodiscard]] std::vector<std::string> namesBefore() const override {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < number_; ++i) names.push_back(description_.layers[i].name);
    return names;
  }

  // Why nothing of that name can be read yet.
  [[nodiscard]] std::string remarkOn(const std::string& name) const override {
    for (std::size_t i = number_; i < description_.layers.size(); ++i) {
      if (description_.layers[i].name == name)
        return i == number_ ? "which is this layer itself" : "which comes after it";
    }
    return name == "source" && flows_.count(name) == 0 ? "because the model has no source" : "";
  }

  [[nodiscard]] std::string described(const std::string& name) const override {
    for (const LayerDescription& layer : description_.layers) {
      if (layer.name == name) return unrolled::described(layer);
    }
    return "the model's " + name;
  }

 private:
  using Form = Flow::Form;

  [[nodiscard]] const LayerDescription& layer() const { return description_.layers[number_]; }
  Node<T>& nodeAt(Index node) { return graph_.nodes[static_cast<std::size_t>(node)]; }

  void addInput(const std::string& name, Index node, InputKind kind, Index size, Side side) {
    const bool ids = kind == InputKind::ids;
    requireValue(name + (ids ? ".vocabulary" : ".features"), WholeNumber{1, ids ? largestCount : largestWidth}, size);
    flows_[name] = {.form = ids ? Form::ids : Form::vectors,
                    .node = node,
                    .features = size,
                    .ahead = size,
                    .side = side,
                    .name = name};
  }

  // The names of what a layer reads.
  [[nodiscard]] std::vector<std::string> readBy(const LayerDescription& layer) const {
    if (!layer.from.empty()) return layer.from;
    const auto index = static_cast<std::size_t>(&layer - description_.layers.data());
    return {index == 0 ? "input" : description_.layers[index - 1].name};
  }

  void addLayer(const LayerDescription& layer) {
    if (layer.name.empty() || flows_.count(layer.name) > 0) {
      throw impossible(where("name"), "a name that no other layer or input has", inQuotes(layer.name));
    }
    const std::vector<std::string> from = readBy(layer);
    flows_[layer.name] = std::visit(
        [&](const auto& options) {
          requireOptions(where(), options);
          constexpr Reads reads = std::decay_t<decltype(options)>::reads;
          if constexpr (reads == Reads::pair || reads == Reads::several) {
            return options.make(*this, allOf(reads, from));
          } else {
            return options.make(*this, theOneOf(reads, from));
          }
        },
        layer.options);
  }

  // The plan of the layer that was added last.
  void addPlan(std::size_t parametersBefore, std::size_t statesBefore) {
    const Flow& output = flows_.at(name());
    LayerPlan plan;
    plan.name = name();
    plan.from = readBy(layer());
    for (const std::string& read : plan.from) plan.inputs.push_back(flows_.at(read).features);
    plan.features = output.features;
    plan.once = output.oneStep;
    plan.ofSource = output.side == Side::source;
    plan.parameters = {parametersBefore, parameters_.all().size() - parametersBefore};
    plan.states = {statesBefore, graph_.states.size() - statesBefore};
    graph_.layers.push_back(std::move(plan));
  }

  // The input of a layer that reads one value.
  Flow theOneOf(Reads reads, const std::vector<std::string>& from) {
    if (from.size() != 1) throw impossible(where("from"), "one name", std::to_string(from.size()) + " names");
    const Flow& input = required(from.front());
    if ((input.form == Form::ids) != (reads == Reads::ids)) {
      throw otherForm(reads == Reads::ids ? "a layer that takes vectors" : "an embedding or one-hot layer",
                      from.front(), reads == Reads::ids ? "them" : "ids");
    }
    return reads == Reads::vectors ? vectorsOf(from.front()) : input;
  }

  // The inputs of a layer that reads several values.
  std::vector<Flow> allOf(Reads reads, const std::vector<std::string>& from) {
    if (reads == Reads::pair ? from.size() != 2 : from.size() < 2) {
      throw impossible(where("from"), reads == Reads::pair ? "two names: queries and memory" : "two names or more",
                       std::to_string(from.size()));
    }
    std::vector<Flow> inputs;
    inputs.reserve(from.size());
    for (const std::string& name : from) {
      inputs.push_back(vectorsOf(name));
      const Flow& first = inputs.front();
      if (reads == Reads::several && (inputs.back().side != first.side || inputs.back().oneStep != first.oneStep)) {
        throw impossible(where("from"), "layers with the same steps", inQuotes(name));
      }
    }
    return inputs;
  }

  [[nodiscard]] const Flow& required(const std::string& name) const {
    if (const Flow* const flow = flowOf(name)) return *flow;
    std::vector<std::string> there = {"input"};
    if (description_.source != InputKind::none) there.emplace_back("source");
    for (const std::string& before : namesBefore()) there.push_back(before);
    throw unknownName(where("from"), "the name of an input or of a layer before it", name, remarkOn(name), there);
  }

  // The same as vectors: embedded ids are looked up.
  Flow vectorsOf(const std::string& name) {
    Flow flow = required(name);
    if (flow.form == Form::vectors) return flow;
    if (flow.form != Form::table) {
      throw otherForm(flow.form == Form::ids ? "an embedding or one-hot layer" : "a recurrent layer", name, "ids");
    }
    return flows_[name] = addNamed(name, std::make_unique<Gather<T>>(flow.features), flow, flow.vectors(flow.features));
  }

  [[nodiscard]] Error otherForm(const std::string& expected, const std::string& read, const std::string& given) const {
    return impossible(where(), expected + ", because " + inQuotes(read) + " gives " + given,
                      unrolled::described(layer()));
  }

  [[nodiscard]] static Error unread(const std::string& name) {
    return Error::of("ERR_UNROLLED_OPTION_RANGE", "layers",
                     "must all be read by a later layer, except the last: no layer reads " + inQuotes(name))
        .about("layers", "layers that are each read by a later layer, except the last",
               inQuotes(name) + ", which no layer reads");
  }

  Flow addNamed(const std::string& name, std::unique_ptr<Layer<T>> layer, const Flow& input, Flow output) {
    Node<T> node;
    node.name = name;
    node.layer = std::move(layer);
    node.inputs = {input.node};
    return addNode(std::move(node), output);
  }

  Flow addNode(Node<T> node, Flow output) {
    output.node = static_cast<Index>(graph_.nodes.size());
    output.name = node.name;
    node.side = output.side;
    node.oneStep = output.oneStep;
    node.features = output.features;
    node.stateOffset = stateFeatures_;
    if (node.layer) {
      for (const StateInfo& state : node.layer->states()) {
        graph_.states.push_back(state);
        graph_.states.back().ofSource = output.side == Side::source;
        node.stateWidths.push_back(state.features);
        stateFeatures_ += state.features;
      }
    }
    node.values.resize(node.inputs.size());
    node.inputGradients.resize(node.inputs.size());
    for (const Index input : node.inputs) node.wanted.push_back(reaches(input));
    graph_.nodes.push_back(std::move(node));
    return output;
  }

  // Whether a node uses its gradient.
  [[nodiscard]] bool reaches(Index node) const {
    if (node == Node<T>::modelInput) return description_.input == InputKind::features;
    if (node == Node<T>::modelSource) return description_.source == InputKind::features;
    return true;
  }

  void finish() {
    if (graph_.nodes.empty()) throw impossible("layers", "at least one layer", "none");
    const Flow& output = flows_[description_.layers.back().name];
    if (output.form != Form::vectors) {
      throw impossible("layers",
                       "layers that end in vectors: the last must be a recurrent, pooling or dense layer, for example",
                       std::to_string(description_.layers.size()) + " layers over ids");
    }
    if (output.side != Side::input) {
      throw impossible("layers", "layers whose last one follows from the input, not from the source",
                       "one that follows from the source");
    }
    graph_.outputFeatures = output.features;
    if (Layer<T>* const last = graph_.nodes.back().layer.get()) graph_.crossEntropy = crossEntropyOver(*last);
    std::vector<bool> read(graph_.nodes.size());
    std::vector<bool> started(graph_.nodes.size());
    for (const Node<T>& node : graph_.nodes) {
      for (const Index input : node.inputs) {
        if (input >= 0) read[static_cast<std::size_t>(input)] = true;
      }
      if (node.initialState >= 0)
        (node.fromStates ? started : read)[static_cast<std::size_t>(node.initialState)] = true;
    }
    read.back() = true;
    for (std::size_t i = 0; i < read.size(); ++i) {
      if (read[i]) continue;
      if (!started[i]) {
        throw unread(graph_.nodes[i].name);
      }
      graph_.nodes[i].onlyStatesRead = true;
    }
  }

  const ModelDescription& description_;
  ParameterList& parameters_;
  Graph<T> graph_;
  std::map<std::string, Flow> flows_;  // by name, outputs of the layers before the current one
  std::map<std::string, Index> readers_;
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
  return GraphBuilder<T>(description, parameters).build();
}

template struct Graph<float>;
template struct Graph<double>;
template Graph<float> buildGraph<float>(const ModelDescription&, ParameterList&);
template Graph<double> buildGraph<double>(const ModelDescription&, ParameterList&);

}  // namespace unrolled
