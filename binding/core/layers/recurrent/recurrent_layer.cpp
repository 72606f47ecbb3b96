#include "layers/recurrent/recurrent_layer.h"

#include <algorithm>
#include <cmath>

#include "layers/pass_product.h"

namespace unrolled {
namespace {

// Weights of at most this many bytes stay in a core's second-level cache together with the other data of a step.
constexpr Index cachedWeightBytes = Index{384} * 1024;
constexpr Index rowsOfCachedWeights = 12;
constexpr Index rowsOfLargeWeights = 48;
// A thread that takes fewer of the rows reads large weights too often for what it does with them.
constexpr Index leastRowsOfThread = 12;
// In bf16: whole panels of its left operand.
constexpr Index rowsOfRoundedWeights = 16;

DefaultInitialization uniformOf(Index hidden) {
  return {DefaultInitialization::Kind::uniform, 1 / std::sqrt(static_cast<double>(hidden))};
}

}  // namespace

template <class T>
RecurrentLayer<T>::RecurrentLayer(ParameterList& list, const LevelOptions& options, Index gateCount, Index jointGates)
    : product_(jointGates * options.hidden, options.hidden, gateCount * options.hidden, options.untransposedGradient),
      name_(options.name),
      suffix_(options.suffix),
      hidden_(options.hidden),
      gateWidth_(gateCount * options.hidden),
      projection_(list, options.name + ".weight_ih" + options.suffix, options.features, gateWidth_, options.oneHot,
                  options.tableRows, uniformOf(options.hidden)),
      recurrentWeight_(
          list.addWeight(options.name + ".weight_hh" + options.suffix, gateWidth_, hidden_, uniformOf(options.hidden))),
      dropout_(options.hidden, options.recurrentDropout, options.part) {
  list.setGates(projection_.weight().parameter, gateCount);
  list.setGates(recurrentWeight_, gateCount);
  if (options.bias) {
    inputBias_ = list.addBias(options.name + ".bias_ih" + options.suffix, gateWidth_, uniformOf(options.hidden));
  }
  if (options.bias && !options.singleBias) {
    recurrentBias_ = list.addBias(options.name + ".bias_hh" + options.suffix, gateWidth_, uniformOf(options.hidden));
  }
  if (options.layerNorm) {
    normalization_ = std::make_unique<CellNormalization<T>>(list, options.name, options.suffix, gateCount,
                                                            options.hidden, options.epsilon);
  }
}

template <class T>
std::vector<StateInfo> RecurrentLayer<T>::states() const {
  return {{name_ + ".h" + suffix_, hidden_}};
}

template <class T>
PassSize RecurrentLayer<T>::layOut(Arena& arena, PassSize size) {
  if (hasInputBias()) bias_.resize(static_cast<std::size_t>(gateWidth_));
  projection_.layOut(arena, size);
  product_.layOut(arena, size.backward);
  gates_ = arena.take<T>(size.positions * gateWidth_);
  state_ = arena.take<T>((size.positions + size.batch) * hidden_);
  dropout_.layOut(arena, size);
  if (normalization_) normalization_->layOut(arena, size);
  layOutCell(arena, size);
  if (!size.backward) return size;
  if (projection_.takesVectors()) inputGradient_ = arena.take<T>(size.positions * projection_.features());
  if (size.ragged) previous_ = arena.take<T>(size.positions * hidden_);
  return size;
}

template <class T>
Index RecurrentLayer<T>::groupRows(const Pass<T>& pass) const {
  const Index bytes = gateWidth_ * hidden_ * static_cast<Index>(sizeof(T));
  const bool rounded = pass.bf16 != nullptr;
  const Index few = rounded ? rowsOfRoundedWeights : rowsOfCachedWeights;
  const Index most = bytes <= cachedWeightBytes ? few : rowsOfLargeWeights;
  Index groups = (batch() + most - 1) / most;
  // A row's bits are its own in the project's products; in others they may depend on how many rows there are.
  const Index threads = rounded || blasAlone() ? 1 : pass.parallel.threads();
  groups = std::max(groups, std::min(threads, batch() / leastRowsOfThread));
  return (batch() + groups - 1) / groups;
}

template <class T>
template <class Body>
void RecurrentLayer<T>::forGroups(const Pass<T>& pass, bool forward, Body&& body) const {
  const SequenceLayout& layout = input_.layout;
  pass.parallel.forRange(batch(), groupRows(pass), [&](Index begin, Index end) noexcept {
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
const T* RecurrentLayer<T>::joinBiases(const Pass<T>& pass) {
  if (!hasInputBias()) return nullptr;
  std::copy_n(pass.parameters.value(inputBias_), gateWidth_, bias_.data());
  if (hasRecurrentBias() && biasJoinsInput()) {
    kernels<T>().add(gateWidth_, pass.parameters.value(recurrentBias_), bias_.data());
  }
  return bias_.data();
}

template <class T>
Sequence<T> RecurrentLayer<T>::forward(const Sequence<T>& input, T* states, const Pass<T>& pass) {
  input_ = input;
  const T* bias = joinBiases(pass);
  projection_.forward(input, normalization_ ? nullptr : bias, gates_, pass);
  if (normalization_) {
    const bool apart = hasRecurrentBias() && !biasJoinsInput();
    normalization_->prepare(pass, bias, apart ? pass.parameters.value(recurrentBias_) : nullptr);
  }

  product_.prepareForward(pass.parameters.value(recurrentWeight_), pass.parameters.version(), bf16Kernels(pass));
  dropout_.prepare(pass.dropping, batch());
  std::copy_n(states, batch() * hidden_, state_);
  prepare(pass);
  begin(states);
  forGroups(pass, true, [&](Index t, Rows rows) noexcept {
    if (normalization_) normalization_->forwardInput(placed(t, rows), gates_ + at(t, rows.first, gateWidth_));
    if (dropout_.active()) {
      dropout_.drop(at(t, rows.first, 1), rows.first, rows.count, state_ + before(t, rows.first, hidden_));
    }
    forwardStep(t, rows);
  });
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
  product_.prepareBackward(pass.parameters.value(recurrentWeight_), pass.parameters.version(), bf16Kernels(pass));
  if (normalization_) normalization_->clearGradients(batch());
  prepareBackward(pass);
  forGroups(pass, false, [&](Index t, Rows rows) noexcept {
    backwardStep(t, rows, outputGradient, stateGradients);
    if (normalization_) normalization_->backwardInput(placed(t, rows), gates_ + at(t, rows.first, gateWidth_));
  });

  T* const biasGradient = hasInputBias() ? pass.parameters.gradient(inputBias_) : nullptr;
  T* const inputGradient = wanted && input_.ids == nullptr ? inputGradient_ : nullptr;
  projection_.backward(input_, gates_, normalization_ ? nullptr : biasGradient, inputGradient, pass);
  if (normalization_) {
    const bool apart = hasRecurrentBias() && !biasJoinsInput();
    normalization_->writeGradients(pass, batch(), biasGradient,
                                   apart ? pass.parameters.gradient(recurrentBias_) : nullptr);
  }
  if (input_.layout.starts != nullptr && !dropout_.active()) {
    for (Index t = 0; t < input_.layout.time; ++t) {
      std::copy_n(state_ + before(t, 0, hidden_), input_.layout.rowsAt(t) * hidden_, previous_ + at(t, 0, hidden_));
    }
  }
  recurrentGradients(pass);
  return inputGradient;
}

template <class T>
void RecurrentLayer<T>::recurrentGradients(const Pass<T>& pass) {
  multiply<T>(pass, gateWidth_, hidden_, positions(), {productGradients(), gateWidth_, Transpose::yes},
              {previousStates(), hidden_}, pass.parameters.gradient(recurrentWeight_), hidden_, false);
  if (hasRecurrentBias() && biasJoinsInput()) {
    std::copy_n(pass.parameters.gradient(inputBias_), gateWidth_, pass.parameters.gradient(recurrentBias_));
  }
}

template <class T>
void RecurrentLayer<T>::forwardProduct(Index t, Rows rows, T* sums, bool accumulate) noexcept {
  multiplyState(product_, 0, gateWidth_ / hidden_, t, rows, productInput(t, rows), sums, accumulate);
}

template <class T>
void RecurrentLayer<T>::backwardProduct(Index t, Rows rows, const T* gradients, T* stateGradient,
                                        bool accumulate) noexcept {
  const Index gates = gateWidth_ / hidden_;
  if (!dropout_.active()) {
    multiplyGradients(product_, 0, gates, t, rows, gradients, stateGradient, accumulate);
    return;
  }
  T* const dropped = dropout_.gradient(rows.first);
  multiplyGradients(product_, 0, gates, t, rows, gradients, dropped, false);
  dropout_.pass(rows.first, rows.count, dropped, stateGradient, accumulate);
}

template <class T>
void RecurrentLayer<T>::multiplyState(const RecurrentProduct<T>& product, Index gate, Index count, Index t, Rows rows,
                                      const T* state, T* sums, bool accumulate) noexcept {
  if (normalization_) {
    normalization_->forwardState(product, gate, count, placed(t, rows), state, sums, accumulate);
  } else {
    product.forward(rows.count, state, sums, accumulate);
  }
}

template <class T>
void RecurrentLayer<T>::multiplyGradients(const RecurrentProduct<T>& product, Index gate, Index count, Index t,
                                          Rows rows, const T* gradients, T* stateGradient, bool accumulate) noexcept {
  if (normalization_) {
    normalization_->backwardState(product, gate, count, placed(t, rows), gradients, stateGradient, accumulate);
  } else {
    product.backward(rows.count, gradients, stateGradient, accumulate);
  }
}

template <class T>
void RecurrentLayer<T>::passInputGradient(Rows rows, const T* inputGradient, T* stateGradient) const noexcept {
  if (dropout_.active()) {
    dropout_.pass(rows.first, rows.count, inputGradient, stateGradient, true);
  } else {
    kernels<T>().add(rows.count * hidden_, inputGradient, stateGradient);
  }
}

template class RecurrentLayer<float>;
template class RecurrentLayer<double>;

}  // namespace unrolled
