#include "layers/recurrent/gru.h"

#include <algorithm>

#include "kernels/gather.h"
#include "layers/pass_product.h"
#include "layers/recurrent/reset_first_gru.h"

namespace unrolled {

template <class T>
Gru<T>::Gru(ParameterList& list, const LevelOptions& options)
    : RecurrentLayer<T>(list, options, GruOptions::gates), activations_(options.activations) {}

template <class T>
void Gru<T>::layOutCell(Arena& arena, PassSize size) {
  products_ = arena.take<T>(size.batch * 3 * this->hidden());
  candidate_ = arena.take<T>(size.positions * this->hidden());
}

template <class T>
void Gru<T>::prepare(const Pass<T>& pass) {
  recurrentBias_ =
      this->hasRecurrentBias() && !this->normalized() ? pass.parameters.value(this->recurrentBias()) : nullptr;
}

template <class T>
void Gru<T>::forwardStep(Index t, Rows rows) noexcept {
  const Index H = this->hidden();
  const KernelTable<T>& kernel = kernels<T>();
  T* products = products_ + rows.first * 3 * H;
  if (recurrentBias_ != nullptr) {
    for (Index row = 0; row < rows.count; ++row) std::copy_n(recurrentBias_, 3 * H, products + row * 3 * H);
  }
  this->forwardProduct(t, rows, products, recurrentBias_ != nullptr);
  for (Index row = 0; row < rows.count; ++row) {
    const Index at = this->at(t, rows.first + row, H);
    kernel.gruForward(H, activations_, this->gates_ + 3 * at, products + row * 3 * H,
                      this->state_ + this->before(t, rows.first + row, H), candidate_ + at,
                      this->state_ + this->after(t, rows.first + row, H));
  }
}

template <class T>
void Gru<T>::backwardStep(Index t, Rows rows, const T* outputGradient, T* stateGradients) noexcept {
  const Index H = this->hidden();
  const KernelTable<T>& kernel = kernels<T>();
  T* products = products_ + rows.first * 3 * H;
  T* gradient = stateGradients + rows.first * H;
  for (Index row = 0; row < rows.count; ++row) {
    const Index at = this->at(t, rows.first + row, H);
    kernel.gruBackward(H, activations_, this->gates_ + 3 * at, this->state_ + this->before(t, rows.first + row, H),
                       candidate_ + at, gradient + row * H, outputGradient + at, products + row * 3 * H);
  }
  this->backwardProduct(t, rows, products, gradient, true);
}

// For r and z the state's part has the same gradient as the input's part; that of n is in `candidate_`. A normalisation
// has those of all gates together, also that of the bias.
template <class T>
void Gru<T>::recurrentGradients(const Pass<T>& pass) {
  if (this->normalized()) {
    RecurrentLayer<T>::recurrentGradients(pass);
    return;
  }
  const Index H = this->hidden();
  const Index positions = this->positions();
  T* weight = pass.parameters.gradient(this->recurrentWeight());
  multiply<T>(pass, 2 * H, H, positions, {this->gates_, 3 * H, Transpose::yes}, {this->previousStates(), H}, weight, H,
              false);
  multiply<T>(pass, H, H, positions, {candidate_, H, Transpose::yes}, {this->previousStates(), H}, weight + 2 * H * H,
              H, false);
  if (!this->hasRecurrentBias()) return;
  T* bias = pass.parameters.gradient(this->recurrentBias());
  std::copy_n(pass.parameters.gradient(this->inputBias()), 2 * H, bias);
  sumColumns<T>(pass.parallel, positions, H, candidate_, H, bias + 2 * H);
}

template <class T>
std::unique_ptr<RecurrentLayer<T>> GruOptions::makeCell(ParameterList& list, LevelOptions level) const {
  level.activations.gate = gateActivation;
  if (!resetAfter) return std::make_unique<ResetFirstGru<T>>(list, level);
  return std::make_unique<Gru<T>>(list, level);
}

template class Gru<float>;
template class Gru<double>;
template std::unique_ptr<RecurrentLayer<float>> GruOptions::makeCell<float>(ParameterList&, LevelOptions) const;
template std::unique_ptr<RecurrentLayer<double>> GruOptions::makeCell<double>(ParameterList&, LevelOptions) const;

}  // namespace unrolled
