#include "training/shards.h"

namespace unrolled {
namespace {

LossResult sumOf(std::vector<LossResult>& parts) {
  for (std::size_t width = 1; width < parts.size(); width *= 2) {
    for (std::size_t i = 0; i < parts.size(); i += 2 * width) {
      LossResult& left = parts[i];
      const LossResult& right = parts[i + width];
      left.estimate = left.reported() + right.reported();
      left.sum += right.sum;
      left.correct += right.correct;
    }
  }
  return parts.front();
}

}  // namespace

template <class T>
Shards<T>::Shards(Model<T>& model, const BatchSize& largest, Index parts, Use use)
    : model_(model), count_(parts), parts_(model, largest, parts), losses_(static_cast<std::size_t>(parts)) {
  const auto size = static_cast<std::size_t>(model.stateSize(largestPart(largest, parts).input.batch));
  states_.reserve(size);
  if (use == Use::losses) return;
  tree_ = std::make_unique<GradientTree<T>>(model.buffers(), parts);
  stateGradients_.reserve(size);
}

template <class T>
template <class Of>
LossResult Shards<T>::forParts(const TrainingBatch<T>& batch, T* states, Of&& of) {
  parts_.cut(batch);
  for (Index number = 0; number < count_; ++number) {
    const TrainingBatch<T> part = parts_.part(number);
    states_.resize(static_cast<std::size_t>(model_.stateSize(part.input.batch)));
    parts_.readStates(states, states_.data());
    losses_[static_cast<std::size_t>(number)] = of(part);
    parts_.writeStates(states_.data(), states);
  }
  return sumOf(losses_);
}

template <class T>
LossResult Shards<T>::lossAndGradients(const TrainingBatch<T>& batch, T scale, T* states, const Parallel& parallel,
                                       const Dropping& dropping, Bf16Products* bf16) {
  const LossResult result = forParts(batch, states, [&](const TrainingBatch<T>& part) {
    const bool empty = part.input.batch == 0;
    LossResult loss;
    if (!empty) {
      stateGradients_.assign(states_.size(), T(0));
      loss = model_.lossAndGradients(part.input, part.targets, scale, states_.data(), stateGradients_.data(), parallel,
                                     dropping, nullptr, bf16);
    }
    tree_->add(empty, parallel);
    return loss;
  });
  tree_->finish();
  return result;
}

template <class T>
LossResult Shards<T>::loss(const TrainingBatch<T>& batch, T* states, const Parallel& parallel) {
  return forParts(batch, states, [&](const TrainingBatch<T>& part) {
    return part.input.batch == 0 ? LossResult() : model_.loss(part.input, part.targets, states_.data(), parallel);
  });
}

template class Shards<float>;
template class Shards<double>;

}  // namespace unrolled
