// Gated recurrent unit with the reset gate after the product (PyTorch's), gates in the order r, z, n:
//   n = tanh(W_in·x + b_in + σ(r)·(W_hn·h + b_hn)),  h[t+1] = (1 - σ(z))·n + σ(z)·h[t],
// with any gate activation in the place of σ, and any activation in that of tanh.
//
// Memory beside what every recurrent layer takes: P·H products of the candidate + 3·B·H of a step.
#pragma once

#include "layers/recurrent_layer.h"

namespace unrolled {

template <class T>
class Gru final : public RecurrentLayer<T> {
 public:
  Gru(ParameterList& list, const RecurrentOptions& options);

 protected:
  using Rows = typename RecurrentLayer<T>::Rows;
  void layOutCell(Arena& arena, PassSize size) override;
  void prepare(const Pass<T>& pass) override;
  void forwardStep(Index t, Rows rows) noexcept override;
  void backwardStep(Index t, Rows rows, const T* outputGradient, T* stateGradients) noexcept override;
  void recurrentGradients(const Pass<T>& pass) override;
  [[nodiscard]] bool biasJoinsInput() const override { return false; }

 private:
  CellActivations activations_;
  const T* recurrentBias_ = nullptr;  // [3H]; null: none, or a normalisation adds it
  T* products_ = nullptr;             // [B, 3H]: W_hh·h + b_hh of a step; backward, its gradient
  T* candidate_ = nullptr;            // [T, B, H]: W_hn·h + b_hn; backward, its gradient
};

}  // namespace unrolled
