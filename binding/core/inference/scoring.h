// How likely a model holds a text to be, token by token, and what it holds likeliest next.
#pragma once

#include <functional>
#include <vector>

#include "model/model.h"

namespace unrolled {

struct Scoring {
  std::vector<double> logProbabilities;  // nats
  bool cancelled = false;
};

// log p(ids[i] | ids[0], …, ids[i - 1]) for each i from `first` (at least 1), from a zero state. Only the logits of a
// window of positions are in memory. `proceed` is called before each window; false stops there. Throws
// ERR_UNROLLED_MODEL_NOT_FINITE.
template <class T>
Scoring scoreStream(Model<T>& model, const std::vector<TokenId>& ids, Index first, const Parallel& parallel,
                    const std::function<bool()>& proceed);

struct NextTokens {
  std::vector<TokenId> ids;  // by falling probability, of equals the lower id first
  std::vector<double> logProbabilities;
  bool cancelled = false;
};

// The `count` likeliest tokens (at most V) after `ids` (at least one), fed from a zero state.
// Throws ERR_UNROLLED_MODEL_NOT_FINITE.
template <class T>
NextTokens likeliestNext(Model<T>& model, const std::vector<TokenId>& ids, Index count, const Parallel& parallel,
                         const std::function<bool()>& proceed);

}  // namespace unrolled
