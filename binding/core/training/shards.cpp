#include "training/shards.h"

#include <cstring>
#include <string>
#include <type_traits>

#include "base/error.h"

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

// What a rank tells the others of its parts, before the rows that their gradients touch.
struct Told {
  double sum;
  double reported;
  Index correct;
  Index proceed;
};
static_assert(std::is_trivially_copyable_v<Told>);

template <class Element>
void append(std::vector<std::byte>& bytes, const Element* elements, std::size_t count) {
  const std::size_t before = bytes.size();
  bytes.resize(before + count * sizeof(Element));
  if (count > 0) std::memcpy(bytes.data() + before, elements, count * sizeof(Element));
}

}  // namespace

template <class T>
Shards<T>::Shards(Model<T>& model, const BatchSize& largest, Index parts, Use use, Group* group)
    : model_(model), group_(group), count_(parts), parts_(model, largest, parts) {
  if (parts % ranks() != 0) {
    const std::string expected = "a multiple of the number of ranks, " + std::to_string(ranks());
    throw Error::mustBe("ERR_UNROLLED_OPTION_RANGE", "shards", expected, std::to_string(parts));
  }
  const Index own = parts / ranks();
  losses_.resize(static_cast<std::size_t>(own));
  const auto size = static_cast<std::size_t>(model.stateSize(largestPart(largest, parts).input.batch));
  states_.reserve(size);
  if (use == Use::losses) return;
  tree_ = std::make_unique<GradientTree<T>>(model.buffers(), own);
  stateGradients_.reserve(size);
}

template <class T>
template <class Of>
LossResult Shards<T>::forParts(const TrainingBatch<T>& batch, T* states, Of&& of) {
  parts_.cut(batch);
  const Index first = group_ == nullptr ? 0 : firstOf(group_->rank());
  for (std::size_t number = 0; number < losses_.size(); ++number) {
    const TrainingBatch<T> part = parts_.part(first + static_cast<Index>(number));
    states_.resize(static_cast<std::size_t>(model_.stateSize(part.input.batch)));
    parts_.readStates(states, states_.data());
    losses_[number] = of(part);
    parts_.writeStates(states_.data(), states);
  }
  return sumOf(losses_);
}

template <class T>
LossResult Shards<T>::sumOverRanks(const LossResult& own, bool gradients, bool& proceed) {
  if (group_ == nullptr) return own;
  const Told told = {own.sum, own.reported(), own.correct, proceed ? 1 : 0};
  message_.clear();
  append(message_, &told, 1);
  if (gradients) {
    const std::vector<TokenId>& rows = tree_->rowsAdded();
    append(message_, rows.data(), rows.size());
  }
  std::vector<LossResult> losses;
  std::vector<std::vector<TokenId>> rowsOfRanks;
  for (const std::vector<std::byte>& of : group_->gatherAll(message_.data(), message_.size())) {
    Told other = {};
    std::memcpy(&other, of.data(), sizeof(Told));
    if (losses.empty()) proceed = other.proceed != 0;
    losses.push_back({other.sum, other.correct, other.reported});
    std::vector<TokenId>& rows = rowsOfRanks.emplace_back((of.size() - sizeof(Told)) / sizeof(TokenId));
    if (!rows.empty()) std::memcpy(rows.data(), of.data() + sizeof(Told), rows.size() * sizeof(TokenId));
  }
  if (gradients) tree_->sumOver(*group_, rowsOfRanks);
  return sumOf(losses);
}

template <class T>
LossResult Shards<T>::lossAndGradients(const TrainingBatch<T>& batch, T scale, T* states, const Parallel& parallel,
                                       const Dropping& dropping, Bf16Products* bf16, bool& proceed) {
  const LossResult own = forParts(batch, states, [&](const TrainingBatch<T>& part) {
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
  const LossResult result = sumOverRanks(own, true, proceed);
  tree_->finish();
  return result;
}

template <class T>
LossResult Shards<T>::loss(const TrainingBatch<T>& batch, T* states, const Parallel& parallel, bool& proceed) {
  const LossResult own = forParts(batch, states, [&](const TrainingBatch<T>& part) {
    return part.input.batch == 0 ? LossResult() : model_.loss(part.input, part.targets, states_.data(), parallel);
  });
  return sumOverRanks(own, false, proceed);
}

template <class T>
void Shards<T>::gatherStates(const TrainingBatch<T>& batch, T* states) {
  if (group_ == nullptr) return;
  parts_.cut(batch);
  const auto forPartsOf = [&](Index rank, auto&& visit) {
    for (Index number = firstOf(rank); number < firstOf(rank + 1); ++number) {
      const Index rows = parts_.part(number).input.batch;
      states_.resize(static_cast<std::size_t>(model_.stateSize(rows)));
      visit();
    }
  };
  message_.clear();
  forPartsOf(group_->rank(), [&] {
    parts_.readStates(states, states_.data());
    append(message_, states_.data(), states_.size());
  });
  const std::vector<std::vector<std::byte>> all = group_->gatherAll(message_.data(), message_.size());
  for (Index rank = 0; rank < ranks(); ++rank) {
    const std::byte* next = all[static_cast<std::size_t>(rank)].data();
    forPartsOf(rank, [&] {
      const std::size_t bytes = states_.size() * sizeof(T);
      if (bytes > 0) std::memcpy(states_.data(), next, bytes);
      next += bytes;
      parts_.writeStates(states_.data(), states);
    });
  }
}

template class Shards<float>;
template class Shards<double>;

}  // namespace unrolled
