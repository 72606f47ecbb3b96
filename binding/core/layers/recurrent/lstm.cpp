#include "layers/recurrent/lstm.h"

#include <algorithm>

#include "layers/recurrent/normalized_lstm.h"

namespace unrolled {

template <class T>
Lstm<T>::Lstm(ParameterList& list, const LevelOptions& options)
    : RecurrentLayer<T>(list, options, LstmOptions::gates),
      activations_(options.activations),
      cellName_(options.name + ".c" + options.suffix) {}

template <class T>
std::vector<StateInfo> Lstm<T>::states() const {
  std::vector<StateInfo> states = RecurrentLayer<T>::states();
  states.push_back({cellName_, this->hidden()});
  return states;
}

template <class T>
void Lstm<T>::layOutCell(Arena& arena, PassSize size) {
  cell_ = arena.take<T>((size.positions + size.batch) * this->hidden());
  cellOutput_ = arena.take<T>(size.positions * this->hidden());
}

template <class T>
void Lstm<T>::begin(T* states) {
  const Index size = this->batch() * this->hidden();
  std::copy_n(states + size, size, cell_);
}

template <class T>
void Lstm<T>::end(T* states) {
  const Index size = this->batch() * this->hidden();
  this->copyFinal(cell_, this->hidden(), states + size);
}

template <class T>
void Lstm<T>::forwardStep(Index t, Rows rows) noexcept {
  const Index H = this->hidden();
  const KernelTable<T>& kernel = kernels<T>();
  this->forwardProduct(t, rows, this->gates_ + this->at(t, rows.first, 4 * H), true);
  for (Index row = rows.first; row < rows.first + rows.count; ++row) {
    const Index at = this->at(t, row, H);
    const Index after = this->after(t, row, H);
    kernel.lstmForward(H, activations_, this->gates_ + 4 * at, cell_ + this->before(t, row, H), cell_ + after,
                       cellOutput_ + at, this->state_ + after);
  }
}

template <class T>
void Lstm<T>::backwardStep(Index t, Rows rows, const T* outputGradient, T* stateGradients) noexcept {
  const Index H = this->hidden();
  const KernelTable<T>& kernel = kernels<T>();
  T* cellGradients = stateGradients + this->batch() * H;
  for (Index row = rows.first; row < rows.first + rows.count; ++row) {
    const Index at = this->at(t, row, H);
    kernel.lstmBackward(H, activations_, this->gates_ + 4 * at, cell_ + this->before(t, row, H), cellOutput_ + at,
                        stateGradients + row * H, outputGradient + at, cellGradients + row * H);
  }
  this->backwardProduct(t, rows, this->gates_ + this->at(t, rows.first, 4 * H), stateGradients + rows.first * H, false);
}

template <class T>
std::unique_ptr<RecurrentLayer<T>> LstmOptions::makeCell(ParameterList& list, LevelOptions level) const {
  level.activations.gate = gateActivation;
  if (layerNorm) return std::make_unique<NormalizedLstm<T>>(list, level);
  return std::make_unique<Lstm<T>>(list, level);
}

template class Lstm<float>;
template class Lstm<double>;
template std::unique_ptr<RecurrentLayer<float>> LstmOptions::makeCell<float>(ParameterList&, LevelOptions) const;
template std::unique_ptr<RecurrentLayer<double>> LstmOptions::makeCell<double>(ParameterList&, LevelOptions) const;

}  // namespace unrolled
