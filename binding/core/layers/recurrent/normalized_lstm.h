// LSTM with layer normalisation (Ba, Kiros and Hinton 2016): of the gates' sums as cell_normalization.h has it, and of
// the cell on its way out,
//   h[t+1] = σ(o)·tanh(g_c∘N(c[t+1]) + b_c).
// c itself continues to the next step as it is.
//
// Parameters beside those: norm_c<suffix>.weight [H], 1 at first, and norm_c<suffix>.bias [H], 0 at first; the latter
// not where a layer has no biases.
//
// Memory beside a plain LSTM's, in elements: P·H normalised cells + P; backward + 2·B·H.
#pragma once

#include "layers/recurrent/lstm.h"
#include "layers/row_normalization.h"

namespace unrolled {

template <class T>
class NormalizedLstm final : public Lstm<T> {
 public:
  NormalizedLstm(ParameterList& list, const LevelOptions& options);

 protected:
  using Rows = typename RecurrentLayer<T>::Rows;
  void layOutCell(Arena& arena, PassSize size) override;
  void prepare(const Pass<T>& pass) override;
  void prepareBackward(const Pass<T>& pass) override;
  void forwardStep(Index t, Rows rows) noexcept override;
  void backwardStep(Index t, Rows rows, const T* outputGradient, T* stateGradients) noexcept override;
  void recurrentGradients(const Pass<T>& pass) override;

 private:
  bool shifted_;
  std::size_t gain_;
  std::size_t shift_ = 0;  // used if `shifted_`
  RowNormalization<T> normalization_;
};

}  // namespace unrolled
