#include "model/model.h"

#include <algorithm>
#include <string>
#include <utility>

#include "layers/bidirectional.h"
#include "layers/embedding.h"
#include "layers/gru.h"
#include "layers/lstm.h"
#include "layers/pooling.h"
#include "layers/rnn.h"
#include "random.h"

namespace unrolled {
namespace {

Error impossible(const std::string& option, const std::string& expected, const std::string& received) {
  return Error("ERR_UNROLLED_OPTION_RANGE", option + " must be " + expected + ", not " + received + ".")
      .about(option, expected, received);
}

// Small enough that no product of sizes leaves 64 bits.
constexpr Index largestVocabulary = (Index{1} << 31U) - 1;
constexpr Index largestWidth = Index{1} << 24U;

void requireSizeUpTo(Index most, const std::string& option, Index value) {
  if (value < 1 || value > most) {
    throw impossible(option, "a whole number from 1 to " + std::to_string(most), std::to_string(value));
  }
}

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

template <class T>
std::unique_ptr<RecurrentLayer<T>> makeRecurrent(ParameterList& list, const LayerDescription& layer,
                                                 const RecurrentOptions& options) {
  switch (layer.kind) {
    case LayerKind::gru:
      return std::make_unique<Gru<T>>(list, options);
    case LayerKind::lstm:
      return std::make_unique<Lstm<T>>(list, options);
    default:
      return std::make_unique<Rnn<T>>(list, options, layer.activation, layer.untransposedGradient);
  }
}

}  // namespace

template <class T>
Model<T>::Model(ModelDescription description) : description_(std::move(description)) {
  build();
  try {
    buffers_ = std::make_unique<ParameterBuffers<T>>(list_);
  } catch (const std::exception&) {
    throw Error("ERR_UNROLLED_OUT_OF_MEMORY",
                "The machine has no memory for " + std::to_string(list_.size()) + " parameters and their gradients.");
  }
}

template <class T>
Model<T>::~Model() = default;

template <class T>
void Model<T>::build() {
  const bool overIds = description_.input == InputKind::ids;
  requireSizeUpTo(overIds ? largestVocabulary : largestWidth, overIds ? "input.vocabulary" : "input.features",
                  description_.inputSize);
  Index features = description_.inputSize;
  bool ids = overIds;  // the chain still carries bare ids
  bool oneHot = false;
  Index tableRows = 0;
  const auto becomeVectors = [&](Index size) {
    features = size;
    oneHot = false;
    tableRows = 0;
  };

  for (std::size_t index = 0; index < description_.layers.size(); ++index) {
    const LayerDescription& layer = description_.layers[index];
    const std::string option = "layers[" + std::to_string(index) + "]";
    const bool takesIds = layer.kind == LayerKind::embedding || layer.kind == LayerKind::oneHot;
    if (ids != takesIds) {
      throw impossible(option, ids ? "an embedding or one-hot layer, which take ids" : "a layer that takes vectors",
                       layer.name);
    }
    if (head_ != nullptr) throw impossible(option, "absent: the dense layer is the last", layer.name);
    ids = false;
    if (layer.kind != LayerKind::oneHot && layer.kind != LayerKind::pooling) {
      requireSizeUpTo(layer.kind == LayerKind::dense ? largestVocabulary : largestWidth, option + ".features",
                      layer.features);
    }
    switch (layer.kind) {
      case LayerKind::embedding:
        layers_.push_back(std::make_unique<Embedding<T>>(list_, layer.name, features, layer.features));
        tableRows = features;
        features = layer.features;
        break;
      case LayerKind::oneHot:
        layers_.push_back(std::make_unique<OneHot<T>>());
        oneHot = true;
        break;
      case LayerKind::rnn:
      case LayerKind::gru:
      case LayerKind::lstm:
        becomeVectors(addRecurrent(layer, features, oneHot, tableRows));
        break;
      case LayerKind::pooling:
        if (oneHot) throw impossible(option, "behind vectors or embedded ids", "behind one-hot ids");
        layers_.push_back(std::make_unique<Pooling<T>>(layer.pooling, features, features));
        manyToOne_ = true;
        becomeVectors(features);
        break;
      case LayerKind::dense: {
        if (oneHot || tableRows > 0) throw impossible(option, "behind a recurrent layer or features", "behind ids");
        auto dense = std::make_unique<Dense<T>>(list_, layer.name, features, layer.features);
        head_ = dense.get();
        crossEntropy_ =
            std::make_unique<SoftmaxCrossEntropy<T>>(dense->weight(), dense->bias(), features, layer.features);
        layers_.push_back(std::move(dense));
        becomeVectors(layer.features);
        break;
      }
      default:
        throw impossible(option, "a kind of layer that chains have", layer.name);
    }
  }
  if (layers_.empty() || oneHot || tableRows > 0) {
    throw impossible("layers", "a chain that ends in a recurrent, pooling or dense layer over vectors",
                     std::to_string(layers_.size()) + " layers over ids");
  }
  outputFeatures_ = features;

  Index offset = 0;
  for (const auto& layer : layers_) {
    stateOffsets_.push_back(offset);
    for (const StateInfo& state : layer->states()) {
      states_.push_back(state);
      offset += state.features;
    }
  }
}

template <class T>
Index Model<T>::addRecurrent(const LayerDescription& layer, Index features, bool oneHot, Index tableRows) {
  if (layer.layers < 1 || layer.layers > 1024) {
    throw impossible(layer.name + ".layers", "a whole number from 1 to 1024", std::to_string(layer.layers));
  }
  for (Index level = 0; level < layer.layers; ++level) {
    RecurrentOptions options;
    options.name = layer.name;
    options.suffix = "_l" + std::to_string(level);
    options.features = features;
    options.hidden = layer.features;
    options.oneHot = level == 0 && oneHot;
    options.singleBias = layer.singleBias;
    if (layer.bidirectional) {
      auto forward = makeRecurrent<T>(list_, layer, options);
      options.suffix += "_reverse";
      auto both = std::make_unique<Bidirectional<T>>(std::move(forward), makeRecurrent<T>(list_, layer, options),
                                                     layer.merge, options.features, options.hidden, options.oneHot,
                                                     level == 0 && tableRows > 0);
      features = both->outputs();
      layers_.push_back(std::move(both));
    } else {
      options.tableRows = level == 0 ? tableRows : 0;
      layers_.push_back(makeRecurrent<T>(list_, layer, options));
      features = layer.features;
    }
  }
  return features;
}

template <class T>
Index Model<T>::stateSize(Index batch) const {
  Index features = 0;
  for (const StateInfo& state : states_) features += state.features;
  return batch * features;
}

template <class T>
void Model<T>::initialize(const Initializer& initializer, std::uint64_t seed) {
  T* values = buffers_->change();
  std::vector<T> drawn;
  for (std::size_t index = 0; index < list_.all().size(); ++index) {
    const Parameter& parameter = list_.all()[index];
    bool normal = initializer.kind == Initializer::Kind::normal;
    double scale = parameter.isBias ? 0 : initializer.scale;
    if (initializer.kind == Initializer::Kind::byDefault) {
      normal = parameter.initialization.kind == DefaultInitialization::Kind::normal;
      scale = parameter.initialization.scale;
    }
    // Drawn in PyTorch's shape, so that how a parameter is held does not show.
    Random random(seed, RandomUse::initialization, index);
    drawn.resize(static_cast<std::size_t>(parameter.count()));
    for (T& value : drawn) {
      value = static_cast<T>(scale == 0 ? 0 : scale * (normal ? random.normal() : 2 * random.uniform() - 1));
    }
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
void Model<T>::readGradients(T* gradients) {
  convert<T>(list_.all(), buffers_->gradients(), gradients, true);
}

template <class T>
void Model<T>::reserve(PassSize size) {
  if (size.positions <= reserved_.positions && size.batch <= reserved_.batch &&
      (!size.backward || reserved_.backward) && (!size.ragged || reserved_.ragged)) {
    return;
  }
  size = {std::max(size.positions, reserved_.positions), std::max(size.batch, reserved_.batch),
          size.backward || reserved_.backward, size.ragged || reserved_.ragged};
  reserved_ = {};
  workspace_.bind([&](Arena& arena) {
    PassSize inner = size;
    for (const auto& layer : layers_) {
      if (crossEntropy_ && layer.get() == head_) crossEntropy_->layOut(arena, inner);
      inner = layer->layOut(arena, inner);
    }
  });
  reserved_ = size;
}

template <class T>
Sequence<T> Model<T>::forwardThrough(std::size_t layers, const Batch<T>& batch, T* states, const Pass<T>& pass) {
  Sequence<T> sequence;
  sequence.layout = batch.layout();
  sequence.features = description_.inputSize;
  sequence.ids = batch.ids;
  sequence.data = batch.features;
  for (std::size_t index = 0; index < layers; ++index) {
    sequence = layers_[index]->forward(sequence, states + stateOffsets_[index] * batch.batch, pass);
  }
  return sequence;
}

template <class T>
T* Model<T>::backwardThrough(std::size_t layers, T* outputGradient, T* stateGradients, const Pass<T>& pass) {
  const Index rows = batch_;
  T* gradient = outputGradient;
  for (std::size_t index = layers; index-- > 0 && gradient != nullptr;) {
    const bool wanted = index > 0 || description_.input == InputKind::features;
    gradient = layers_[index]->backward(gradient, stateGradients + stateOffsets_[index] * rows, wanted, pass);
  }
  return gradient;
}

template <class T>
Sequence<T> Model<T>::forward(const Batch<T>& batch, T* states, const Parallel& parallel) {
  reserve(batch.size(false));
  batch_ = batch.batch;
  return forwardThrough(layers_.size(), batch, states, {*buffers_, parallel, {}});
}

template <class T>
T* Model<T>::backward(T* outputGradient, T* stateGradients, const Parallel& parallel) {
  return backwardThrough(layers_.size(), outputGradient, stateGradients, {*buffers_, parallel, {}});
}

template <class T>
LossResult Model<T>::loss(const Batch<T>& batch, const Targets<T>& targets, T* states, const Parallel& parallel) {
  if (targets.ids == nullptr) throw impossible("targets", "classes", "values");
  reserve(batch.size(false));
  const Pass<T> pass{*buffers_, parallel, {}};
  const Sequence<T> output = forwardThrough(layers_.size() - 1, batch, states, pass);
  return crossEntropy_->loss(output.data, output.positions(), targets.ids, pass);
}

template <class T>
LossResult Model<T>::lossAndGradients(const Batch<T>& batch, const Targets<T>& targets, T scale, T* states,
                                      T* stateGradients, const Parallel& parallel, const Dropping& dropping,
                                      T** inputGradient) {
  if (targets.ids == nullptr) throw impossible("targets", "classes", "values");
  reserve(batch.size(true));
  batch_ = batch.batch;
  const Pass<T> pass{*buffers_, parallel, dropping};
  const Sequence<T> output = forwardThrough(layers_.size() - 1, batch, states, pass);
  T* gradient = nullptr;
  const LossResult result =
      crossEntropy_->lossAndGradients(output.data, output.positions(), targets.ids, scale, pass, &gradient);
  gradient = backwardThrough(layers_.size() - 1, gradient, stateGradients, pass);
  if (inputGradient != nullptr) *inputGradient = gradient;
  return result;
}

template <class T>
void Model<T>::checkIds(const TokenId* ids, Index count) const {
  requireFew(ids, count, description_.inputSize, "ids");
}

template <class T>
void Model<T>::checkTargets(const TokenId* targets, Index count) const {
  requireFew(targets, count, outputFeatures_, "targets");
}

template class Model<float>;
template class Model<double>;

}  // namespace unrolled
