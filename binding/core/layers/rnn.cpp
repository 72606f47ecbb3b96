#include "layers/rnn.h"

namespace unrolled {

template <class T>
Rnn<T>::Rnn(ParameterList& list, const RecurrentOptions& options, Activation activation, bool untransposedGradient)
    : RecurrentLayer<T>(list, options, 1), activation_(activation), untransposedGradient_(untransposedGradient) {}

template <class T>
void Rnn<T>::forwardStep(Index t, Rows rows) noexcept {
  const Index H = this->hidden();
  const KernelTable<T>& kernel = kernels<T>();
  T* gates = this->gates_ + this->at(t, rows.first, H);
  const T* previous = this->state_ + this->before(t, rows.first, H);
  T* state = this->state_ + this->after(t, rows.first, H);
  this->product_.forward(rows.count, previous, gates, true);
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
  if (untransposedGradient_) {
    this->product_.forward(rows.count, gates, gradient, false);
  } else {
    this->product_.backward(rows.count, gates, gradient, false);
  }
}

template class Rnn<float>;
template class Rnn<double>;

}  // namespace unrolled
