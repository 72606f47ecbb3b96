#include "layers/dropout.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "kernels/gather.h"

namespace unrolled {

template <class T>
PassSize Dropout<T>::layOut(Arena& arena, PassSize size) {
  if (rate_ > 0) output_ = arena.take<T>(size.positions * features_);
  return size;
}

template <class T>
Sequence<T> Dropout<T>::forward(const Sequence<T>& input, T* /*states*/, const Pass<T>& pass) {
  dropping_ = pass.dropping;
  positions_ = input.positions();
  if (!dropping_.active || rate_ == 0) return input;
  drop(pass.parallel, positions_ * features_, input.data, output_);
  Sequence<T> output = input;
  output.data = output_;
  return output;
}

template <class T>
T* Dropout<T>::backward(T* outputGradient, T* /*stateGradients*/, bool wanted, const Pass<T>& pass) {
  if (!wanted) return nullptr;
  if (dropping_.active && rate_ > 0) {
    drop(pass.parallel, positions_ * features_, outputGradient, outputGradient);
  }
  return outputGradient;
}

template <class T>
void Dropout<T>::drop(const Parallel& parallel, Index count, const T* from, T* to) const {
  const Random random(dropping_.seed, RandomUse::dropout, dropping_.step, part_);
  const RandomStream stream = {{random.key()[0], random.key()[1]},
                               {random.counter()[1], random.counter()[2], random.counter()[3]}};
  const auto threshold = static_cast<std::uint32_t>(std::min(std::round(rate_ * 0x1p32), 0x1p32 - 1));
  const T scale = static_cast<T>(1 / (1 - rate_));
  static_assert(gatherGrain % dropoutGroup == 0);
  parallel.forRange(count, gatherGrain, [&](Index begin, Index end) noexcept {
    kernels<T>().drop(end - begin, stream, begin, threshold, scale, from + begin, to + begin);
  });
}

template class Dropout<float>;
template class Dropout<double>;

}  // namespace unrolled
