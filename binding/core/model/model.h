// A graph of layers with its parameters, and the passes over it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sequence.h"
#include "base/workspace.h"
#include "losses/loss.h"
#include "losses/value_losses.h"
#include "model/description.h"
#include "model/graph.h"
#include "model/initializers.h"
#include "parallel/thread_pool.h"
#include "parameters/parameters.h"

namespace unrolled {

// The largest batch of a workspace: of the input and of the source.
struct BatchSize {
  PassSize input = {};
  PassSize source = {};
  // What becomes of the last layer: cross-entropy taken with it in pieces, its output held whole, and that compared
  // with values by some losses.
  bool crossEntropy = false;
  bool output = false;
  LossSet valueLosses = {};
};

// The second input of an encoder–decoder: ids or vectors of the same B rows, with steps of its own.
template <class T>
struct SourceBatch {
  Index time = 0;  // 0: that of the pass before stays, with all that was computed from it; no states start from it anew
  const TokenId* ids = nullptr;
  const T* features = nullptr;
  const Index* starts = nullptr;
  // [B]: which row of the source belongs to each row of the input, both in the order of their lengths;
  // null where they are in the same order.
  const Index* rows = nullptr;
  // As of the input.
  const RowsOfWhole* whole = nullptr;
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
  // Of a part of a batch: where its rows stand in the whole.
  const RowsOfWhole* whole = nullptr;

  [[nodiscard]] SequenceLayout layout() const { return {time, batch, starts}; }
  [[nodiscard]] SequenceLayout sourceLayout() const { return {source.time, batch, source.starts}; }
  [[nodiscard]] BatchSize size(bool backward) const {
    return {{layout().positions(), batch, backward, starts != nullptr, time},
            {source.time == 0 ? 0 : sourceLayout().positions(), source.time == 0 ? 0 : batch, backward,
             source.starts != nullptr, source.time}};
  }
};

// Gradients of what came in as vectors, else null.
template <class T>
struct InputGradients {
  T* input = nullptr;   // [T, B, inputSize]
  T* source = nullptr;  // [T, B, sourceSize] of the source's steps
};

// What a layer gave.
template <class T>
struct NamedOutput {
  Sequence<T> sequence;
  bool ofSource = false;
  bool oneStep = false;
};

template <class T>
class Model {
 public:
  // Throws ERR_UNROLLED_OPTION_RANGE for a description that makes no graph.
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
  [[nodiscard]] const std::vector<StateInfo>& states() const { return graph_.states; }
  // Elements of a flat state of that many rows: every state [B, features], one after another.
  [[nodiscard]] Index stateSize(Index batch) const;
  // Features of the last layer's output.
  [[nodiscard]] Index outputFeatures() const { return graph_.outputFeatures; }
  // Whether the output has one step however long the input.
  [[nodiscard]] bool manyToOne() const { return graph_.nodes.back().oneStep; }
  // Whether it ends in a layer over which softmax cross-entropy can be taken: a dense one without a function, or an
  // adaptive softmax.
  [[nodiscard]] bool hasHead() const { return graph_.crossEntropy != nullptr; }
  [[nodiscard]] bool hasSource() const { return description_.source != InputKind::none; }

  // One for each parameter.
  void initializeEach(const std::vector<Initializer>& initializers, std::uint64_t seed);
  void initialize(const Initializer& initializer, std::uint64_t seed);
  // These parameters are not trained any more, all others are. Throws ERR_UNROLLED_OPTION_RANGE for a name it has not.
  void freeze(const std::vector<std::string>& names);
  // Flat copies of the parameters, or of their gradients, [P], in PyTorch's shapes.
  void read(T* values) const;
  void write(const T* values);
  // One of them. Throws ERR_UNROLLED_OPTION_RANGE for a name it has not, ERR_UNROLLED_SHAPE for another size.
  void write(const std::string& name, const std::vector<T>& values);
  void readGradients(T* gradients);

