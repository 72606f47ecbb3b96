// Feeding prompts: what generation, beam search and scores of the next token begin with.
#pragma once

#include <functional>
#include <vector>

#include "model/model.h"

namespace unrolled {

// Ids of B prompts, each at least one: prompt i is ids[offsets[i] .. offsets[i + 1]).
struct Prompts {
  std::vector<TokenId> ids;
  std::vector<Index> offsets;  // [B + 1]

  [[nodiscard]] Index count() const { return static_cast<Index>(offsets.size()) - 1; }
  [[nodiscard]] Index length(Index row) const {
    return offsets[static_cast<std::size_t>(row) + 1] - offsets[static_cast<std::size_t>(row)];
  }
};

// Feeds every prompt in windows of a few time steps, so that the logits of a long prompt are never in memory at once. A
// row takes no work after its end. `states` [B, S], row by row, are the initial states and become the final ones;
// `logits` [B, V] become those of the next id. `proceed` is called before each window; false stops there, and is
// returned.
template <class T>
bool feedPrompts(Model<T>& model, const Prompts& prompts, T* states, T* logits, const Parallel& parallel,
                 const std::function<bool()>& proceed);

}  // namespace unrolled
