// Gated recurrent unit with the reset gate after the product (PyTorch's), gates in the order r, z, n:
//   n = tanh(W_in·x + b_in + σ(r)·(W_hn·h + b_hn)),  h[t+1] = (1 - σ(z))·n + σ(z)·h[t],
// with any gate activation in the place of σ, and any activation in that of tanh.
//
// Memory beside what every recurrent layer takes: P·H products of the candidate + 3·B·H of a step.
#pragma once

#include "layers/recurrent/recurrent_layer.h"
#include "layers/recurrent/recurrent_stack.h"

namespace unrolled {

template <class T>
class Gru final : public RecurrentLayer<T> {
 public:
  Gru(ParameterList& list, const LevelOptions& options);

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

struct GruOptions : RecurrentOptions {
  static constexpr const char* type = "gru";
  static constexpr Reads reads = Reads::sequence;
  static constexpr Index gates = 3;

  // The functions of the gates.
  Activation gateActivation = Activation::sigmoid;
  // Whether the reset gate comes after the product with W_hn (PyTorch, cuDNN, Keras) or before it (reset_first_gru.h).
  bool resetAfter = true;

  static constexpr auto fields() {
    return std::tuple_cat(RecurrentOptions::fields(),
                          std::tuple{option("gateActivation", &GruOptions::gateActivation, anyActivation),
                                     option("resetAfter", &GruOptions::resetAfter, Flag{})});
  }

  template <class T>
  Flow make(Builder<T>& builder, const Flow& input) const {
    return makeStack(builder, *this, input);
  }

  template <class T>
  std::unique_ptr<RecurrentLayer<T>> makeCell(ParameterList& list, LevelOptions level) const;
};

}  // namespace unrolled
