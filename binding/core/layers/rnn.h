// Vanilla recurrent layer: h[t+1] = f(W_ih·x[t] + b_ih + W_hh·h[t] + b_hh), f the layer's activation.
//
// Memory: nothing beside what every recurrent layer takes.
#pragma once

#include "layers/recurrent_layer.h"

namespace unrolled {

template <class T>
class Rnn final : public RecurrentLayer<T> {
 public:
  Rnn(ParameterList& list, const RecurrentOptions& options);

 protected:
  using Rows = typename RecurrentLayer<T>::Rows;
  void forwardStep(Index t, Rows rows) noexcept override;
  void backwardStep(Index t, Rows rows, const T* outputGradient, T* stateGradients) noexcept override;

 private:
  Activation activation_;
};

}  // namespace unrolled
