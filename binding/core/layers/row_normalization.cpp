#include "layers/row_normalization.h"

#include <algorithm>

#include "kernels/gather.h"

namespace unrolled {

template <class T>
void RowNormalization<T>::layOut(Arena& arena, PassSize size) {
  normalized_ = arena.take<T>(size.positions * width());
  inverse_ = arena.take<T>(size.positions * blocks_);
  if (!size.backward) return;
  gainGradient_ = arena.take<T>(size.batch * width());
  shiftGradient_ = arena.take<T>(size.batch * width());
}

template <class T>
void RowNormalization<T>::prepare(const T* gain, const T* shift) {
  gain_ = gain;
  shift_ = shift;
}

template <class T>
void RowNormalization<T>::clearGradients(Index batch) {
  std::fill_n(gainGradient_, batch * width(), T(0));
  std::fill_n(shiftGradient_, batch * width(), T(0));
}

template <class T>
void RowNormalization<T>::forward(const Part& part, const T* x, T* y, bool accumulate) noexcept {
  const KernelTable<T>& kernel = kernels<T>();
  for (Index row = 0; row < part.rows; ++row) {
    for (Index block = 0; block < part.blocks; ++block) {
      const Index feature = (part.block + block) * features_;
      const Index position = part.position + row;
      const Index at = row * width() + block * features_;
      inverse_[position * blocks_ + part.block + block] =
          kernel.normalize(features_, epsilon_, gain_ + feature, shift_ == nullptr ? nullptr : shift_ + feature, x + at,
                           normalized_ + position * width() + feature, y + at, accumulate);
    }
  }
}

template <class T>
void RowNormalization<T>::backward(const Part& part, Index row, const T* gradient, T* dx) noexcept {
  const KernelTable<T>& kernel = kernels<T>();
  for (Index r = 0; r < part.rows; ++r) {
    for (Index block = 0; block < part.blocks; ++block) {
      const Index feature = (part.block + block) * features_;
      const Index position = part.position + r;
      const Index at = r * width() + block * features_;
      const Index sums = (row + r) * width() + feature;
      kernel.normalizeBackward(features_, inverse_[position * blocks_ + part.block + block], gain_ + feature,
                               gradient + at, normalized_ + position * width() + feature, gainGradient_ + sums,
                               shift_ == nullptr ? nullptr : shiftGradient_ + sums, dx + at);
    }
  }
}

template <class T>
void RowNormalization<T>::writeGradients(const Pass<T>& pass, Index batch, T* gain, T* shift) const {
  sumColumns<T>(pass.parallel, batch, width(), gainGradient_, width(), gain);
  if (shift_ != nullptr) sumColumns<T>(pass.parallel, batch, width(), shiftGradient_, width(), shift);
}

template class RowNormalization<float>;
template class RowNormalization<double>;

}  // namespace unrolled
