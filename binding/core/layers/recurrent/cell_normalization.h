// Layer normalisation inside a recurrent cell (Ba, Kiros and Hinton, "Layer normalization", 2016, equations 20 to 22).
//
// The sums W_ih·x + b_ih and W_hh·h + b_hh of plain cells are replaced by a_ih = g_ih∘N(W_ih·x) + b_ih and a_hh =
// g_hh∘N(W_hh·h) + b_hh, where N normalises the H features of each gate separately to mean 0 and variance 1 (over H,
// with epsilon under the root). The biases are the shifts; there are no others. So a vanilla cell has h = f(a_ih +
// a_hh), an LSTM's gates are those of a_ih + a_hh, a GRU's n is f(a_ih + r∘a_hh), or f(a_ih + g_hh∘N(W_hn·(r∘h)) +
// b_hn) with its reset gate before the product. An LSTM's cell is normalised too on its way out: normalized_lstm.h.
//
// Parameters, after the layer's others: norm_ih<suffix>.weight [G·H] and norm_hh<suffix>.weight [G·H], 1 at first.
//
// Memory, in elements: 2·P·G·H normalised values + 2·P·G + B·G·H products of a step; backward + 4·B·G·H.
#pragma once

#include "kernels/recurrent_product.h"
#include "layers/row_normalization.h"

namespace unrolled {

template <class T>
class CellNormalization {
 public:
  // `name` and `suffix` are the layer's.
  CellNormalization(ParameterList& list, const std::string& name, const std::string& suffix, Index gates, Index hidden,
                    double epsilon);

  void layOut(Arena& arena, PassSize size);

  // The shifts that a pass adds to a_ih and a_hh, [G·H] or null.
  void prepare(const Pass<T>& pass, const T* inputShift, const T* stateShift);
  void clearGradients(Index batch);

  // Rows of a step: the first one's number in the batch, and its position in the sequence.
  struct Rows {
    Index first;
    Index count;
    Index position;
  };

  // W_ih·x [rows, G·H] becomes a_ih; its gradient becomes that of W_ih·x.
  void forwardInput(const Rows& rows, T* gates) noexcept;
  void backwardInput(const Rows& rows, T* gates) noexcept;

  // sums (+)= a_hh of `count` gates from `gate` on, of their product with `state` [rows, H]. All rows of gates are G·H
  // wide, and pointers to them point to the first of the gates.
  void forwardState(const RecurrentProduct<T>& product, Index gate, Index count, const Rows& rows, const T* state,
                    T* sums, bool accumulate) noexcept;
  // From their gradients to the gradient of `state`: stateGradient (+)=.
  void backwardState(const RecurrentProduct<T>& product, Index gate, Index count, const Rows& rows, const T* gradients,
                     T* stateGradient, bool accumulate) noexcept;
  // After a backward pass: the gradient of W_hh·h at every position, [P, G·H].
  [[nodiscard]] const T* productGradients() const { return state_.normalized(); }

  // Writes the gradients of the gains and, where there are any, of the shifts.
  void writeGradients(const Pass<T>& pass, Index batch, T* inputShift, T* stateShift) const;

 private:
  Index width_;
  Index hidden_;
  std::size_t inputGain_;
  std::size_t stateGain_;
  RowNormalization<T> input_;
  RowNormalization<T> state_;  // its normalised values become the gradients of the products
  T* products_ = nullptr;      // [B, G·H]: W_hh·h of a step
};

}  // namespace unrolled
