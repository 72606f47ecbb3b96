// Drawing tokens from a language model, one at a time, each fed back; any number of prompts at once.
#pragma once

#include <functional>
#include <vector>

#include "model/model.h"
#include "training/prompts.h"
#include "training/sampler.h"

namespace unrolled {

// Of B rows.
template <class T>
struct RowsGeneration {
  std::vector<std::vector<TokenId>> ids;  // of each row; the last one is options.end where that was drawn
  std::vector<T> states;                  // [B, S], row after row; the last id drawn has not been fed
  bool cancelled = false;
};

// Feeds the prompts from `states` ([B, S], row after row; empty: zero), then draws up to `count` tokens a row, row i
// by seeds[i] (options.seed is not used). A row that draws `options.end` is done and takes no more work. What a row
// draws depends on its own prompt and seed alone, but for the last bits of products, which may depend on the number
// of rows. `proceed` is asked before each window of the prompts and each draw but the first.
template <class T>
RowsGeneration<T> generateRows(Model<T>& model, const Prompts& prompts, std::vector<T> states, Index count,
                               const SamplingOptions& options, const std::vector<std::uint64_t>& seeds,
                               const Parallel& parallel, const std::function<bool()>& proceed);

template <class T>
struct Generation {
  std::vector<TokenId> ids;
  std::vector<T> state;  // flat, for one row; the last id drawn has not been fed
  bool cancelled = false;
};

// The same of one prompt, by options.seed.
template <class T>
Generation<T> generate(Model<T>& model, const std::vector<TokenId>& ids, std::vector<T> state, Index count,
                       const SamplingOptions& options, const Parallel& parallel, const std::function<bool()>& proceed);

}  // namespace unrolled
