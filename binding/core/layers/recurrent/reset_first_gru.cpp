#include "layers/recurrent/reset_first_gru.h"

#include <algorithm>

#include "layers/pass_product.h"

namespace unrolled {

template <class T>
ResetFirstGru<T>::ResetFirstGru(ParameterList& list, const LevelOptions& options)
    : RecurrentLayer<T>(list, options, 3, 2),
      activations_(options.activations),
      candidateProduct_(options.hidden, options.hidden, 3 * options.hidden) {}

template <class T>
void ResetFirstGru<T>::layOutCell(Arena& arena, PassSize size) {
  candidateProduct_.layOut(arena, size.backward);
  resetState_ = arena.take<T>(size.positions * this->hidden());
  if (size.backward) inputGradient_ = arena.take<T>(size.batch * this->hidden());
}

template <class T>
void ResetFirstGru<T>::prepare(const Pass<T>& pass) {
  const Index H = this->hidden();
  candidateProduct_.prepareForward(pass.parameters.value(this->recurrentWeight()) + 2 * H * H,
                                   pass.parameters.version(), bf16Kernels(pass));
}

template <class T>
void ResetFirstGru<T>::prepareBackward(const Pass<T>& pass) {
  const Index H = this->hidden();
  candidateProduct_.prepareBackward(pass.parameters.value(this->recurrentWeight()) + 2 * H * H,
                                    pass.parameters.version(), bf16Kernels(pass));
}

template <class T>
void ResetFirstGru<T>::forwardStep(Index t, Rows rows) noexcept {
  const Index H = this->hidden();
  const KernelTable<T>& kernel = kernels<T>();
  T* gates = this->gates_ + this->at(t, rows.first, 3 * H);
  T* resetState = resetState_ + this->at(t, rows.first, H);
  const T* input = this->productInput(t, rows);
  this->multiplyState(this->product_, 0, 2, t, rows, input, gates, true);
  for (Index row = 0; row < rows.count; ++row) {
    kernel.gruResetForward(H, activations_, gates + row * 3 * H, input + row * H, resetState + row * H);
  }
  this->multiplyState(candidateProduct_, 2, 1, t, rows, resetState, gates + 2 * H, true);
  for (Index row = 0; row < rows.count; ++row) {
    kernel.gruCandidateForward(H, activations_, gates + row * 3 * H,
                               this->state_ + this->before(t, rows.first + row, H),
                               this->state_ + this->after(t, rows.first + row, H));
  }
}

template <class T>
void ResetFirstGru<T>::backwardStep(Index t, Rows rows, const T* outputGradient, T* stateGradients) noexcept {
  const Index H = this->hidden();
  const KernelTable<T>& kernel = kernels<T>();
  T* gates = this->gates_ + this->at(t, rows.first, 3 * H);
  T* gradient = stateGradients + rows.first * H;
  T* inputGradient = inputGradient_ + rows.first * H;
  const T* input = this->productInput(t, rows);
  for (Index row = 0; row < rows.count; ++row) {
    kernel.gruCandidateBackward(H, activations_, gates + row * 3 * H,
                                this->state_ + this->before(t, rows.first + row, H), gradient + row * H,
                                outputGradient + this->at(t, rows.first + row, H));
  }
  this->multiplyGradients(candidateProduct_, 2, 1, t, rows, gates + 2 * H, inputGradient, false);
  for (Index row = 0; row < rows.count; ++row) {
    kernel.gruResetBackward(H, activations_, gates + row * 3 * H, input + row * H, inputGradient + row * H);
  }
  this->multiplyGradients(this->product_, 0, 2, t, rows, gates, inputGradient, true);
  this->passInputGradient(rows, inputGradient, gradient);
}

template <class T>
void ResetFirstGru<T>::recurrentGradients(const Pass<T>& pass) {
  const Index H = this->hidden();
  const T* gates = this->productGradients();
  T* weight = pass.parameters.gradient(this->recurrentWeight());
  multiply<T>(pass, 2 * H, H, this->positions(), {gates, 3 * H, Transpose::yes}, {this->previousStates(), H}, weight, H,
              false);
  multiply<T>(pass, H, H, this->positions(), {gates + 2 * H, 3 * H, Transpose::yes}, {resetState_, H},
              weight + 2 * H * H, H, false);
  if (!this->hasRecurrentBias()) return;
  std::copy_n(pass.parameters.gradient(this->inputBias()), 3 * H, pass.parameters.gradient(this->recurrentBias()));
}

template class ResetFirstGru<float>;
template class ResetFirstGru<double>;

}  // namespace unrolled
