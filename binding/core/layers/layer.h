// What every layer is, of one sequence or of several: sizes first, then forward, then backward over the same batch.
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
  Index time = 0;       // T of the longest row; 0 where nobody said
};

// Whether a pass is a step of training, in which units are dropped and a sampled softmax draws classes, and by which
// random numbers: those of a step of a run.
struct Dropping {
  bool active = false;
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  // Of a pass over a part of a batch: where its rows stand in the whole, whose random numbers they take. Null: it is
  // the whole.
  const RowsOfWhole* whole = nullptr;
};

class Bf16Products;

// What a pass works with.
template <class T>
struct Pass {
  ParameterBuffers<T>& parameters;
  const Parallel& parallel;
  Dropping dropping;
  // Whether what a row gives must be the same bits whatever the other rows and the cut into passes are, as when text is
  // generated: forward only, and of layers without attention.
  bool rowsApart = false;
  // What takes the large products of a step of training in bf16; null: they are taken in T, as all of double's are.
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

  // Takes the arrays of the largest pass; called again whenever the workspace is laid out anew.
  // Returns the size of the pass behind it.
  virtual PassSize layOut(Arena& arena, PassSize size) = 0;

  // `states` lie one after another, [B, features] each: initial values in, final values out.
  // What is returned lives until the next pass.
  virtual Sequence<T> forward(const Sequence<T>& input, T* states, const Pass<T>& pass) = 0;

  // Of the batch `forward` saw last: from the gradient of its output [T, B, features], which it may
  // overwrite, and of its final states (in `stateGradients`, which become those of the initial
  // states), to the parameters' gradients (written, not added to) and, where `wanted`, the input's.
  // Returns the gradient of input vectors, or null; that of ids goes to their table.
  virtual T* backward(T* outputGradient, T* stateGradients, bool wanted, const Pass<T>& pass) = 0;
};

// What joins several sequences into one.
template <class T>
class JoiningLayer {
 public:
  JoiningLayer() = default;
  virtual ~JoiningLayer() = default;
  JoiningLayer(const JoiningLayer&) = delete;
  JoiningLayer& operator=(const JoiningLayer&) = delete;
  JoiningLayer(JoiningLayer&&) = delete;
  JoiningLayer& operator=(JoiningLayer&&) = delete;

  // As a layer's; `sizes` of each input.
  virtual PassSize layOut(Arena& arena, const std::vector<PassSize>& sizes) = 0;

  // Inputs are vectors. What is returned lives until the next pass.
  virtual Sequence<T> forward(const std::vector<Sequence<T>>& inputs, const Pass<T>& pass) = 0;

  // As a layer's; `inputGradients` (one for each input) become the gradients of the inputs that are `wanted`, null
  // for the others. They are arrays of their own, which whoever reads them may overwrite.
  virtual void backward(T* outputGradient, const std::vector<bool>& wanted, std::vector<T*>& inputGradients,
                        const Pass<T>& pass) = 0;

  // Of the forward passes that follow, for a layer whose second input may have other rows: which of them belongs to
  // each row of the first, [B], both in the order of their layouts; null: the same.
  virtual void setRows(const Index* /*rows*/) {}

  // Multiply-adds of each position for each step of what it reads, beside those with its parameters; about.
  [[nodiscard]] virtual Index stepWork() const { return 0; }
};

}  // namespace unrolled
