// Drawing tokens from a language model, one at a time, each fed back.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "model/model.h"
#include "random.h"

namespace unrolled {

struct SamplingOptions {
  double temperature = 1;  // 0 takes the likeliest
  Index topK = 0;          // 0 is off
  double topP = 1;         // 1 is off
  std::uint64_t seed = 0;
  Index position = 0;             // tokens drawn before
  std::vector<TokenId> excluded;  // never drawn
};

// One draw at a time from logits, keyed by (seed, position).
class Sampler {
 public:
  // Throws ERR_UNROLLED_OPTION_RANGE where nothing is left to draw.
  Sampler(SamplingOptions options, Index vocabulary);

  // The token drawn at `position` from logits [V]: of the allowed ones, the topK likeliest, and of
  // those the fewest whose probability reaches topP.
  template <class T>
  TokenId draw(const T* logits, Index position);

 private:
  SamplingOptions options_;
  std::vector<TokenId> allowed_;
  std::vector<TokenId> candidates_;
  std::vector<double> weights_;
};

template <class T>
struct Generation {
  std::vector<TokenId> ids;
  std::vector<T> state;  // flat, for one row; the last id drawn has not been fed
  bool cancelled = false;
};

// Feeds `ids` (at least one) from `state` (empty: zero), then draws `count` tokens. `proceed` is
// asked before each window of the prompt and each draw.
template <class T>
Generation<T> generate(Model<T>& model, const std::vector<TokenId>& ids, std::vector<T> state, Index count,
                       const SamplingOptions& options, const Parallel& parallel, const std::function<bool()>& proceed);

}  // namespace unrolled
