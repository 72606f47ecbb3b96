#include "layers/dropout.h"

#include <algorithm>
#include <array>
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
  layout_ = input.layout;
  if (!dropping_.active || rate_ == 0) return input;
  drop(pass.parallel, input.data, output_);
  Sequence<T> output = input;
  output.data = output_;
  return output;
}

template <class T>
T* Dropout<T>::backward(T* outputGradient, T* /*stateGradients*/, bool wanted, const Pass<T>& pass) {
  if (!wanted) return nullptr;
  if (dropping_.active && rate_ > 0) drop(pass.parallel, outputGradient, outputGradient);
  return outputGradient;
}

template <class T>
void Dropout<T>::drop(const Parallel& parallel, const T* from, T* to) const {
  const Random random(dropping_.seed, RandomUse::dropout, dropping_.step, part_);
  const RandomStream stream = {{random.key()[0], random.key()[1]},
                               {random.counter()[1], random.counter()[2], random.counter()[3]}};
  const auto threshold = static_cast<std::uint32_t>(std::min(std::round(rate_ * 0x1p32), 0x1p32 - 1));
  const T scale = static_cast<T>(1 / (1 - rate_));
  static_assert(gatherGrain % dropoutGroup == 0);
  if (dropping_.whole == nullptr) {
    parallel.forRange(layout_.positions() * features_, gatherGrain, [&](Index begin, Index end) noexcept {
      kernels<T>().drop(end - begin, stream, begin, threshold, scale, from + begin, to + begin);
    });
    return;
  }
  const Index steps = std::max<Index>(1, gatherGrain / (layout_.batch * features_));
  parallel.forRange(layout_.time, steps, [&](Index first, Index last) noexcept {
    dropping_.whole->forRuns(layout_, first, last, [&](Index position, Index ofWhole, Index count) {
      const Index shift = (ofWhole - position) * features_;
      const Index end = (position + count) * features_;
      for (Index at = position * features_; at < end;) {
        // The kernel takes numbers of whole groups of the stream, of which a row may have a part.
        const Index within = (at + shift) % dropoutGroup;
        const Index run = within == 0 ? end - at : std::min(end - at, dropoutGroup - within);
        if (within == 0) {
          kernels<T>().drop(run, stream, at + shift, threshold, scale, from + at, to + at);
        } else {
          std::array<T, dropoutGroup> group = {};
          std::copy_n(from + at, run, group.data() + within);
          kernels<T>().drop(dropoutGroup, stream, at + shift - within, threshold, scale, group.data(), group.data());
          std::copy_n(group.data() + within, run, to + at);
        }
        at += run;
      }
    });
  });
}

template class Dropout<float>;
template class Dropout<double>;

}  // namespace unrolled
