// Drawing tokens from a language model, one at a time, each fed back; any number of prompts at once.
#pragma once

#include <functional>
#include <vector>

#include "inference/prompts.h"
#include "inference/sampler.h"
#include "model/model.h"

namespace unrolled {

// Options of drawing one row.
struct RowOptions : Drawing {
  Index count = 0;             // tokens, at most; 0 feeds the prompt alone
  Index leastLength = 0;       // tokens of the whole text before which the end token is barred
  std::vector<double> bias{};  // [V], added to the logits of each token, minus infinity bars one; empty: none

  [[nodiscard]] bool isConstrained(Index ofText) const { return !bias.empty() || ofText < leastLength; }
};

// The result for B rows.
template <class T>
struct RowsGeneration {
  std::vector<std::vector<TokenId>> ids;  // of each row; the last one is options.end where that was drawn
  std::vector<T> states;                  // [B, S], row by row; the last drawn id has not been fed
  double seconds = 0;                     // that it took
  bool cancelled = false;
};

// Feeds the prompts from `states` ([B, S], row by row; empty: zero), then draws each row by its options, without the
// `excluded` tokens. A row that is complete, or has drawn `end` (-1: none), takes no more work. The result of a row
// depends only on its own prompt, state and options, to the last bit (unless OpenBLAS computes all products). `proceed`
// is called before each window of the prompts and each draw except the first.
template <class T>
RowsGeneration<T> generateRows(Model<T>& model, const Prompts& prompts, std::vector<T> states,
                               const std::vector<RowOptions>& options, const std::vector<TokenId>& excluded,
                               TokenId end, const Parallel& parallel, const std::function<bool()>& proceed);

template <class T>
struct Generation {
  std::vector<TokenId> ids;
  std::vector<T> state;  // flat, for one row; the last drawn id has not been fed
  bool cancelled = false;
};

// The same of one prompt.
template <class T>
Generation<T> generate(Model<T>& model, const std::vector<TokenId>& ids, std::vector<T> state, Index count,
                       const SamplingOptions& options, const Parallel& parallel, const std::function<bool()>& proceed);

}  // namespace unrolled
