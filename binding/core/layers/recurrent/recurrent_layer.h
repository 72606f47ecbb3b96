// The shared part of recurrent layers: the products of the input for all time steps at once, then the recurrence over
// groups of rows, each from the first step to the last without a barrier. Backward runs over the same groups in
// reverse, then computes the weights' gradients for all steps at once.
//
// Memory of every cell, in elements: P·G·H gates + (P + B)·H states, backward + P·I for the input's gradient, and P·H
// for rows of different length (P positions, G gates); the file of each cell says what it takes in addition, and so do
// recurrent_dropout.h and cell_normalization.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/recurrent_product.h"
#include "layers/layer.h"
#include "layers/projection.h"
#include "layers/recurrent/cell_normalization.h"
#include "layers/recurrent/recurrent_dropout.h"

namespace unrolled {

// The place of one level of a recurrent stack, and its options from RecurrentOptions and from the cell.
struct LevelOptions {
  std::string name;     // prefix of parameters and states: "rnn"
  std::string suffix;   // "_l0"
  Index features = 0;   // I
  Index hidden = 0;     // H
  bool oneHot = false;  // the input is ids without a table
  Index tableRows = 0;  // V of an embedded input, else 0
  bool bias = true;
  bool singleBias = false;
  CellActivations activations;        // a vanilla cell has the candidate's
  bool untransposedGradient = false;  // of a vanilla cell
  double recurrentDropout = 0;
  std::uint32_t part = 0;  // the layer's own number in the model, for the dropout's random numbers
  bool layerNorm = false;
  double epsilon = 1e-5;
};

template <class T>
class RecurrentLayer : public Layer<T> {
 public:
  // `jointGates`: the number of gates, from the first, that `product_` covers.
  RecurrentLayer(ParameterList& list, const LevelOptions& options, Index gateCount, Index jointGates);
  RecurrentLayer(ParameterList& list, const LevelOptions& options, Index gateCount)
      : RecurrentLayer(list, options, gateCount, gateCount) {}

  [[nodiscard]] std::vector<StateInfo> states() const override;
  PassSize layOut(Arena& arena, PassSize size) final;
  Sequence<T> forward(const Sequence<T>& input, T* states, const Pass<T>& pass) final;
  T* backward(T* outputGradient, T* stateGradients, bool wanted, const Pass<T>& pass) final;

 protected:
  // A group of batch rows that one thread takes through all time steps.
  struct Rows {
    Index first;
    Index count;
  };

  // The cell's own arrays.
  virtual void layOutCell(Arena& /*arena*/, PassSize /*size*/) {}
  // Prepares the cell for a pass before its first step, and for the backward pass before it begins.
  virtual void prepare(const Pass<T>& /*pass*/) {}
  virtual void prepareBackward(const Pass<T>& /*pass*/) {}
  // Takes initial states besides h, and returns final ones. `states` starts at h.
  virtual void begin(T* /*states*/) {}
  virtual void end(T* /*states*/) {}
  // Step t of some rows: from the gates' input part and h[t] to the gates' values and h[t + 1].
  virtual void forwardStep(Index t, Rows rows) noexcept = 0;
  // Step t of some rows: from the gradient of h[t + 1] (in `stateGradients`, [B, H], and
  // `outputGradient`, [T, B, H]) to that of the gates' input part and of h[t] (in `stateGradients`).
  virtual void backwardStep(Index t, Rows rows, const T* outputGradient, T* stateGradients) noexcept = 0;
  // Gradients of W_hh and b_hh, once all gates' gradients and b_ih's are there.
  virtual void recurrentGradients(const Pass<T>& pass);

  // Step t of some rows: sums [rows, G·H] (+)= W_hh·h[t], with the layer's dropout of h and normalisation of the
  // product; then from the gradient of such sums to stateGradient [rows, H] (+)= that of h[t].
  void forwardProduct(Index t, Rows rows, T* sums, bool accumulate) noexcept;
  void backwardProduct(Index t, Rows rows, const T* gradients, T* stateGradient, bool accumulate) noexcept;

