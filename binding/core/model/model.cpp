#include "model/model.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/random.h"
#include "kernels/gather.h"
#include "model/graph_errors.h"

namespace unrolled {
namespace {

void requireFew(const TokenId* ids, Index count, Index limit, const char* option) {
  for (Index i = 0; i < count; ++i) {
    if (ids[i] < 0 || ids[i] >= limit) {
      throw impossible(option, "ids from 0 to " + std::to_string(limit - 1), std::to_string(ids[i]));
    }
  }
}

// Copies a matrix [rows, columns] as its transpose.
template <class T>
void transpose(Index rows, Index columns, const T* from, T* to) {
  for (Index row = 0; row < rows; ++row) {
    for (Index column = 0; column < columns; ++column) to[column * rows + row] = from[row * columns + column];
  }
}

// One flat buffer in the layout of memory to one in PyTorch's shapes, or back.
template <class T>
void convert(const std::vector<Parameter>& parameters, const T* from, T* to, bool reading) {
  for (const Parameter& parameter : parameters) {
    const T* source = from + parameter.offset;
    T* target = to + parameter.offset;
    if (!parameter.transposed) {
      std::copy_n(source, parameter.count(), target);
    } else {
      const Index rows = parameter.shape[0];
      const Index columns = parameter.shape[1];
      transpose(reading ? columns : rows, reading ? rows : columns, source, target);
    }
  }
}

}  // namespace

template <class T>
Model<T>::Model(ModelDescription description) : description_(std::move(description)) {
  graph_ = buildGraph<T>(description_, list_);
  valueLosses_ = std::make_unique<ValueLosses<T>>(graph_.outputFeatures);
  try {
    buffers_ = std::make_unique<ParameterBuffers<T>>(list_);
  } catch (const std::exception&) {
    throw Error("ERR_UNROLLED_OUT_OF_MEMORY",
                "The machine has no memory for " + std::to_string(list_.size()) + " parameters and their gradients",
                "Make the model smaller, or raise the process's limit (ulimit -v, ulimit -d).");
  }
}

template <class T>
Model<T>::~Model() = default;

template <class T>
Index Model<T>::stateSize(Index batch) const {
  Index features = 0;
  for (const StateInfo& state : graph_.states) features += state.features;
  return batch * features;
}

template <class T>
void Model<T>::initialize(const Initializer& initializer, std::uint64_t seed) {
  initializeEach(std::vector<Initializer>(list_.all().size(), initializer), seed);
}

template <class T>
void Model<T>::initializeEach(const std::vector<Initializer>& initializers, std::uint64_t seed) {
  T* values = buffers_->change();
  std::vector<T> drawn;
  for (std::size_t index = 0; index < list_.all().size(); ++index) {
    const Parameter& parameter = list_.all()[index];
    // Drawn in PyTorch's shape, so that how a parameter is held does not show.
    Random random(seed, RandomUse::initialization, index);
    fill(parameter, initializers[index], random, drawn);
    T* target = values + parameter.offset;
    if (parameter.transposed) {
      transpose(parameter.shape[0], parameter.shape[1], drawn.data(), target);
    } else {
      std::copy(drawn.begin(), drawn.end(), target);
    }
  }
}

template <class T>
void Model<T>::read(T* values) const {
  convert(list_.all(), buffers_->values(), values, true);
}

template <class T>
void Model<T>::write(const T* values) {
  convert(list_.all(), values, buffers_->change(), false);
}

template <class T>
void Model<T>::write(const std::string& name, const std::vector<T>& values) {
  const auto& all = list_.all();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Parameter& each) { return each.name == name; });
  if (found == all.end()) throw impossible("parameters", "names of parameters", "'" + name + "'");
  requireSize(name.c_str(), found->count(), static_cast<Index>(values.size()));
  Parameter alone = *found;
  T* const target = buffers_->change() + alone.offset;
  alone.offset = 0;
  convert({alone}, values.data(), target, false);
}

