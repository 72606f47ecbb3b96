#include "losses/class_sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/random.h"

namespace unrolled {

ClassSampler::ClassSampler(RankTable ranks, Index samples)
    : ranks_(std::move(ranks)), samples_(samples), logClasses_(std::log(static_cast<double>(ranks_.classes()) + 1)) {}

void ClassSampler::reserve() {
  if (!places_.empty()) return;
  ids_.reserve(static_cast<std::size_t>(samples_));
  if (samples_ == ranks_.classes()) {
    ids_.resize(static_cast<std::size_t>(samples_));
    std::iota(ids_.begin(), ids_.end(), TokenId{0});
    places_ = ids_;
  } else {
    places_.resize(static_cast<std::size_t>(ranks_.classes()), -1);
  }
}

void ClassSampler::draw(std::uint64_t seed, std::uint64_t step) {
  reserve();
  const Index classes = ranks_.classes();
  if (samples_ == classes) return;
  for (const TokenId id : ids_) places_[static_cast<std::size_t>(id)] = -1;
  ids_.clear();
  Random random(seed, RandomUse::classSampling, step);
  draws_ = 0;
  while (static_cast<Index>(ids_.size()) < samples_) {
    ++draws_;
    const auto rank = static_cast<Index>(std::exp(random.uniform() * logClasses_)) - 1;
    const TokenId id = ranks_.idOf(static_cast<TokenId>(std::clamp<Index>(rank, 0, classes - 1)));
    TokenId& place = places_[static_cast<std::size_t>(id)];
    if (place != -1) continue;
    place = 0;
    ids_.push_back(id);
  }
  std::sort(ids_.begin(), ids_.end());
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    places_[static_cast<std::size_t>(ids_[i])] = static_cast<TokenId>(i);
  }
}

double ClassSampler::logExpectation(TokenId id) const {
  if (draws_ == 0) return 0;
  const double rank = ranks_.rankOf(id);
  const double probability = std::log1p(1 / (rank + 1)) / logClasses_;
  return std::log(-std::expm1(draws_ * std::log1p(-probability)));
}

}  // namespace unrolled