  // The parts of these, for a cell with several products: h[t] on its way into them, [rows, H] (dropped or as it is);
  // one product, of `count` gates from `gate` on, to which the pointers to gates point; and the way of the gradient of
  // what went in to that of h[t].
  [[nodiscard]] const T* productInput(Index t, Rows rows) const {
    return dropout_.active() ? dropout_.states() + at(t, rows.first, hidden_) : state_ + before(t, rows.first, hidden_);
  }
  void multiplyState(const RecurrentProduct<T>& product, Index gate, Index count, Index t, Rows rows, const T* state,
                     T* sums, bool accumulate) noexcept;
  void multiplyGradients(const RecurrentProduct<T>& product, Index gate, Index count, Index t, Rows rows,
                         const T* gradients, T* stateGradient, bool accumulate) noexcept;
  void passInputGradient(Rows rows, const T* inputGradient, T* stateGradient) const noexcept;

  // Whether b_hh is simply added to the gates' input part.
  [[nodiscard]] virtual bool biasJoinsInput() const { return true; }

  [[nodiscard]] Index batch() const { return input_.layout.batch; }
  [[nodiscard]] Index positions() const { return input_.layout.positions(); }
  [[nodiscard]] Index hidden() const { return hidden_; }
  [[nodiscard]] Index gateWidth() const { return gateWidth_; }
  // Row `row` of step t in arrays [T, B, width].
  [[nodiscard]] Index at(Index t, Index row, Index width) const { return (input_.layout.start(t) + row) * width; }
  // The same in arrays of states [B + T·B, width], before the step and after it.
  [[nodiscard]] Index before(Index t, Index row, Index width) const {
    return t == 0 ? row * width : after(t - 1, row, width);
  }
  [[nodiscard]] Index after(Index t, Index row, Index width) const { return batch() * width + at(t, row, width); }
  // Hands each row's state after its last step over, from an array of states to one [B, width].
  void copyFinal(const T* states, Index width, T* final) const;
  // h before each step on its way into W_hh, at every position, [P, H].
  [[nodiscard]] const T* previousStates() const {
    if (dropout_.active()) return dropout_.states();
    return input_.layout.starts == nullptr ? state_ : previous_;
  }
  // After the last backward step: the gradient of W_hh·h at every position, [P, G·H], which is that of the gates' input
  // part, or the result of a normalisation. (A plain GRU's n has its own.)
  [[nodiscard]] const T* productGradients() const {
    return normalization_ ? normalization_->productGradients() : gates_;
  }
  [[nodiscard]] bool normalized() const { return normalization_ != nullptr; }

  T* gates_ = nullptr;  // [T, B, G·H]: products, then values, then gradients
  T* state_ = nullptr;  // [B + T·B, H]: h before the first step, then after each
  RecurrentProduct<T> product_;

  [[nodiscard]] bool hasInputBias() const { return inputBias_ != none; }
  [[nodiscard]] bool hasRecurrentBias() const { return recurrentBias_ != none; }
  [[nodiscard]] std::size_t inputBias() const { return inputBias_; }
  [[nodiscard]] std::size_t recurrentBias() const { return recurrentBias_; }
  [[nodiscard]] std::size_t recurrentWeight() const { return recurrentWeight_; }

 private:
  static constexpr std::size_t none = ~std::size_t{0};

  // Rows of a group: enough that a register tile is full; more where the weights outgrow a core's
  // cache and each visit should serve many rows, unless there are threads without a group.
  [[nodiscard]] Index groupRows(const Pass<T>& pass) const;
  // Calls body(rows of the group that have a value at t, t), group by group.
  template <class Body>
  void forGroups(const Pass<T>& pass, bool forward, Body&& body) const;
  [[nodiscard]] typename CellNormalization<T>::Rows placed(Index t, Rows rows) const {
    return {rows.first, rows.count, at(t, rows.first, 1)};
  }
  // The bias that is added to the input's products, [G·H], or null.
  const T* joinBiases(const Pass<T>& pass);

  std::string name_;
  std::string suffix_;
  Index hidden_;
  Index gateWidth_;
  Projection<T> projection_;
  std::size_t recurrentWeight_;
  std::size_t inputBias_ = none;
  std::size_t recurrentBias_ = none;
  std::vector<T> bias_;  // [G·H]: what joins the input's products
  RecurrentDropout<T> dropout_;
  std::unique_ptr<CellNormalization<T>> normalization_;  // null: none

  Sequence<T> input_;           // of the last forward pass
  T* inputGradient_ = nullptr;  // [T, B, I]
  T* previous_ = nullptr;       // [T, B, H]: h before each step, where the rows differ in length
};

}  // namespace unrolled