template <class T>
void Model<T>::readGradients(T* gradients) {
  convert<T>(list_.all(), buffers_->gradients(), gradients, true);
}

template <class T>
void Model<T>::layOut(Arena& arena, const BatchSize& size) {
  for (Node<T>& node : graph_.nodes) {
    std::vector<PassSize> sizes;
    for (const Index input : node.inputs) {
      sizes.push_back(input == Node<T>::modelInput    ? size.input
                      : input == Node<T>::modelSource ? size.source
                                                      : graph_.nodes[static_cast<std::size_t>(input)].size);
    }
    if (&node == &graph_.nodes.back()) {
      if (size.crossEntropy) graph_.crossEntropy->layOut(arena, sizes.front());
      if (!size.output) break;
    }
    node.size = node.layer ? node.layer->layOut(arena, sizes.front()) : node.joining->layOut(arena, sizes);
    if (!node.size.backward) continue;
    if (node.onlyStatesRead) node.zeros = arena.take<T>(node.size.positions * node.features);
    if (node.initialState >= 0 && !node.fromStates)
      node.initialGradient = arena.take<T>(node.size.batch * node.features);
  }
  valueLosses_->layOut(arena, size.valueLosses, graph_.nodes.back().size);
}

template <class T>
BatchSize Model<T>::withLoss(BatchSize size, LossKind loss) const {
  if (isOfClasses(loss) && !hasHead()) {
    throw Error("ERR_UNROLLED_SHAPE",
                "Cross-entropy needs a model that ends in a dense layer without a function or in an adaptive softmax");
  }
  size.crossEntropy = isOfClasses(loss);
  size.output = !size.crossEntropy;
  size.valueLosses = size.output ? LossSet(loss) : LossSet();
  return size;
}

template <class T>
void Model<T>::reserve(const BatchSize& size) {
  const auto fits = [](const PassSize& asked, const PassSize& there) {
    return asked.positions <= there.positions && asked.batch <= there.batch && asked.time <= there.time &&
           (!asked.backward || there.backward) && (!asked.ragged || there.ragged);
  };
  if (fits(size.input, reserved_.input) && fits(size.source, reserved_.source) &&
      size.crossEntropy <= reserved_.crossEntropy && size.output <= reserved_.output &&
      size.valueLosses.isWithin(reserved_.valueLosses)) {
    return;
  }
  const auto larger = [](const PassSize& a, const PassSize& b) -> PassSize {
    return {std::max(a.positions, b.positions), std::max(a.batch, b.batch), a.backward || b.backward,
            a.ragged || b.ragged, std::max(a.time, b.time)};
  };
  const BatchSize grown{larger(size.input, reserved_.input), larger(size.source, reserved_.source),
                        size.crossEntropy || reserved_.crossEntropy, size.output || reserved_.output,
                        size.valueLosses | reserved_.valueLosses};
  reserved_ = {};
  sourceStays_ = false;
  workspace_.bind([&](Arena& arena) { layOut(arena, grown); });
  reserved_ = grown;
}

template <class T>
std::size_t Model<T>::workspaceBytes(const BatchSize& size, LossKind loss) {
  const BatchSize asked = withLoss(size, loss);
  Arena counting(nullptr);
  layOut(counting, asked);
  const BatchSize kept = reserved_;
  reserved_ = {};
  reserve(kept);  // the layers' arrays, where they were
  return counting.used() + counting.kept();
}

template <class T>
void Model<T>::freeze(const std::vector<std::string>& names) {
  const auto& all = list_.all();
  for (const std::string& name : names) {
    if (std::none_of(all.begin(), all.end(), [&](const Parameter& each) { return each.name == name; })) {
      throw impossible("frozen", "names of parameters", "'" + name + "'");
    }
  }
  for (std::size_t index = 0; index < all.size(); ++index) {
    list_.setTrainable(index, std::find(names.begin(), names.end(), all[index].name) == names.end());
  }
}

