// Long short-term memory, gates in PyTorch's order i, f, g, o:
//   c[t+1] = σ(f)·c[t] + σ(i)·tanh(g),  h[t+1] = σ(o)·tanh(c[t+1]),
// with any gate activation in the place of σ, and any activation in that of both tanh.
//
// Memory beside what every recurrent layer takes: (P + B)·H cells + P·H of their tanh.
#pragma once

#include "layers/recurrent_layer.h"

namespace unrolled {

template <class T>
class Lstm : public RecurrentLayer<T> {
 public:
  Lstm(ParameterList& list, const RecurrentOptions& options);

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

}  // namespace unrolled
