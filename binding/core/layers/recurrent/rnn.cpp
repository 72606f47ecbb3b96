#include "layers/recurrent/rnn.h"

namespace unrolled {

template <class T>
Rnn<T>::Rnn(ParameterList& list, const LevelOptions& options)
    : RecurrentLayer<T>(list, options, RnnOptions::gates), activation_(options.activations.candidate) {}

template <class T>
void Rnn<T>::forwardStep(Index t, Rows rows) noexcept {
  const Index H = this->hidden();
  const KernelTable<T>& kernel = kernels<T>();
  T* gates = this->gates_ + this->at(t, rows.first, H);
  T* state = this->state_ + this->after(t, rows.first, H);
  this->forwardProduct(t, rows, gates, true);
  kernel.rnnForward(rows.count * H, activation_, gates, state);
}

template <class T>
void Rnn<T>::backwardStep(Index t, Rows rows, const T* outputGradient, T* stateGradients) noexcept {
  const Index H = this->hidden();
  const KernelTable<T>& kernel = kernels<T>();
  T* gates = this->gates_ + this->at(t, rows.first, H);
  const T* state = this->state_ + this->after(t, rows.first, H);
  T* gradient = stateGradients + rows.first * H;
  kernel.rnnBackward(rows.count * H, activation_, state, gradient, outputGradient + this->at(t, rows.first, H), gates);
  this->backwardProduct(t, rows, gates, gradient, false);
}

template <class T>
std::unique_ptr<RecurrentLayer<T>> RnnOptions::makeCell(ParameterList& list, LevelOptions level) const {
  level.untransposedGradient = untransposedGradient;
  return std::make_unique<Rnn<T>>(list, level);
}

template class Rnn<float>;
template class Rnn<double>;
template std::unique_ptr<RecurrentLayer<float>> RnnOptions::makeCell<float>(ParameterList&, LevelOptions) const;
template std::unique_ptr<RecurrentLayer<double>> RnnOptions::makeCell<double>(ParameterList&, LevelOptions) const;

}  // namespace unrolled