template <class T>
void Model<T>::checkSource(const Batch<T>& batch) const {
  if (!hasSource() || batch.source.time > 0 || sourceStays_) return;
  throw Error("ERR_UNROLLED_SHAPE", "The batch has no source, and the model needs one")
      .about("source", "a sequence for each row", "none");
}

template <class T>
T* Model<T>::stateOf(const Node<T>& node, T* states) const {
  return states + node.stateOffset * input_.layout.batch;
}

template <class T>
Side Model<T>::sideOf(Index node) const {
  if (node < 0) return node == Node<T>::modelSource ? Side::source : Side::input;
  return graph_.nodes[static_cast<std::size_t>(node)].side;
}

template <class T>
Sequence<T> Model<T>::inputOf(const Node<T>& node, std::size_t which) const {
  const Index input = node.inputs[which];
  if (input == Node<T>::modelInput) return input_;
  if (input == Node<T>::modelSource) return source_;
  return graph_.nodes[static_cast<std::size_t>(input)].output;
}

// The initial states of a layer that starts from another's: its final states, or its output of one step.
template <class T>
void Model<T>::startState(const Node<T>& node, T* states) const {
  const Node<T>& from = graph_.nodes[static_cast<std::size_t>(node.initialState)];
  const Index rows = input_.layout.batch;
  const Index* rowsOfSource = from.side == node.side ? nullptr : sourceRows_;
  T* to = stateOf(node, states);
  const T* given = node.fromStates ? stateOf(from, states) : from.output.data;
  for (const Index width : node.stateWidths) {
    if (given == nullptr) {
      std::fill_n(to, rows * width, T(0));  // c of an LSTM that starts from a vector
    } else {
      for (Index row = 0; row < rows; ++row) {
        std::copy_n(given + (rowsOfSource == nullptr ? row : rowsOfSource[row]) * width, width, to + row * width);
      }
      given = node.fromStates ? given + rows * width : nullptr;
    }
    to += rows * width;
  }
}

// From the gradient of the initial states, which are nobody's to give, to that of where they came from.
template <class T>
void Model<T>::startStateBackward(const Node<T>& node, T* stateGradients) const {
  const Node<T>& from = graph_.nodes[static_cast<std::size_t>(node.initialState)];
  const Index rows = input_.layout.batch;
  const Index* rowsOfSource = from.side == node.side ? nullptr : sourceRows_;
  T* gradient = stateOf(node, stateGradients);
  T* to = node.fromStates ? stateOf(from, stateGradients) : node.initialGradient;
  if (!node.fromStates) std::fill_n(to, rows * node.features, T(0));
  for (const Index width : node.stateWidths) {
    if (to != nullptr) {
      for (Index row = 0; row < rows; ++row) {
        const Index other = rowsOfSource == nullptr ? row : rowsOfSource[row];
        kernels<T>().add(width, gradient + row * width, to + other * width);
      }
      to = node.fromStates ? to + rows * width : nullptr;
    }
    std::fill_n(gradient, rows * width, T(0));
    gradient += rows * width;
  }
}

template <class T>
void Model<T>::forwardThrough(std::size_t count, const Batch<T>& batch, T* states, const Pass<T>& pass) {
  checkSource(batch);
  input_ = {};
  input_.layout = batch.layout();
  input_.features = description_.inputSize;
  input_.ids = batch.ids;
  input_.data = batch.features;
  dropping_ = pass.dropping;
  newSource_ = batch.source.time > 0;
  sourceRows_ = batch.source.rows;
  if (newSource_) {
    source_ = {};
    source_.layout = batch.sourceLayout();
    source_.features = description_.sourceSize;
    source_.ids = batch.source.ids;
    source_.data = batch.source.features;
  }
  Pass<T> ofInput = pass;
  Pass<T> ofSource = pass;
  ofInput.dropping.whole = batch.whole;
  ofSource.dropping.whole = batch.source.whole;
  for (std::size_t index = 0; index < count; ++index) {
    Node<T>& node = graph_.nodes[index];
    if (node.side == Side::source && !newSource_) continue;
    if (node.initialState >= 0 && (newSource_ || !hasSource())) startState(node, states);
    if (node.layer) {
      const Pass<T>& ofSide = node.side == Side::source ? ofSource : ofInput;
      node.output = node.layer->forward(inputOf(node, 0), stateOf(node, states), ofSide);
      continue;
    }
    node.joining->setRows(sideOf(node.inputs[1]) == node.side ? nullptr : sourceRows_);
    std::vector<Sequence<T>>& inputs = node.values;
    for (std::size_t which = 0; which < inputs.size(); ++which) inputs[which] = inputOf(node, which);
    node.output = node.joining->forward(inputs, pass);
  }
  sourceStays_ = hasSource();
}

