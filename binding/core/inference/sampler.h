// Drawing one token from the logits of what follows.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "base/types.h"

namespace unrolled {

// How a text is drawn.
struct Drawing {
  double temperature = 1;  // 0 takes the likeliest
  Index topK = 0;          // 0 is off
  double topP = 1;         // 1 is off
  std::uint64_t seed = 0;
  Index position = 0;  // tokens drawn before
};

struct SamplingOptions : Drawing {
  std::vector<TokenId> excluded;  // never drawn
  TokenId end = -1;               // ends its row when drawn; -1: none
};

// One draw at a time from logits, keyed by (seed, position).
class Sampler {
 public:
  // Throws ERR_UNROLLED_OPTION_RANGE if nothing is left to draw.
  Sampler(const std::vector<TokenId>& excluded, Index vocabulary);
  // The same, whose draws go by these options where they are given none.
  Sampler(const SamplingOptions& options, Index vocabulary) : Sampler(options.excluded, vocabulary) {
    options_ = options;
  }

  // The token drawn at `position` from logits [V]: of the allowed ones, the topK likeliest, and of
  // those the fewest whose probability reaches topP. Throws ERR_UNROLLED_MODEL_NOT_FINITE if one of the logits is
  // not finite.
  template <class T>
  TokenId draw(const T* logits, Index position) {
    return draw(logits, options_, position);
  }
  // The same by other options; their position is not read.
  template <class T>
  TokenId draw(const T* logits, const Drawing& options, Index position);
  // The same from logits to which `bias` [V] is added first (null: nothing). Minus infinity bars its token, and
  // `barred`
  // (-1: none) is barred too. Throws ERR_UNROLLED_OPTION_RANGE if nothing is left to draw.
  template <class T>
  TokenId draw(const T* logits, const double* bias, TokenId barred, const Drawing& options, Index position);

 private:
  template <class T>
  TokenId drawFrom(const std::vector<TokenId>& allowed, const T* logits, const Drawing& options, Index position);

  Index vocabulary_;
  Drawing options_;
  std::vector<TokenId> allowed_;
  std::vector<TokenId> candidates_;
  std::vector<double> weights_;
  std::vector<TokenId> open_;
  std::vector<double> biased_;
};

}  // namespace unrolled
