#include "layers/layer_norm.h"

#include <algorithm>

#include "kernels/gather.h"

namespace unrolled {

template <class T>
PassSize LayerNorm<T>::layOut(Arena& arena, PassSize size) {
  output_ = arena.take<T>(size.positions * features_);
  normalization_.layOut(arena, size);
  return size;
}

// A tile processes its rows over all steps, so that the sums of each row are computed by one thread.
template <class T>
template <class Body>
void LayerNorm<T>::forRows(const Pass<T>& pass, Body&& body) const {
  const Index grain = std::max<Index>(1, gatherGrain / (features_ * layout_.time));
  pass.parallel.forRange(layout_.batch, grain, [&](Index begin, Index end) noexcept {
    for (Index t = 0; t < layout_.time; ++t) {
      const Index rows = std::min(end, layout_.rowsAt(t)) - begin;
      if (rows > 0) body(layout_.start(t) + begin, rows, begin);
    }
  });
}

template <class T>
Sequence<T> LayerNorm<T>::forward(const Sequence<T>& input, T* /*states*/, const Pass<T>& pass) {
  layout_ = input.layout;
  normalization_.prepare(pass.parameters.value(gain_), pass.parameters.value(shift_));
  forRows(pass, [&](Index position, Index rows, Index /*first*/) noexcept {
    const Index at = position * features_;
    normalization_.forward(normalization_.whole(position, rows), input.data + at, output_ + at, false);
  });
  Sequence<T> output = input;
  output.data = output_;
  return output;
}

template <class T>
T* LayerNorm<T>::backward(T* outputGradient, T* /*stateGradients*/, bool wanted, const Pass<T>& pass) {
  normalization_.clearGradients(layout_.batch);
  forRows(pass, [&](Index position, Index rows, Index first) noexcept {
    T* gradient = outputGradient + position * features_;
    normalization_.backward(normalization_.whole(position, rows), first, gradient, gradient);
  });
  normalization_.writeGradients(pass, layout_.batch, pass.parameters.gradient(gain_), pass.parameters.gradient(shift_));
  return wanted ? outputGradient : nullptr;
}

template class LayerNorm<float>;
template class LayerNorm<double>;

}  // namespace unrolled
