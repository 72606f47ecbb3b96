// Gated recurrent unit with the reset gate before the product (Cho et al., "Learning phrase representations using RNN
// encoder–decoder for statistical machine translation", 2014), gates in the order r, z, n:
//   n = tanh(W_in·x + b_in + W_hn·(σ(r)∘h) + b_hn),  h[t+1] = (1 - σ(z))·n + σ(z)·h[t],
// with any gate activation in the place of σ, and any activation in that of tanh. b_hh does the same as b_ih.
//
// Two products a step, one behind the other. Memory beside what every recurrent layer takes: P·H of σ(r)∘h, backward
// + B·H of a step.
#pragma once

#include "layers/recurrent/recurrent_layer.h"

namespace unrolled {

template <class T>
class ResetFirstGru final : public RecurrentLayer<T> {
 public:
  ResetFirstGru(ParameterList& list, const LevelOptions& options);

 protected:
  using Rows = typename RecurrentLayer<T>::Rows;
  void layOutCell(Arena& arena, PassSize size) override;
  void prepare(const Pass<T>& pass) override;
  void prepareBackward(const Pass<T>& pass) override;
  void forwardStep(Index t, Rows rows) noexcept override;
  void backwardStep(Index t, Rows rows, const T* outputGradient, T* stateGradients) noexcept override;
  void recurrentGradients(const Pass<T>& pass) override;

 private:
  CellActivations activations_;
  RecurrentProduct<T> candidateProduct_;  // with W_hn; `product_` is with the rows of r and z
  T* resetState_ = nullptr;               // [T, B, H]: σ(r)∘h, with h as it goes into W_hh
  T* inputGradient_ = nullptr;            // [B, H]: of σ(r)∘h, then of h as it goes in
};

}  // namespace unrolled
