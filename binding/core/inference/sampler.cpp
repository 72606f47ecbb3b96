#include "inference/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"
#include "inference/log_softmax.h"

namespace unrolled {
namespace {

template <class T>
void requireFiniteLogits(const T* logits, Index vocabulary) {
  std::for_each(logits, logits + vocabulary, [](T logit) { requireFiniteOutput(static_cast<double>(logit)); });
}

}  // namespace

Sampler::Sampler(const std::vector<TokenId>& excluded, Index vocabulary) : vocabulary_(vocabulary) {
  allowed_.reserve(static_cast<std::size_t>(vocabulary));
  for (TokenId id = 0; id < vocabulary; ++id) {
    if (std::find(excluded.begin(), excluded.end(), id) == excluded.end()) allowed_.push_back(id);
  }
  if (allowed_.empty()) {
    throw Error::of("ERR_UNROLLED_OPTION_RANGE", "excluded", "leaves no token of the vocabulary to choose")
        .about("excluded", "fewer than " + std::to_string(vocabulary) + " ids", "all of them");
  }
  candidates_.reserve(allowed_.size());
  weights_.reserve(allowed_.size());
}

template <class T>
TokenId Sampler::draw(const T* logits, const Drawing& options, Index position) {
  requireFiniteLogits(logits, vocabulary_);
  return drawFrom(allowed_, logits, options, position);
}

template <class T>
TokenId Sampler::draw(const T* logits, const double* bias, TokenId barred, const Drawing& options, Index position) {
  requireFiniteLogits(logits, vocabulary_);
  open_.clear();
  biased_.resize(static_cast<std::size_t>(vocabulary_));
  for (const TokenId id : allowed_) {
    const double added = bias == nullptr ? 0 : bias[id];
    if (id == barred || added == -std::numeric_limits<double>::infinity()) continue;
    biased_[static_cast<std::size_t>(id)] = static_cast<double>(logits[id]) + added;
    open_.push_back(id);
  }
  if (open_.empty()) {
    throw Error::of("ERR_UNROLLED_OPTION_RANGE", "bias", "leaves no token of the vocabulary to choose")
        .about("bias", "at least one token that is not excluded", "all excluded");
  }
  return drawFrom(open_, biased_.data(), options, position);
}

template <class T>
TokenId Sampler::drawFrom(const std::vector<TokenId>& allowed, const T* logits, const Drawing& options,
                          Index position) {
  // Ties go to the smaller id, so that the order is the same on every machine.
  const auto likelier = [logits](TokenId a, TokenId b) {
    return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
  };
  const TokenId best = *std::min_element(allowed.begin(), allowed.end(), likelier);
  if (options.temperature == 0) return best;

  candidates_ = allowed;
  auto kept = static_cast<Index>(candidates_.size());
  if (options.topK > 0 && options.topK < kept) {
    kept = options.topK;
    std::nth_element(candidates_.begin(), candidates_.begin() + (kept - 1), candidates_.end(), likelier);
    candidates_.resize(static_cast<std::size_t>(kept));
  }
  if (options.topK > 0) std::sort(candidates_.begin(), candidates_.end());

  const auto weightOf = [&](TokenId id) {
    return std::exp((static_cast<double>(logits[id]) - static_cast<double>(logits[best])) / options.temperature);
  };
  weights_.clear();
  double total = 0;
  for (const TokenId id : candidates_) {
    weights_.push_back(weightOf(id));
    total += weights_.back();
  }
  if (options.topP < 1) {
    // The most likely ids come off a heap first, so ids that are left out are never sorted. They are collected after
    // the heap's end.
    const auto lessLikely = [&](TokenId a, TokenId b) { return likelier(b, a); };
    std::make_heap(candidates_.begin(), candidates_.end(), lessLikely);
    const double asked = options.topP * total;
    auto end = candidates_.end();
    weights_.clear();
    total = 0;
    while (end != candidates_.begin() && (weights_.empty() || total < asked)) {
      std::pop_heap(candidates_.begin(), end--, lessLikely);
      weights_.push_back(weightOf(*end));
      total += weights_.back();
    }
    std::reverse(candidates_.begin(), candidates_.end());
  }

  Random random(options.seed, RandomUse::sampling, static_cast<std::uint64_t>(position));
  double left = random.uniform() * total;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    left -= weights_[i];
    if (left < 0) return candidates_[i];
  }
  return candidates_[weights_.size() - 1];
}

template TokenId Sampler::draw<float>(const float*, const Drawing&, Index);
template TokenId Sampler::draw<double>(const double*, const Drawing&, Index);
template TokenId Sampler::draw<float>(const float*, const double*, TokenId, const Drawing&, Index);
template TokenId Sampler::draw<double>(const double*, const double*, TokenId, const Drawing&, Index);

}  // namespace unrolled
