#include "data/batch_parts.h"

#include <algorithm>

namespace unrolled {
namespace {

PassSize largestPart(PassSize size, Index parts) {
  if (parts == 1) return size;
  size.batch = (size.batch + parts - 1) / parts;
  size.positions = std::min(size.positions, size.batch * size.time);
  return size;
}

}  // namespace

BatchSize largestPart(const BatchSize& size, Index parts) {
  BatchSize part = size;
  part.input = largestPart(size.input, parts);
  part.source = largestPart(size.source, parts);
  return part;
}

template <class T>
BatchParts<T>::BatchParts(const Model<T>& model, const BatchSize& largest, Index parts)
    : model_(&model),
      parts_(parts),
      whole_{{}, static_cast<const TokenId*>(nullptr)},
      input_(model.description().inputSize),
      source_(model.description().sourceSize) {
  const BatchSize part = unrolled::largestPart(largest, parts);
  lengths_.reserve(static_cast<std::size_t>(largest.input.batch));
  sourceLengths_.reserve(static_cast<std::size_t>(largest.source.batch));
  for (const auto& [half, size] : {std::pair{&input_, part.input}, std::pair{&source_, part.source}}) {
    half->rows.reserve(static_cast<std::size_t>(size.batch));
    half->starts.reserve(static_cast<std::size_t>(size.time) + 1);
    half->partIds.reserve(static_cast<std::size_t>(size.positions));
  }
  if (model.description().input == InputKind::features) {
    input_.partFeatures.reserve(static_cast<std::size_t>(part.input.positions * input_.width));
  }
  if (model.description().source == InputKind::features) {
    source_.partFeatures.reserve(static_cast<std::size_t>(part.source.positions * source_.width));
  }
  targetIds_.reserve(static_cast<std::size_t>(part.input.positions));
  sourceRows_.reserve(static_cast<std::size_t>(part.input.batch));
}

template <class T>
void BatchParts<T>::cut(const TrainingBatch<T>& whole) {
  whole_ = whole;
  lengths_.resize(static_cast<std::size_t>(whole.input.batch));
  whole.input.layout().copyLengths(lengths_.data());
  if (whole.input.source.time == 0) return;
  sourceLengths_.resize(lengths_.size());
  whole.input.sourceLayout().copyLengths(sourceLengths_.data());
}

template <class T>
SequenceLayout BatchParts<T>::Half::layout() const {
  return {static_cast<Index>(starts.size()) - 1, static_cast<Index>(rows.size()), ragged ? starts.data() : nullptr};
}

template <class T>
template <class Element>
const Element* BatchParts<T>::Half::pick(const Element* from, Index elementWidth, std::vector<Element>& to) const {
  to.resize(static_cast<std::size_t>(layout().positions() * elementWidth));
  place.forRuns(layout(), 0, layout().time, [&](Index position, Index ofWhole, Index count) {
    std::copy_n(from + ofWhole * elementWidth, count * elementWidth, to.data() + position * elementWidth);
  });
  return to.data();
}

template <class T>
void BatchParts<T>::Half::take(const SequenceLayout& whole, const std::vector<Index>& lengths, const TokenId* ids,
                               const T* features) {
  const auto lengthOf = [&](Index row) { return lengths[static_cast<std::size_t>(row)]; };
  // The longest come first.
  const Index time = lengthOf(rows.front());
  ragged = lengthOf(rows.back()) != time;
  starts.assign(1, 0);
  std::size_t count = rows.size();
  for (Index t = 0; t < time; ++t) {
    while (lengthOf(rows[count - 1]) <= t) --count;
    starts.push_back(starts.back() + static_cast<Index>(count));
  }
  place = {whole, rows.data()};
  if (ids != nullptr) pick(ids, 1, partIds);
  if (features != nullptr) pick(features, width, partFeatures);
}

template <class T>
TrainingBatch<T> BatchParts<T>::part(Index number) {
  const Batch<T>& whole = whole_.input;
  const Index all = whole_.allRows == 0 ? whole.batch : whole_.allRows;
  const Index first = number * all / parts_;
  const Index end = (number + 1) * all / parts_;
  input_.rows.clear();
  for (Index row = 0; row < whole.batch; ++row) {
    const Index place = whole_.pieces == nullptr ? row : whole_.pieces[row].number;
    if (place >= first && place < end) input_.rows.push_back(row);
  }
  TrainingBatch<T> part = whole_;
  part.pieces = nullptr;
  part.allRows = 0;
  part.carriedFrom = nullptr;
  part.targetCount = 0;
  part.input = {};
  if (input_.rows.empty()) return part;

  input_.take(whole.layout(), lengths_, whole.ids, whole.features);
  const SequenceLayout layout = input_.layout();
  part.input.time = layout.time;
  part.input.batch = layout.batch;
  part.input.starts = layout.starts;
  part.input.ids = whole.ids == nullptr ? nullptr : input_.partIds.data();
  part.input.features = whole.features == nullptr ? nullptr : input_.partFeatures.data();
  part.input.whole = &input_.place;

  if (whole.source.time > 0) {
    const SourceBatch<T>& source = whole.source;
    const auto rowOf = [&](Index row) { return source.rows == nullptr ? row : source.rows[row]; };
    source_.rows.clear();
    for (const Index row : input_.rows) source_.rows.push_back(rowOf(row));
    std::sort(source_.rows.begin(), source_.rows.end());
    sourceRows_.clear();
    for (const Index row : input_.rows) {
      const auto found = std::lower_bound(source_.rows.begin(), source_.rows.end(), rowOf(row));
      sourceRows_.push_back(static_cast<Index>(found - source_.rows.begin()));
    }
    source_.take(whole.sourceLayout(), sourceLengths_, source.ids, source.features);
    const SequenceLayout of = source_.layout();
    part.input.source = {of.time,
                         source.ids == nullptr ? nullptr : source_.partIds.data(),
                         source.features == nullptr ? nullptr : source_.partFeatures.data(),
                         of.starts,
                         sourceRows_.data(),
                         &source_.place};
  }

  // Targets stand at all positions, or at rows.
  const bool everywhere = whole_.targetCount == whole.layout().positions();
  part.targetCount = everywhere ? layout.positions() : layout.batch;
  const auto pickTargets = [&](const auto* from, Index width, auto& to) {
    if (everywhere) return input_.pick(from, width, to);
    to.resize(static_cast<std::size_t>(layout.batch * width));
    for (Index row = 0; row < layout.batch; ++row) {
      std::copy_n(from + input_.rows[static_cast<std::size_t>(row)] * width, width, to.data() + row * width);
    }
    return std::as_const(to).data();
  };
  if (isOfClasses(whole_.targets.kind)) {
    part.targets.ids = pickTargets(whole_.targets.ids, 1, targetIds_);
  } else {
    part.targets.values = pickTargets(whole_.targets.values, model_->outputFeatures(), targetValues_);
  }
  return part;
}

template <class T>
template <class Visit>
void BatchParts<T>::forStates(Visit&& visit) const {
  const auto ofPart = static_cast<Index>(input_.rows.size());
  Index part = 0;
  Index whole = 0;
  for (const StateInfo& state : model_->states()) {
    const std::vector<Index>& rows = state.ofSource ? source_.rows : input_.rows;
    for (Index row = 0; row < ofPart; ++row) {
      visit(part + row * state.features, whole + rows[static_cast<std::size_t>(row)] * state.features, state.features);
    }
    part += ofPart * state.features;
    whole += whole_.input.batch * state.features;
  }
}

template <class T>
void BatchParts<T>::readStates(const T* ofWhole, T* ofPart) const {
  forStates([&](Index part, Index whole, Index count) { std::copy_n(ofWhole + whole, count, ofPart + part); });
}

template <class T>
void BatchParts<T>::writeStates(const T* ofPart, T* ofWhole) const {
  forStates([&](Index part, Index whole, Index count) { std::copy_n(ofPart + part, count, ofWhole + whole); });
}

template class BatchParts<float>;
template class BatchParts<double>;

}  // namespace unrolled