template <class T>
void Model<T>::addGradient(Index node, T* gradient, InputGradients<T>& inputs, const Pass<T>& pass) {
  if (gradient == nullptr) return;
  T*& sum = node == Node<T>::modelInput    ? inputs.input
            : node == Node<T>::modelSource ? inputs.source
                                           : graph_.nodes[static_cast<std::size_t>(node)].gradient;
  if (sum == nullptr) {
    sum = gradient;
    return;
  }
  const Sequence<T>& value = node == Node<T>::modelInput    ? input_
                             : node == Node<T>::modelSource ? source_
                                                            : graph_.nodes[static_cast<std::size_t>(node)].output;
  pass.parallel.forRange(value.positions() * value.features, gatherGrain, [&](Index begin, Index end) noexcept {
    kernels<T>().add(end - begin, gradient + begin, sum + begin);
  });
}

template <class T>
void Model<T>::backwardThrough(std::size_t count, T* stateGradients, InputGradients<T>& inputs, const Pass<T>& pass) {
  for (std::size_t index = count; index-- > 0;) {
    Node<T>& node = graph_.nodes[index];
    if (node.onlyStatesRead) {
      node.gradient = node.zeros;
      std::fill_n(node.zeros, node.output.positions() * node.features, T(0));
    }
    if (node.layer) {
      T* gradient = node.layer->backward(node.gradient, stateOf(node, stateGradients), node.wanted.front(), pass);
      addGradient(node.inputs.front(), gradient, inputs, pass);
      if (node.initialState < 0) continue;
      startStateBackward(node, stateGradients);
      if (!node.fromStates) addGradient(node.initialState, node.initialGradient, inputs, pass);
      continue;
    }
    node.joining->backward(node.gradient, node.wanted, node.inputGradients, pass);
    for (std::size_t which = 0; which < node.inputs.size(); ++which) {
      addGradient(node.inputs[which], node.inputGradients[which], inputs, pass);
    }
  }
}

template <class T>
Parallel Model<T>::threadsFor(const Batch<T>& batch, const Parallel& parallel) const {
  return parallel.forWork(multiplyAdds(batch.size(false)));
}

template <class T>
double Model<T>::multiplyAdds(const BatchSize& size) const {
  // Each position meets each parameter about once; of tables a row, so that those are counted too high.
  const auto positions = static_cast<double>(size.input.positions + size.source.positions);
  const auto time = static_cast<double>(std::max(size.input.time, size.source.time));
  double work = positions * static_cast<double>(std::max<Index>(1, buffers_->size()));
  // And each may meet all steps of a row.
  for (const Node<T>& node : graph_.nodes) {
    if (node.joining) work += positions * time * static_cast<double>(node.joining->stepWork());
  }
  return work;
}

template <class T>
Sequence<T> Model<T>::forward(const Batch<T>& batch, T* states, const Parallel& parallel, const Dropping& dropping,
                              bool rowsApart) {
  BatchSize size = batch.size(false);
  size.output = true;
  reserve(size);
  const Parallel chosen = threadsFor(batch, parallel);
  forwardThrough(graph_.nodes.size(), batch, states, {*buffers_, chosen, dropping, rowsApart && !blasAlone()});
  return graph_.nodes.back().output;
}

