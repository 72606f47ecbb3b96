// Long short-term memory, gates in PyTorch's order i, f, g, o:
//   c[t+1] = σ(f)·c[t] + σ(i)·tanh(g),  h[t+1] = σ(o)·tanh(c[t+1]),
// with any gate activation in the place of σ, and any activation in that of both tanh.
//
// Memory beside what every recurrent layer takes: (P + B)·H cells + P·H of their tanh.
#pragma once

#include "layers/recurrent/recurrent_layer.h"
#include "layers/recurrent/recurrent_stack.h"

namespace unrolled {

template <class T>
class Lstm : public RecurrentLayer<T> {
 public:
  Lstm(ParameterList& list, const LevelOptions& options);

  [[nodiscard]] std::vector<StateInfo> states() const override;

 protected:
  using Rows = typename RecurrentLayer<T>::Rows;
  void layOutCell(Arena& arena, PassSize size) override;
  void begin(T* states) override;
  void end(T* states) override;
  void forwardStep(Index t, Rows rows) noexcept override;
  void backwardStep(Index t, Rows rows, const T* outputGradient, T* stateGradients) noexcept override;

  CellActivations activations_;
  T* cell_ = nullptr;        // [B + T·B, H]: c before the first step, then after each
  T* cellOutput_ = nullptr;  // [T, B, H]: tanh of c after each step

 private:
  std::string cellName_;
};

struct LstmOptions : RecurrentOptions {
  static constexpr const char* type = "lstm";
  static constexpr Reads reads = Reads::sequence;
  static constexpr Index gates = 4;

  // The functions of the gates.
  Activation gateActivation = Activation::sigmoid;

  static constexpr auto fields() {
    return std::tuple_cat(RecurrentOptions::fields(),
                          std::tuple{option("gateActivation", &LstmOptions::gateActivation, anyActivation)});
  }

  template <class T>
  Flow make(Builder<T>& builder, const Flow& input) const {
    return makeStack(builder, *this, input);
  }

  template <class T>
  std::unique_ptr<RecurrentLayer<T>> makeCell(ParameterList& list, LevelOptions level) const;
};

}  // namespace unrolled
