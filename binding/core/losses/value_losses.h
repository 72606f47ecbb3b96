// The losses of values (all.h), by their kinds.
#pragma once

#include <memory>
#include <vector>

#include "losses/value_loss.h"

namespace unrolled {

// The targets that a loss of values takes.
TargetRange targetRange(LossKind kind);

// One loss of each kind, for a model with this many outputs.
template <class T>
class ValueLosses {
 public:
  explicit ValueLosses(Index features);

  [[nodiscard]] ValueLoss<T>& of(LossKind kind) const { return *losses_[static_cast<std::size_t>(kind)]; }
  // Lays out the losses of the set.
  void layOut(Arena& arena, LossSet set, PassSize size);

 private:
  std::vector<std::unique_ptr<ValueLoss<T>>> losses_;  // by their kinds; null for what is not a loss of values
};

}  // namespace unrolled
