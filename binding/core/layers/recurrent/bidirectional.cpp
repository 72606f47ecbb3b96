#include "layers/recurrent/bidirectional.h"

#include <algorithm>
#include <utility>

#include "kernels/gather.h"

namespace unrolled {

template <class T>
Bidirectional<T>::Bidirectional(std::unique_ptr<RecurrentLayer<T>> forward, std::unique_ptr<RecurrentLayer<T>> reverse,
                                Merge merge, Index features, Index hidden, bool oneHot, bool embedded)
    : forward_(std::move(forward)),
      reverse_(std::move(reverse)),
      merge_(merge),
      features_(features),
      hidden_(hidden),
      oneHot_(oneHot),
      embedded_(embedded) {
  for (const StateInfo& state : forward_->states()) forwardStateFeatures_ += state.features;
}

template <class T>
std::vector<StateInfo> Bidirectional<T>::states() const {
  std::vector<StateInfo> states = forward_->states();
  for (StateInfo& state : reverse_->states()) states.push_back(std::move(state));
  return states;
}

template <class T>
PassSize Bidirectional<T>::layOut(Arena& arena, PassSize size) {
  forward_->layOut(arena, size);
  reverse_->layOut(arena, size);
  lengths_.resize(std::max(lengths_.size(), static_cast<std::size_t>(size.batch)));
  if (oneHot_) reversedIds_ = arena.take<TokenId>(size.positions);
  if (embedded_) gathered_ = arena.take<T>(size.positions * features_);
  if (!oneHot_) reversed_ = arena.take<T>(size.positions * features_);
  ordered_ = arena.take<T>(size.positions * hidden_);
  output_ = arena.take<T>(size.positions * outputs());
  if (size.backward) {
    forwardGradient_ = arena.take<T>(size.positions * hidden_);
    reverseGradient_ = arena.take<T>(size.positions * hidden_);
  }
  return size;
}

template <class T>
template <class Element>
void Bidirectional<T>::reverse(const Pass<T>& pass, Index width, const Element* from, Element* to) const {
  const SequenceLayout& layout = input_.layout;
  const Index grain = std::max<Index>(1, gatherGrain / (width * layout.batch));
  pass.parallel.forRange(layout.time, grain, [&](Index begin, Index end) noexcept {
    for (Index t = begin; t < end; ++t) {
      for (Index row = 0; row < layout.rowsAt(t); ++row) {
        const Index other = lengths_[static_cast<std::size_t>(row)] - 1 - t;
        std::copy_n(from + (layout.start(other) + row) * width, width, to + (layout.start(t) + row) * width);
      }
    }
  });
}

template <class T>
Sequence<T> Bidirectional<T>::forward(const Sequence<T>& input, T* states, const Pass<T>& pass) {
  input_ = input;
  const Index positions = input.positions();
  input.layout.copyLengths(lengths_.data());

  Sequence<T> ahead = input;
  if (embedded_) {
    gatherRows<T>(pass.parallel, positions, features_, input.ids, input.table, nullptr, gathered_);
    ahead.ids = nullptr;
    ahead.table = nullptr;
    ahead.data = gathered_;
  }
  Sequence<T> back = ahead;
  if (oneHot_) {
    reverse(pass, 1, ahead.ids, reversedIds_);
    back.ids = reversedIds_;
  } else {
    reverse(pass, features_, ahead.data, reversed_);
    back.data = reversed_;
  }

  const T* first = forward_->forward(ahead, states, pass).data;
  const T* second = reverse_->forward(back, states + forwardStateFeatures_ * input.layout.batch, pass).data;
  reverse(pass, hidden_, second, ordered_);

  const Index width = outputs();
  pass.parallel.forRange(positions, std::max<Index>(1, gatherGrain / width), [&](Index begin, Index end) noexcept {
    for (Index position = begin; position < end; ++position) {
      T* to = output_ + position * width;
      std::copy_n(first + position * hidden_, hidden_, to);
      if (merge_ == Merge::concatenate) {
        std::copy_n(ordered_ + position * hidden_, hidden_, to + hidden_);
      } else {
        kernels<T>().add(hidden_, ordered_ + position * hidden_, to);
      }
    }
  });
  Sequence<T> output;
  output.layout = input.layout;
  output.features = width;
  output.data = output_;
  return output;
}

template <class T>
T* Bidirectional<T>::backward(T* outputGradient, T* stateGradients, bool wanted, const Pass<T>& pass) {
  const Index positions = input_.positions();
  const Index width = outputs();
  const Index second = merge_ == Merge::concatenate ? hidden_ : 0;
  pass.parallel.forRange(positions, std::max<Index>(1, gatherGrain / width), [&](Index begin, Index end) noexcept {
    for (Index position = begin; position < end; ++position) {
      const T* from = outputGradient + position * width;
      std::copy_n(from, hidden_, forwardGradient_ + position * hidden_);
      std::copy_n(from + second, hidden_, ordered_ + position * hidden_);
    }
  });
  reverse(pass, hidden_, ordered_, reverseGradient_);

  T* ahead = forward_->backward(forwardGradient_, stateGradients, wanted, pass);
  const T* back =
      reverse_->backward(reverseGradient_, stateGradients + forwardStateFeatures_ * input_.layout.batch, wanted, pass);
  if (ahead == nullptr) return nullptr;

  reverse(pass, features_, back, reversed_);
  pass.parallel.forRange(positions * features_, gatherGrain, [&](Index begin, Index end) noexcept {
    kernels<T>().add(end - begin, reversed_ + begin, ahead + begin);
  });
  if (!embedded_) return ahead;
  scatterRows<T>(pass.parallel, positions, features_, input_.ids, ahead, input_.tableRows, input_.tableGradient,
                 input_.touched);
  return nullptr;
}

template class Bidirectional<float>;
template class Bidirectional<double>;

}  // namespace unrolled