  // Lays out the workspace for batches of up to that size; nothing is allocated in passes that fit. A source that
  // was to stay is lost where it grows. Throws ERR_UNROLLED_OUT_OF_MEMORY.
  void reserve(const BatchSize& size);
  // The same size with what that loss takes of the last layer. Throws ERR_UNROLLED_SHAPE for a loss that the model
  // cannot have.
  [[nodiscard]] BatchSize withLoss(BatchSize size, LossKind loss) const;
  // What `reserve` would take in all for passes with that loss, in bytes.
  [[nodiscard]] std::size_t workspaceBytes(const BatchSize& size, LossKind loss);
  [[nodiscard]] std::size_t workspaceBytes() const { return workspace_.bytes(); }
  // Multiply-adds of a forward pass over batches of that size, about; a matter of shape alone.
  [[nodiscard]] double multiplyAdds(const BatchSize& size) const;

  // All layers. `states` (flat, for the batch's rows; those of layers over the source in its order) come in as the
  // initial ones and leave as the final ones. The result lives until the next pass.
  Sequence<T> forward(const Batch<T>& batch, T* states, const Parallel& parallel, const Dropping& dropping = {},
                      bool rowsApart = false);

  // What a layer gave in the last forward pass; nothing where there is no layer of that name, or it gave ids.
  [[nodiscard]] std::optional<NamedOutput<T>> outputOf(const std::string& name) const;

  // Of the batch `forward` saw last, with a workspace reserved for a backward pass: from the gradient of its output
  // and of its final states (which become those of the initial states) to all gradients. The result lives until the
  // next pass.
  InputGradients<T> backward(std::vector<T> outputGradient, T* stateGradients, const Parallel& parallel);

  // Σ of the loss over the targets; no units are dropped.
  LossResult loss(const Batch<T>& batch, const Targets<T>& targets, T* states, const Parallel& parallel);

  // The same, with all gradients of scale·Σ. `stateGradients` come in as those of the final states. `bf16`, of a float
  // model: as a Pass's.
  LossResult lossAndGradients(const Batch<T>& batch, const Targets<T>& targets, T scale, T* states, T* stateGradients,
                              const Parallel& parallel, const Dropping& dropping = {},
                              InputGradients<T>* inputGradients = nullptr, Bf16Products* bf16 = nullptr);

  // Refuses ids outside of the vocabulary or the classes.
  void checkIds(const TokenId* ids, Index count) const;
  void checkSourceIds(const TokenId* ids, Index count) const;
  void checkTargets(const TokenId* targets, Index count) const;

 private:
  // One thread for a pass that is soon over; a matter of shape alone.
  [[nodiscard]] Parallel threadsFor(const Batch<T>& batch, const Parallel& parallel) const;
  void layOut(Arena& arena, const BatchSize& size);
  // Throws where the batch has no source, and none stayed.
  void checkSource(const Batch<T>& batch) const;
  [[nodiscard]] Side sideOf(Index node) const;
  [[nodiscard]] Sequence<T> inputOf(const Node<T>& node, std::size_t which) const;
  // Runs the first `count` nodes.
  void forwardThrough(std::size_t count, const Batch<T>& batch, T* states, const Pass<T>& pass);
  // Runs the first `count` nodes back, from the gradients of outputs that are there already.
  void backwardThrough(std::size_t count, T* stateGradients, InputGradients<T>& inputs, const Pass<T>& pass);
  void startState(const Node<T>& node, T* states) const;
  void startStateBackward(const Node<T>& node, T* stateGradients) const;
  void addGradient(Index node, T* gradient, InputGradients<T>& inputs, const Pass<T>& pass);
  [[nodiscard]] T* stateOf(const Node<T>& node, T* states) const;

  ModelDescription description_;
  ParameterList list_;
  Graph<T> graph_;
  std::unique_ptr<ParameterBuffers<T>> buffers_;
  std::unique_ptr<ValueLosses<T>> valueLosses_;

  Workspace workspace_;
  BatchSize reserved_;

  // Of the last pass.
  Sequence<T> input_;
  Sequence<T> source_;
  const Index* sourceRows_ = nullptr;
  Dropping dropping_;
  // What `backward` was given. Layers that work in place hand it on, as far as the input where there are no others.
  std::vector<T> outputGradient_;
  bool sourceStays_ = false;  // it may be decoded from further
  bool newSource_ = false;    // the last pass ran over it
};

}  // namespace unrolled
