#include "layers/joining.h"

#include <algorithm>
#include <numeric>

#include "kernels/gather.h"

namespace unrolled {

template <class T>
Concatenate<T>::Concatenate(std::vector<Index> features)
    : features_(std::move(features)),
      outputs_(std::accumulate(features_.begin(), features_.end(), Index{0})),
      gradients_(features_.size()) {}

template <class T>
PassSize Concatenate<T>::layOut(Arena& arena, const std::vector<PassSize>& sizes) {
  const PassSize size = sizes.front();
  output_ = arena.take<T>(size.positions * outputs_);
  for (std::size_t input = 0; size.backward && input < features_.size(); ++input) {
    gradients_[input] = arena.take<T>(size.positions * features_[input]);
  }
  return size;
}

template <class T>
Sequence<T> Concatenate<T>::forward(const std::vector<Sequence<T>>& inputs, const Pass<T>& pass) {
  layout_ = inputs.front().layout;
  const Index grain = std::max<Index>(1, gatherGrain / outputs_);
  pass.parallel.forRange(layout_.positions(), grain, [&](Index begin, Index end) noexcept {
    for (Index position = begin; position < end; ++position) {
      T* to = output_ + position * outputs_;
      for (std::size_t input = 0; input < features_.size(); ++input) {
        to = std::copy_n(inputs[input].data + position * features_[input], features_[input], to);
      }
    }
  });
  Sequence<T> output;
  output.layout = layout_;
  output.features = outputs_;
  output.data = output_;
  return output;
}

template <class T>
void Concatenate<T>::backward(T* outputGradient, const std::vector<bool>& wanted, std::vector<T*>& inputGradients,
                              const Pass<T>& pass) {
  for (std::size_t input = 0; input < features_.size(); ++input) {
    inputGradients[input] = wanted[input] ? gradients_[input] : nullptr;
  }
  const Index grain = std::max<Index>(1, gatherGrain / outputs_);
  pass.parallel.forRange(layout_.positions(), grain, [&](Index begin, Index end) noexcept {
    for (Index position = begin; position < end; ++position) {
      const T* from = outputGradient + position * outputs_;
      for (std::size_t input = 0; input < features_.size(); ++input) {
        const Index features = features_[input];
        if (wanted[input]) std::copy_n(from, features, gradients_[input] + position * features);
        from += features;
      }
    }
  });
}

template <class T>
PassSize Add<T>::layOut(Arena& arena, const std::vector<PassSize>& sizes) {
  const PassSize size = sizes.front();
  output_ = arena.take<T>(size.positions * features_);
  if (size.backward) {
    for (T*& gradient : gradients_) gradient = arena.take<T>(size.positions * features_);
  }
  return size;
}

template <class T>
Sequence<T> Add<T>::forward(const std::vector<Sequence<T>>& inputs, const Pass<T>& pass) {
  layout_ = inputs.front().layout;
  pass.parallel.forRange(layout_.positions() * features_, gatherGrain, [&](Index begin, Index end) noexcept {
    std::copy_n(inputs.front().data + begin, end - begin, output_ + begin);
    for (std::size_t input = 1; input < inputs.size(); ++input) {
      kernels<T>().add(end - begin, inputs[input].data + begin, output_ + begin);
    }
  });
  Sequence<T> output;
  output.layout = layout_;
  output.features = features_;
  output.data = output_;
  return output;
}

template <class T>
void Add<T>::backward(T* outputGradient, const std::vector<bool>& wanted, std::vector<T*>& inputGradients,
                      const Pass<T>& pass) {
  for (std::size_t input = 0; input < gradients_.size(); ++input) {
    inputGradients[input] = wanted[input] ? gradients_[input] : nullptr;
  }
  pass.parallel.forRange(layout_.positions() * features_, gatherGrain, [&](Index begin, Index end) noexcept {
    for (T* gradient : inputGradients) {
      if (gradient != nullptr) std::copy_n(outputGradient + begin, end - begin, gradient + begin);
    }
  });
}

template class Concatenate<float>;
template class Concatenate<double>;
template class Add<float>;
template class Add<double>;

}  // namespace unrolled
