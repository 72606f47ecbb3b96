// The interface of layers with one input sequence or several: sizes first, then forward, then backward over the same
// batch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/sequence.h"
#include "base/types.h"
#include "base/workspace.h"
#include "parallel/thread_pool.h"
#include "parameters/parameters.h"

namespace unrolled {

// A recurrent state a layer carries from pass to pass: [B, features].
struct StateInfo {
  std::string name;
  Index features = 0;
  bool ofSource = false;  // of a layer over the model's source
};

// Largest pass a workspace is laid out for, and whether a backward pass may follow.
struct PassSize {
  Index positions = 0;  // T·B, or fewer where rows differ in length
  Index batch = 0;      // B
  bool backward = false;
  bool ragged = false;  // rows may differ in length
  Index time = 0;       // T of the longest row; 0 if nobody said
};

// Whether a pass is a step of training, in which units are dropped and a sampled softmax draws classes, and with which
// random numbers: those of a step of a run.
struct Dropping {
  bool active = false;
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  // For a pass over a part of a batch: its rows in the whole batch, whose random numbers they take. Null: it is
  // the whole.
  const RowsOfWhole* whole = nullptr;
};

class Bf16Products;

// The context of a pass.
template <class T>
struct Pass {
  ParameterBuffers<T>& parameters;
  const Parallel& parallel;
  Dropping dropping;
  // Whether the results of a row must have the same bits regardless of other rows and of the split into passes, as in
  // generation: forward only, and for layers without attention.
  bool rowsApart = false;
  // Computes the large products of a training step in bf16; null: they are computed in T, as always for double.
  Bf16Products* bf16 = nullptr;
};

template <class T>
class Layer {
 public:
  Layer() = default;
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;
  Layer(Layer&&) = delete;
  Layer& operator=(Layer&&) = delete;

  // The states it carries, in the order `forward` and `backward` take them.
  [[nodiscard]] virtual std::vector<StateInfo> states() const { return {}; }

  // Allocates the arrays of the largest pass; called again whenever the workspace is laid out again. Returns the size
  // of the output's pass.
  virtual PassSize layOut(Arena& arena, PassSize size) = 0;

  // `states` lie one after another, [B, features] each: initial values in, final values out.
  // What is returned lives until the next pass.
  virtual Sequence<T> forward(const Sequence<T>& input, T* states, const Pass<T>& pass) = 0;

  // For the batch of the last `forward`: from the gradient of the output [T, B, features], which may be overwritten,
  // and of the final states (in `stateGradients`, which become those of the initial states), computes the gradients of
  // the parameters (written, not added) and, if `wanted`, of the input. Returns the gradient of input vectors, or null;
  // the gradient of ids goes to their table.
  virtual T* backward(T* outputGradient, T* stateGradients, bool wanted, const Pass<T>& pass) = 0;
};

// A layer with several input sequences.
template <class T>
class JoiningLayer {
 public:
  JoiningLayer() = default;
  virtual ~JoiningLayer() = default;
  JoiningLayer(const JoiningLayer&) = delete;
  JoiningLayer& operator=(const JoiningLayer&) = delete;
  JoiningLayer(JoiningLayer&&) = delete;
  JoiningLayer& operator=(JoiningLayer&&) = delete;

  // Like those of a layer; `sizes` of each input.
  virtual PassSize layOut(Arena& arena, const std::vector<PassSize>& sizes) = 0;

  // Inputs are vectors. What is returned lives until the next pass.
  virtual Sequence<T> forward(const std::vector<Sequence<T>>& inputs, const Pass<T>& pass) = 0;

  // Like those of a layer; `inputGradients` (one per input) become the gradients of the inputs that are `wanted`, null
  // for the others. They are separate arrays, which the reader may overwrite.
  virtual void backward(T* outputGradient, const std::vector<bool>& wanted, std::vector<T*>& inputGradients,
                        const Pass<T>& pass) = 0;

  // For the following forward passes, if the second input may have other rows: the row of the second input for each row
  // of the first, [B], both in the order of their layouts; null: the same rows.
  virtual void setRows(const Index* /*rows*/) {}

  // Multiply-adds of each position for each step that it reads, in addition to those with its parameters; approximate.
  [[nodiscard]] virtual Index stepWork() const { return 0; }
};

}  // namespace unrolled
