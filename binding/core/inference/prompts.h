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

// Feeds every prompt in windows of a few time steps, so that the logits of a long one are never held; a row takes no
// work once it has ended. `states` [B, S], row after row, come in as the initial ones and leave as the final ones;
// `logits` [B, V] become those of what follows. `proceed` is asked before each window; false ends it there, and is
// returned.
template <class T>
bool feedPrompts(Model<T>& model, const Prompts& prompts, T* states, T* logits, const Parallel& parallel,
                 const std::function<bool()>& proceed);

}  // namespace unrolled
