#include "layers/pooling.h"

#include <algorithm>
#include <cmath>

#include "kernels/gather.h"

namespace unrolled {

template <class T>
PassSize Pooling<T>::layOut(Arena& arena, PassSize size) {
  output_ = arena.take<T>(size.batch * features_);
  lengths_.resize(static_cast<std::size_t>(std::max(size.batch, static_cast<Index>(lengths_.size()))));
  if (kind_ == PoolingKind::max) maximumTime_ = arena.take<TokenId>(size.batch * features_);
  if (size.backward) gradient_ = arena.take<T>(size.positions * features_);
  return {size.batch, size.batch, size.backward, false, 1};
}

template <class T>
Sequence<T> Pooling<T>::forward(const Sequence<T>& input, T* /*states*/, const Pass<T>& pass) {
  input_ = input;
  input.layout.copyLengths(lengths_.data());
  const Index grain = std::max<Index>(1, gatherGrain / (features_ * input.layout.time));
  pass.parallel.forRange(input.layout.batch, grain, [&](Index begin, Index end) noexcept {
    for (Index row = begin; row < end; ++row) poolRow(row);
  });
  Sequence<T> output;
  output.layout = {1, input.layout.batch, nullptr};
  output.features = features_;
  output.data = output_;
  return output;
}

template <class T>
void Pooling<T>::poolRow(Index row) {
  const KernelTable<T>& kernel = kernels<T>();
  const T* vectors = input_.ids == nullptr ? input_.data : input_.table;
  const auto vectorAt = [&](Index t) { return vectors + rowOf(input_.layout.start(t) + row) * features_; };
  const Index length = lengths_[static_cast<std::size_t>(row)];
  T* output = output_ + row * features_;
  if (kind_ == PoolingKind::last) {
    std::copy_n(vectorAt(length - 1), features_, output);
    return;
  }
  if (kind_ == PoolingKind::final) {
    std::copy_n(vectorAt(length - 1), ahead_, output);
    std::copy_n(vectorAt(0) + ahead_, features_ - ahead_, output + ahead_);
    return;
  }
  std::copy_n(vectorAt(0), features_, output);
  if (kind_ != PoolingKind::max) {
    for (Index t = 1; t < length; ++t) kernel.add(features_, vectorAt(t), output);
    if (kind_ == PoolingKind::mean) kernel.scale(features_, T(1) / static_cast<T>(length), output);
    return;
  }
  TokenId* times = maximumTime_ + row * features_;
  std::fill_n(times, features_, 0);
  for (Index t = 1; t < length; ++t) {
    const T* vector = vectorAt(t);
    for (Index f = 0; f < features_; ++f) {
      if (vector[f] <= output[f] || std::isnan(output[f])) continue;  // not-a-number wins and stays, to be seen
      output[f] = vector[f];
      times[f] = static_cast<TokenId>(t);
    }
  }
}

template <class T>
T* Pooling<T>::backward(T* outputGradient, T* /*stateGradients*/, bool wanted, const Pass<T>& pass) {
  const Index rows = input_.layout.batch;
  if (input_.ids != nullptr) {
    // Rows of the table may meet in several sequences: one thread, in the order of the rows.
    const Index positions = input_.positions();
    if (input_.touched != nullptr && input_.touched->lists(input_.tableRows, positions)) {
      input_.touched->clear(input_.ids, positions, input_.tableRows, features_, input_.tableGradient);
    } else {
      std::fill_n(input_.tableGradient, input_.tableRows * features_, T(0));
    }
    for (Index row = 0; row < rows; ++row) unpoolRow(row, outputGradient, input_.tableGradient);
    return nullptr;
  }
  if (!wanted) return nullptr;
  const Index grain = std::max<Index>(1, gatherGrain / (features_ * input_.layout.time));
  pass.parallel.forRange(rows, grain, [&](Index begin, Index end) noexcept {
    for (Index row = begin; row < end; ++row) {
      for (Index t = 0; t < lengths_[static_cast<std::size_t>(row)]; ++t) {
        std::fill_n(gradient_ + (input_.layout.start(t) + row) * features_, features_, T(0));
      }
      unpoolRow(row, outputGradient, gradient_);
    }
  });
  return gradient_;
}

// Adds what reaches the vectors of one sequence.
template <class T>
void Pooling<T>::unpoolRow(Index row, const T* outputGradient, T* gradient) {
  const KernelTable<T>& kernel = kernels<T>();
  const auto gradientAt = [&](Index t) { return gradient + rowOf(input_.layout.start(t) + row) * features_; };
  const Index length = lengths_[static_cast<std::size_t>(row)];
  const T* from = outputGradient + row * features_;
  switch (kind_) {
    case PoolingKind::last:
      kernel.add(features_, from, gradientAt(length - 1));
      return;
    case PoolingKind::final:
      kernel.add(ahead_, from, gradientAt(length - 1));
      if (ahead_ < features_) kernel.add(features_ - ahead_, from + ahead_, gradientAt(0) + ahead_);
      return;
    case PoolingKind::sum:
      for (Index t = 0; t < length; ++t) kernel.add(features_, from, gradientAt(t));
      return;
    case PoolingKind::mean: {
      const T share = T(1) / static_cast<T>(length);
      for (Index t = 0; t < length; ++t) {
        T* to = gradientAt(t);
        for (Index f = 0; f < features_; ++f) to[f] += share * from[f];
      }
      return;
    }
    case PoolingKind::max:
      for (Index f = 0; f < features_; ++f) gradientAt(maximumTime_[row * features_ + f])[f] += from[f];
      return;
  }
}

template class Pooling<float>;
template class Pooling<double>;

}  // namespace unrolled
