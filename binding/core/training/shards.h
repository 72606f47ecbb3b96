// The gradient of a batch by its parts, each computed on its own: what a training with `shards` does in a step, in one
// process or on the ranks of a group.
//
// Of S parts rank r of N computes those from rS/N to (r+1)S/N - 1, and adds them in their subtree; the group adds the
// subtrees. So the bits are those of one process, for any N. Every rank knows the whole batch, its rows and normaliser;
// hidden states are those of the rank whose part the row is in.
#pragma once

#include <memory>
#include <vector>

#include "data/batch_parts.h"
#include "distributed/group.h"
#include "training/gradient_tree.h"

namespace unrolled {

template <class T>
class Shards {
 public:
  // What is made of the parts: gradients, for which there must be memory, or losses alone.
  enum class Use { gradients, losses };

  // Of batches of up to that size, cut into so many parts, a power of two. `group`: null for one process, else what
  // computes the parts together. Throws ERR_UNROLLED_OPTION_RANGE unless its size divides their number.
  Shards(Model<T>& model, const BatchSize& largest, Index parts, Use use, Group* group = nullptr);

  // As `Model::lossAndGradients` over the whole batch. Normaliser (in `scale`) and random numbers are the whole's, sums
  // of losses are added in the tree of the gradients. `states` are those of the whole, of which a rank knows its own
  // rows. `proceed`: comes as what this rank wants, and leaves as what rank 0 wants.
  LossResult lossAndGradients(const TrainingBatch<T>& batch, T scale, T* states, const Parallel& parallel,
                              const Dropping& dropping, Bf16Products* bf16, bool& proceed);

  // As `Model::loss`.
  LossResult loss(const TrainingBatch<T>& batch, T* states, const Parallel& parallel, bool& proceed);

  // Brings the states after that batch together: all ranks call it, and each then has those of all rows.
  void gatherStates(const TrainingBatch<T>& batch, T* states);

 private:
  [[nodiscard]] Index ranks() const { return group_ == nullptr ? 1 : group_->size(); }
  [[nodiscard]] Index firstOf(Index rank) const { return rank * count_ / ranks(); }
  // of(part) for each part of this rank, with its states in `states_`; takes them back.
  template <class Of>
  LossResult forParts(const TrainingBatch<T>& batch, T* states, Of&& of);
  // From what this rank has to the sums of all, the gradients' among them if there are any.
  LossResult sumOverRanks(const LossResult& own, bool gradients, bool& proceed);

  Model<T>& model_;
  Group* group_;
  Index count_;
  BatchParts<T> parts_;
  std::unique_ptr<GradientTree<T>> tree_;  // null for losses alone
  std::vector<T> states_;
  std::vector<T> stateGradients_;
  std::vector<LossResult> losses_;  // of each part of this rank
  std::vector<std::byte> message_;
};

}  // namespace unrolled
