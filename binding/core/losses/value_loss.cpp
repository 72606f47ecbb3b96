#include "losses/value_loss.h"

#include <algorithm>

namespace unrolled {
namespace {

// Outputs of a tile: each may cost an exponential and a logarithm.
constexpr Index outputsOfTile = 1 << 11;

}  // namespace

template <class T>
void ValueLoss<T>::layOut(Arena& arena, PassSize size) {
  rows_ = arena.take<LossResult>(size.positions);
  if (size.backward) gradient_ = arena.take<T>(size.positions * features_);
}

template <class T>
LossResult ValueLoss<T>::loss(const T* outputs, Index positions, const T* targets, const Pass<T>& pass) {
  return run(outputs, positions, targets, T(0), pass, nullptr);
}

template <class T>
LossResult ValueLoss<T>::lossAndGradients(const T* outputs, Index positions, const T* targets, T scale,
                                          const Pass<T>& pass, T** outputGradient) {
  *outputGradient = gradient_;
  return run(outputs, positions, targets, scale, pass, gradient_);
}

template <class T>
LossResult ValueLoss<T>::run(const T* outputs, Index positions, const T* targets, T scale, const Pass<T>& pass,
                             T* gradient) {
  const Index grain = std::max<Index>(1, outputsOfTile / features_);
  pass.parallel.forRange(positions, grain, [&](Index begin, Index end) noexcept {
    for (Index position = begin; position < end; ++position) {
      const Index at = position * features_;
      rows_[position] =
          row(features_, outputs + at, targets + at, scale, gradient == nullptr ? nullptr : gradient + at);
    }
  });
  LossResult total;
  for (Index position = 0; position < positions; ++position) {
    total.sum += rows_[position].sum;
    total.correct += rows_[position].correct;
  }
  return total;
}

template class ValueLoss<float>;
template class ValueLoss<double>;

}  // namespace unrolled
