#include "training/sampler.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "error.h"
#include "training/log_softmax.h"

namespace unrolled {

Sampler::Sampler(SamplingOptions options, Index vocabulary) : options_(std::move(options)) {
  for (TokenId id = 0; id < vocabulary; ++id) {
    if (std::find(options_.excluded.begin(), options_.excluded.end(), id) == options_.excluded.end()) {
      allowed_.push_back(id);
    }
  }
  if (allowed_.empty()) {
    throw Error("ERR_UNROLLED_OPTION_RANGE", "excluded leaves no token of the vocabulary to draw.")
        .about("excluded", "fewer than " + std::to_string(vocabulary) + " ids", "all of them");
  }
  candidates_.reserve(allowed_.size());
  weights_.reserve(allowed_.size());
}

template <class T>
TokenId Sampler::draw(const T* logits, std::uint64_t seed, Index position) {
  for (const TokenId id : allowed_) requireFiniteOutput(static_cast<double>(logits[id]));
  // Ties go to the smaller id, so that the order is the same on every machine.
  const auto likelier = [logits](TokenId a, TokenId b) {
    return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
  };
  candidates_ = allowed_;
  const TokenId best = *std::min_element(candidates_.begin(), candidates_.end(), likelier);
  if (options_.temperature == 0) return best;

  auto kept = static_cast<Index>(candidates_.size());
  if (options_.topK > 0 && options_.topK < kept) {
    kept = options_.topK;
    std::nth_element(candidates_.begin(), candidates_.begin() + (kept - 1), candidates_.end(), likelier);
    candidates_.resize(static_cast<std::size_t>(kept));
  }
  if (options_.topP < 1) {
    std::sort(candidates_.begin(), candidates_.end(), likelier);
  } else if (options_.topK > 0) {
    std::sort(candidates_.begin(), candidates_.end());
  }

  weights_.clear();
  double total = 0;
  for (const TokenId id : candidates_) {
    weights_.push_back(
        std::exp((static_cast<double>(logits[id]) - static_cast<double>(logits[best])) / options_.temperature));
    total += weights_.back();
  }
  if (options_.topP < 1) {
    double reached = 0;
    std::size_t count = 0;
    while (count < weights_.size() && (count == 0 || reached < options_.topP * total)) reached += weights_[count++];
    weights_.resize(count);
    total = reached;
  }

  Random random(seed, RandomUse::sampling, static_cast<std::uint64_t>(position));
  double left = random.uniform() * total;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    left -= weights_[i];
    if (left < 0) return candidates_[i];
  }
  return candidates_[weights_.size() - 1];
}

template TokenId Sampler::draw<float>(const float*, std::uint64_t, Index);
template TokenId Sampler::draw<double>(const double*, std::uint64_t, Index);

}  // namespace unrolled
