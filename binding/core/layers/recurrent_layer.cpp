#include "layers/recurrent_layer.h"

#include <algorithm>
#include <cmath>

#include "blas.h"

namespace unrolled {
namespace {

// Weights of that many bytes stay in a core's second-level cache beside what else a step needs.
constexpr Index cachedWeightBytes = Index{384} * 1024;
constexpr Index rowsOfCachedWeights = 12;
constexpr Index rowsOfLargeWeights = 48;

DefaultInitialization uniformOf(Index hidden) {
  return {DefaultInitialization::Kind::uniform, 1 / std::sqrt(static_cast<double>(hidden))};
}

}  // namespace

template <class T>
RecurrentLayer<T>::RecurrentLayer(ParameterList& list, const RecurrentOptions& options, Index gateCount)
    : product_(gateCount * options.hidden, options.hidden),
      name_(options.name),
      suffix_(options.suffix),
      hidden_(options.hidden),
      gateWidth_(gateCount * options.hidden),
      projection_(list, options.name + ".weight_ih" + options.suffix, options.features, gateWidth_, options.oneHot,
                  options.tableRows, uniformOf(options.hidden)),
      recurrentWeight_(
          list.addWeight(options.name + ".weight_hh" + options.suffix, gateWidth_, hidden_, uniformOf(options.hidden))),
      inputBias_(list.addBias(options.name + ".bias_ih" + options.suffix, gateWidth_, uniformOf(options.hidden))),
      bias_(static_cast<std::size_t>(gateWidth_)) {
  if (options.singleBias) return;
  recurrentBias_ = list.addBias(options.name + ".bias_hh" + options.suffix, gateWidth_, uniformOf(options.hidden));
}

template <class T>
std::vector<StateInfo> RecurrentLayer<T>::states() const {
  return {{name_ + ".h" + suffix_, hidden_}};
}

template <class T>
PassSize RecurrentLayer<T>::layOut(Arena& arena, PassSize size) {
  projection_.layOut(arena, size);
  product_.reserve(size.backward);
  gates_ = arena.take<T>(size.positions * gateWidth_);
  state_ = arena.take<T>((size.positions + size.batch) * hidden_);
  layOutCell(arena, size);
  if (!size.backward) return size;
  if (projection_.takesVectors()) inputGradient_ = arena.take<T>(size.positions * projection_.features());
  if (size.ragged) previous_ = arena.take<T>(size.positions * hidden_);
  return size;
}

template <class T>
Index RecurrentLayer<T>::groupRows() const {
  const Index bytes = gateWidth_ * hidden_ * static_cast<Index>(sizeof(T));
  const Index most = bytes <= cachedWeightBytes ? rowsOfCachedWeights : rowsOfLargeWeights;
  const Index groups = (batch() + most - 1) / most;
  return (batch() + groups - 1) / groups;
}

template <class T>
template <class Body>
void RecurrentLayer<T>::forGroups(const Pass<T>& pass, bool forward, Body&& body) const {
  const SequenceLayout& layout = input_.layout;
  pass.parallel.forRange(batch(), groupRows(), [&](Index begin, Index end) noexcept {
    for (Index step = 0; step < layout.time; ++step) {
      const Index t = forward ? step : layout.time - 1 - step;
      const Index active = std::min(end, layout.rowsAt(t)) - begin;
      if (active > 0) body(t, Rows{begin, active});
    }
  });
}

template <class T>
void RecurrentLayer<T>::copyFinal(const T* states, Index width, T* final) const {
  input_.layout.forEnds([&](Index t, Index first, Index end) {
    std::copy_n(states + after(t, first, width), (end - first) * width, final + first * width);
  });
}

template <class T>
Sequence<T> RecurrentLayer<T>::forward(const Sequence<T>& input, T* states, const Pass<T>& pass) {
  input_ = input;
  std::copy_n(pass.parameters.value(inputBias_), gateWidth_, bias_.data());
  if (hasRecurrentBias() && biasJoinsInput()) {
    kernels<T>().add(gateWidth_, pass.parameters.value(recurrentBias_), bias_.data());
  }
  projection_.forward(input, bias_.data(), gates_, pass);

  product_.prepareForward(pass.parameters.value(recurrentWeight_), pass.parameters.version());
  std::copy_n(states, batch() * hidden_, state_);
  prepare(pass);
  begin(states);
  forGroups(pass, true, [&](Index t, Rows rows) noexcept { forwardStep(t, rows); });
  copyFinal(state_, hidden_, states);
  end(states);

  Sequence<T> output;
  output.layout = input.layout;
  output.features = hidden_;
  output.data = state_ + batch() * hidden_;
  return output;
}

template <class T>
T* RecurrentLayer<T>::backward(T* outputGradient, T* stateGradients, bool wanted, const Pass<T>& pass) {
  product_.prepareBackward(pass.parameters.value(recurrentWeight_), pass.parameters.version());
  forGroups(pass, false, [&](Index t, Rows rows) noexcept { backwardStep(t, rows, outputGradient, stateGradients); });

  T* const inputGradient = wanted && input_.ids == nullptr ? inputGradient_ : nullptr;
  projection_.backward(input_, gates_, pass.parameters.gradient(inputBias_), inputGradient, pass);
  if (input_.layout.starts != nullptr) {
    for (Index t = 0; t < input_.layout.time; ++t) {
      std::copy_n(state_ + before(t, 0, hidden_), input_.layout.rowsAt(t) * hidden_, previous_ + at(t, 0, hidden_));
    }
  }
  recurrentGradients(pass);
  return inputGradient;
}

template <class T>
void RecurrentLayer<T>::recurrentGradients(const Pass<T>& pass) {
  multiply<T>(pass.parallel, gateWidth_, hidden_, positions(), {gates_, gateWidth_, Transpose::yes},
              {previousStates(), hidden_}, pass.parameters.gradient(recurrentWeight_), hidden_, false);
  if (hasRecurrentBias()) {
    std::copy_n(pass.parameters.gradient(inputBias_), gateWidth_, pass.parameters.gradient(recurrentBias_));
  }
}

template class RecurrentLayer<float>;
template class RecurrentLayer<double>;

}  // namespace unrolled
