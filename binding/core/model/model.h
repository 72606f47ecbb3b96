// A chain of layers with its parameters, and the passes over it.
#pragma once

#include <memory>
#include <vector>

#include "layers/dense.h"
#include "layers/layer.h"
#include "losses/loss.h"
#include "losses/softmax_cross_entropy.h"
#include "model/description.h"
#include "model/parameters.h"
#include "parallel/thread_pool.h"
#include "tensor.h"
#include "workspace.h"

namespace unrolled {

// How parameters are drawn: PyTorch's way, or weights of one law and biases zero.
struct Initializer {
  enum class Kind { byDefault, normal, uniform } kind = Kind::byDefault;
  double scale = 1;
};

// The second input of an encoder–decoder: ids or vectors of the same B rows, with steps of its own.
template <class T>
struct SourceBatch {
  Index time = 0;  // 0: the batch has none
  const TokenId* ids = nullptr;
  const T* features = nullptr;
  const Index* starts = nullptr;
  // [B]: which row of the source belongs to each row of the input, both in the order of their lengths;
  // null where they are in the same order.
  const Index* rows = nullptr;
};

// One batch: ids [T, B] or vectors [T, B, inputSize], as the model's input is.
template <class T>
struct Batch {
  Index time = 0;
  Index batch = 0;
  const TokenId* ids = nullptr;
  const T* features = nullptr;
  // Of rows that differ in length (SequenceLayout's); then ids and features hold no padding.
  const Index* starts = nullptr;
  SourceBatch<T> source = {};

  [[nodiscard]] SequenceLayout layout() const { return {time, batch, starts}; }
  [[nodiscard]] PassSize size(bool backward) const {
    return {layout().positions(), batch, backward, starts != nullptr};
  }
};

template <class T>
class Model {
 public:
  // Throws ERR_UNROLLED_OPTION_RANGE for a description that makes no chain.
  explicit Model(ModelDescription description);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  Model(Model&&) = delete;
  Model& operator=(Model&&) = delete;

  [[nodiscard]] const ModelDescription& description() const { return description_; }
  [[nodiscard]] const std::vector<Parameter>& parameters() const { return list_.all(); }
  // Whether training may change a parameter, by its number in `parameters`.
  void freeze(std::size_t parameter, bool frozen) { list_.setTrainable(parameter, !frozen); }
  [[nodiscard]] ParameterBuffers<T>& buffers() { return *buffers_; }
  [[nodiscard]] const std::vector<StateInfo>& states() const { return states_; }
  // Elements of a flat state of that many rows: every state [B, features], one after another.
  [[nodiscard]] Index stateSize(Index batch) const;
  // Features of the last layer's output.
  [[nodiscard]] Index outputFeatures() const { return outputFeatures_; }
  // Whether the output has one step however long the input.
  [[nodiscard]] bool manyToOne() const { return manyToOne_; }
  // Whether it ends in a dense layer, over which softmax cross-entropy can be taken.
  [[nodiscard]] bool hasHead() const { return head_ != nullptr; }

  void initialize(const Initializer& initializer, std::uint64_t seed);
  // Flat copies of the parameters, or of their gradients, [P], in PyTorch's shapes.
  void read(T* values) const;
  void write(const T* values);
  void readGradients(T* gradients);

  // Lays out the workspace for batches of up to `positions` = T·B and `batch` rows; nothing is
  // allocated in passes that fit. Throws ERR_UNROLLED_OUT_OF_MEMORY.
  void reserve(PassSize size);
  [[nodiscard]] std::size_t workspaceBytes() const { return workspace_.bytes(); }

  // All layers. `states` (flat, for the batch's rows) come in as the initial ones and leave as the
  // final ones. The result lives until the next pass.
  Sequence<T> forward(const Batch<T>& batch, T* states, const Parallel& parallel);

  // Of the batch `forward` saw last, with a workspace reserved for a backward pass: from the gradient of its output
  // (overwritten) and of its final states (which become those of the initial states) to all gradients. Returns that of
  // the input vectors [T, B, inputSize], or null for ids.
  T* backward(T* outputGradient, T* stateGradients, const Parallel& parallel);

  // Σ of the loss over the targets; no units are dropped.
  LossResult loss(const Batch<T>& batch, const Targets<T>& targets, T* states, const Parallel& parallel);

  // The same, with all gradients of scale·Σ. `stateGradients` come in as those of the final states.
  LossResult lossAndGradients(const Batch<T>& batch, const Targets<T>& targets, T scale, T* states, T* stateGradients,
                              const Parallel& parallel, const Dropping& dropping = {}, T** inputGradient = nullptr);

  // Refuses ids outside of the vocabulary or the classes.
  void checkIds(const TokenId* ids, Index count) const;
  void checkTargets(const TokenId* targets, Index count) const;

 private:
  void build();
  // Returns the features of the stack's output.
  Index addRecurrent(const LayerDescription& layer, Index features, bool oneHot, Index tableRows);
  Sequence<T> forwardThrough(std::size_t layers, const Batch<T>& batch, T* states, const Pass<T>& pass);
  T* backwardThrough(std::size_t layers, T* outputGradient, T* stateGradients, const Pass<T>& pass);

  ModelDescription description_;
  ParameterList list_;
  std::vector<std::unique_ptr<Layer<T>>> layers_;
  std::vector<Index> stateOffsets_;  // of each layer: features of the states before its own
  std::vector<StateInfo> states_;
  std::unique_ptr<ParameterBuffers<T>> buffers_;
  Dense<T>* head_ = nullptr;
  std::unique_ptr<SoftmaxCrossEntropy<T>> crossEntropy_;
  Index outputFeatures_ = 0;
  bool manyToOne_ = false;

  Workspace workspace_;
  PassSize reserved_;
  Index batch_ = 0;  // rows of the last forward pass
};

}  // namespace unrolled
