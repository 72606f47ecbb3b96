#include "layers/layer_norm.h"

#include <algorithm>

#include "kernels/gather.h"

namespace unrolled {

template <class T>
PassSize LayerNorm<T>::layOut(Arena& arena, PassSize size) {
  output_ = arena.take<T>(size.positions * features_);
  mean_ = arena.take<T>(size.positions);
  inverse_ = arena.take<T>(size.positions);
  return size;
}

template <class T>
Sequence<T> LayerNorm<T>::forward(const Sequence<T>& input, T* /*states*/, const Pass<T>& pass) {
  input_ = input;
  const T* gain = pass.parameters.value(gain_);
  const T* shift = pass.parameters.value(shift_);
  const Index grain = std::max<Index>(1, gatherGrain / features_);
  pass.parallel.forRange(input.positions(), grain, [&](Index begin, Index end) noexcept {
    for (Index position = begin; position < end; ++position) {
      kernels<T>().normalizeRow(features_, epsilon_, gain, shift, input.data + position * features_,
                                output_ + position * features_, mean_ + position, inverse_ + position);
    }
  });
  Sequence<T> output = input;
  output.data = output_;
  return output;
}

template <class T>
T* LayerNorm<T>::backward(T* outputGradient, T* /*stateGradients*/, bool wanted, const Pass<T>& pass) {
  const Index positions = input_.positions();
  const Index columns = std::min(features_, std::max<Index>(16, gatherGrain / positions / 16 * 16));
  T* gainGradient = pass.parameters.gradient(gain_);
  T* shiftGradient = pass.parameters.gradient(shift_);
  pass.parallel.forRange(features_, columns, [&](Index begin, Index end) noexcept {
    kernels<T>().normalizeSums(positions, end - begin, outputGradient + begin, input_.data + begin, features_, mean_,
                               inverse_, gainGradient + begin, shiftGradient + begin);
  });
  if (!wanted) return nullptr;
  const T* gain = pass.parameters.value(gain_);
  const Index grain = std::max<Index>(1, gatherGrain / features_);
  pass.parallel.forRange(positions, grain, [&](Index begin, Index end) noexcept {
    for (Index position = begin; position < end; ++position) {
      kernels<T>().normalizeRowBackward(features_, gain, input_.data + position * features_, mean_[position],
                                        inverse_[position], outputGradient + position * features_);
    }
  });
  return outputGradient;
}

template class LayerNorm<float>;
template class LayerNorm<double>;

}  // namespace unrolled
