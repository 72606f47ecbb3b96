// Vanilla recurrent layer: h[t+1] = f(W_ih·x[t] + b_ih + W_hh·h[t] + b_hh), f the layer's activation.
//
// Memory: only that of every recurrent layer.
#pragma once

#include "layers/recurrent/recurrent_layer.h"
#include "layers/recurrent/recurrent_stack.h"

namespace unrolled {

template <class T>
class Rnn final : public RecurrentLayer<T> {
 public:
  Rnn(ParameterList& list, const LevelOptions& options);

 protected:
  using Rows = typename RecurrentLayer<T>::Rows;
  void forwardStep(Index t, Rows rows) noexcept override;
  void backwardStep(Index t, Rows rows, const T* outputGradient, T* stateGradients) noexcept override;

 private:
  Activation activation_;
};

struct RnnOptions : RecurrentOptions {
  static constexpr const char* type = "rnn";
  static constexpr Reads reads = Reads::sequence;
  static constexpr Index gates = 1;

  // Steps back through time with W_hh untransposed, a published error kept for comparison.
  bool untransposedGradient = false;

  static constexpr auto fields() {
    return std::tuple_cat(RecurrentOptions::fields(),
                          std::tuple{option("untransposedGradient", &RnnOptions::untransposedGradient, Flag{})});
  }

  template <class T>
  Flow make(Builder<T>& builder, const Flow& input) const {
    return makeStack(builder, *this, input);
  }

  template <class T>
  std::unique_ptr<RecurrentLayer<T>> makeCell(ParameterList& list, LevelOptions level) const;
};

}  // namespace unrolled
