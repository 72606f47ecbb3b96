#include "layers/recurrent/normalized_lstm.h"

namespace unrolled {

template <class T>
NormalizedLstm<T>::NormalizedLstm(ParameterList& list, const LevelOptions& options)
    : Lstm<T>(list, options),
      shifted_(options.bias),
      gain_(list.addGain(options.name + ".norm_c" + options.suffix + ".weight", options.hidden)),
      normalization_(1, options.hidden, options.epsilon) {
  if (shifted_) shift_ = list.addShift(options.name + ".norm_c" + options.suffix + ".bias", options.hidden);
}

template <class T>
void NormalizedLstm<T>::layOutCell(Arena& arena, PassSize size) {
  Lstm<T>::layOutCell(arena, size);
  normalization_.layOut(arena, size);
}

template <class T>
void NormalizedLstm<T>::prepare(const Pass<T>& pass) {
  normalization_.prepare(pass.parameters.value(gain_), shifted_ ? pass.parameters.value(shift_) : nullptr);
}

template <class T>
void NormalizedLstm<T>::prepareBackward(const Pass<T>& /*pass*/) {
  normalization_.clearGradients(this->batch());
}

template <class T>
void NormalizedLstm<T>::forwardStep(Index t, Rows rows) noexcept {
  const Index H = this->hidden();
  const KernelTable<T>& kernel = kernels<T>();
  T* gates = this->gates_ + this->at(t, rows.first, 4 * H);
  this->forwardProduct(t, rows, gates, true);
  for (Index row = 0; row < rows.count; ++row) {
    const Index position = this->at(t, rows.first + row, 1);
    const Index after = this->after(t, rows.first + row, H);
    T* cellOutput = this->cellOutput_ + position * H;
    kernel.lstmCellForward(H, this->activations_, gates + row * 4 * H,
                           this->cell_ + this->before(t, rows.first + row, H), this->cell_ + after);
    normalization_.forward(normalization_.whole(position, 1), this->cell_ + after, cellOutput, false);
    kernel.lstmOutputForward(H, this->activations_, gates + row * 4 * H, cellOutput, this->state_ + after);
  }
}

template <class T>
void NormalizedLstm<T>::backwardStep(Index t, Rows rows, const T* outputGradient, T* stateGradients) noexcept {
  const Index H = this->hidden();
  const KernelTable<T>& kernel = kernels<T>();
  T* gates = this->gates_ + this->at(t, rows.first, 4 * H);
  T* gradient = stateGradients + rows.first * H;
  T* cellGradient = gradient + this->batch() * H;
  for (Index row = 0; row < rows.count; ++row) {
    const Index position = this->at(t, rows.first + row, 1);
    T* cellOutput = this->cellOutput_ + position * H;
    kernel.lstmOutputBackward(H, this->activations_, gates + row * 4 * H, cellOutput, gradient + row * H,
                              outputGradient + position * H);
    normalization_.backward(normalization_.whole(position, 1), rows.first + row, cellOutput, cellOutput);
    kernel.add(H, cellOutput, cellGradient + row * H);
    kernel.lstmCellBackward(H, this->activations_, gates + row * 4 * H,
                            this->cell_ + this->before(t, rows.first + row, H), cellGradient + row * H);
  }
  this->backwardProduct(t, rows, gates, gradient, false);
}

template <class T>
void NormalizedLstm<T>::recurrentGradients(const Pass<T>& pass) {
  Lstm<T>::recurrentGradients(pass);
  normalization_.writeGradients(pass, this->batch(), pass.parameters.gradient(gain_),
                                shifted_ ? pass.parameters.gradient(shift_) : nullptr);
}

template class NormalizedLstm<float>;
template class NormalizedLstm<double>;

}  // namespace unrolled