template <class T>
std::optional<NamedOutput<T>> Model<T>::outputOf(const std::string& name) const {
  const Index number = graph_.find(name);
  if (number < 0) return std::nullopt;
  const Node<T>& node = graph_.nodes[static_cast<std::size_t>(number)];
  if (node.output.data == nullptr) return std::nullopt;
  return NamedOutput<T>{node.output, node.side == Side::source, node.oneStep};
}

template <class T>
InputGradients<T> Model<T>::backward(std::vector<T> outputGradient, T* stateGradients, const Parallel& parallel) {
  outputGradient_ = std::move(outputGradient);
  for (Node<T>& node : graph_.nodes) node.gradient = nullptr;
  graph_.nodes.back().gradient = outputGradient_.data();
  InputGradients<T> inputs;
  backwardThrough(graph_.nodes.size(), stateGradients, inputs, {*buffers_, parallel, dropping_});
  return inputs;
}

template <class T>
LossResult Model<T>::loss(const Batch<T>& batch, const Targets<T>& targets, T* states, const Parallel& parallel) {
  reserve(withLoss(batch.size(false), targets.kind));
  const Parallel chosen = threadsFor(batch, parallel);
  const Pass<T> pass{*buffers_, chosen, {}};
  const std::size_t count = graph_.nodes.size();
  if (isOfClasses(targets.kind)) {
    forwardThrough(count - 1, batch, states, pass);
    const Sequence<T> output = inputOf(graph_.nodes.back(), 0);
    return graph_.crossEntropy->loss(output.data, output.positions(), targets.ids, pass);
  }
  forwardThrough(count, batch, states, pass);
  const Sequence<T>& output = graph_.nodes.back().output;
  return valueLosses_->of(targets.kind).loss(output.data, output.positions(), targets.values, pass);
}

template <class T>
LossResult Model<T>::lossAndGradients(const Batch<T>& batch, const Targets<T>& targets, T scale, T* states,
                                      T* stateGradients, const Parallel& parallel, const Dropping& dropping,
                                      InputGradients<T>* inputGradients, Bf16Products* bf16) {
  reserve(withLoss(batch.size(true), targets.kind));
  const Parallel chosen = threadsFor(batch, parallel);
  const Pass<T> pass{*buffers_, chosen, dropping, false, bf16};
  const bool fused = isOfClasses(targets.kind);
  const std::size_t count = graph_.nodes.size() - (fused ? 1 : 0);
  forwardThrough(count, batch, states, pass);
  for (Node<T>& node : graph_.nodes) node.gradient = nullptr;
  LossResult result;
  InputGradients<T> inputs;
  if (fused) {
    const Node<T>& head = graph_.nodes.back();
    const Sequence<T> output = inputOf(head, 0);
    T* gradient = nullptr;
    result =
        graph_.crossEntropy->lossAndGradients(output.data, output.positions(), targets.ids, scale, pass, &gradient);
    addGradient(head.inputs.front(), gradient, inputs, pass);
  } else {
    Node<T>& last = graph_.nodes.back();
    result =
        valueLosses_->of(targets.kind)
            .lossAndGradients(last.output.data, last.output.positions(), targets.values, scale, pass, &last.gradient);
  }
  backwardThrough(count, stateGradients, inputs, pass);
  if (inputGradients != nullptr) *inputGradients = inputs;
  return result;
}

template <class T>
void Model<T>::checkIds(const TokenId* ids, Index count) const {
  requireFew(ids, count, description_.inputSize, "ids");
}

template <class T>
void Model<T>::checkSourceIds(const TokenId* ids, Index count) const {
  requireFew(ids, count, description_.sourceSize, "source.ids");
}

template <class T>
void Model<T>::checkTargets(const TokenId* targets, Index count) const {
  requireFew(targets, count, graph_.outputFeatures, "targets");
}

template class Model<float>;
template class Model<double>;

}  // namespace unrolled
