#include "data/example_batches.h"

#include <algorithm>

namespace unrolled {
namespace {

template <class T>
SequenceData<T> checked(SequenceData<T> data) {
  data.check();
  return data;
}

template <class T>
std::vector<Index> lengthsOf(const SequenceData<T>& data) {
  std::vector<Index> lengths;
  for (Index sequence = 0; sequence < data.count(); ++sequence) lengths.push_back(data.length(sequence));
  return lengths;
}

}  // namespace

template <class T>
ExampleBatches<T>::ExampleBatches(SequenceData<T> inputs, TargetData<T> targets, bool everyPosition,
                                  const Batching& batching, std::uint64_t seed)
    : inputs_(checked(std::move(inputs))),
      targets_(std::move(targets)),
      everyPosition_(everyPosition),
      order_(lengthsOf(inputs_), batching, seed) {
  targets_.check(everyPosition ? inputs_.elements() : inputs_.count());
  const Index positions = order_.mostPositions();
  const auto targetCount = static_cast<std::size_t>(everyPosition ? positions : order_.batch());
  pieces_.reserve(static_cast<std::size_t>(order_.batch()));
  packer_.reserve(order_.batch(), order_.longest());
  reserveElements(inputs_, positions, ids_, features_);
  if (isOfClasses(targets_.loss)) {
    targetIds_.reserve(targetCount);
  } else {
    targetValues_.reserve(targetCount * static_cast<std::size_t>(targets_.width));
  }
}

template <class T>
std::uint64_t ExampleBatches<T>::identity() const {
  Hash hash;
  inputs_.addTo(hash);
  targets_.addTo(hash);
  order_.addTo(hash);
  return hash.value();
}

template <class T>
PassSize ExampleBatches<T>::sizeOf(const SequenceData<T>& sequences, Index epoch, Index step) {
  const EpochOrder::Examples examples = order_.examples(epoch, step);
  PassSize size{0, examples.count, true};
  for (Index i = 0; i < examples.count; ++i) {
    const Index length = sequences.length(examples.numbers[i]);
    size.ragged = size.ragged || (i > 0 && length != size.time);
    size.time = std::max(size.time, length);
    size.positions += length;
  }
  return size;
}

template <class T>
Batch<T> ExampleBatches<T>::packInputs(Index epoch, Index step) {
  const EpochOrder::Examples examples = order_.examples(epoch, step);
  pieces_.clear();
  for (Index i = 0; i < examples.count; ++i) {
    const Index sequence = examples.numbers[i];
    pieces_.push_back({sequence, inputs_.begin(sequence), inputs_.length(sequence), i});
  }
  packer_.arrange(pieces_);
  const SequenceLayout layout = packer_.layout();
  const auto [ids, features] = packElements(inputs_, packer_, ids_, features_);
  return {layout.time, layout.batch, ids, features, layout.starts};
}

template <class T>
TrainingBatch<T> ExampleBatches<T>::withTargets(const Batch<T>& input, Index targetCount) {
  return {input, packTargets(), targetCount, true, nullptr, 0, packer_.pieces().data()};
}

template <class T>
Targets<T> ExampleBatches<T>::packTargets() {
  if (isOfClasses(targets_.loss)) {
    return everyPosition_ ? packer_.pack(targets_.ids, 1, targetIds_) : packer_.packRows(targets_.ids, 1, targetIds_);
  }
  const Index width = targets_.width;
  return {targets_.loss, everyPosition_ ? packer_.pack(targets_.values, width, targetValues_)
                                        : packer_.packRows(targets_.values, width, targetValues_)};
}

template class ExampleBatches<float>;
template class ExampleBatches<double>;

}  // namespace unrolled
