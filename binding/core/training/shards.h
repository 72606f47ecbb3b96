// The gradient of a batch by its parts, each computed on its own: what a training with `shards` does in a step.
#pragma once

#include <memory>
#include <vector>

#include "data/batch_parts.h"
#include "training/gradient_tree.h"

namespace unrolled {

template <class T>
class Shards {
 public:
  // What is made of the parts: gradients, for which there must be memory, or losses alone.
  enum class Use { gradients, losses };

  // Of batches of up to that size, cut into so many parts, a power of two.
  Shards(Model<T>& model, const BatchSize& largest, Index parts, Use use);

  // As `Model::lossAndGradients` over the whole batch. Normaliser (in `scale`) and random numbers are the whole's, sums
  // of losses are added in the tree of the gradients. `states` are those of the whole.
  LossResult lossAndGradients(const TrainingBatch<T>& batch, T scale, T* states, const Parallel& parallel,
                              const Dropping& dropping, Bf16Products* bf16);

  // As `Model::loss`.
  LossResult loss(const TrainingBatch<T>& batch, T* states, const Parallel& parallel);

 private:
  // of(part) for each part with its states in `states_`; takes them back.
  template <class Of>
  LossResult forParts(const TrainingBatch<T>& batch, T* states, Of&& of);

  Model<T>& model_;
  Index count_;
  BatchParts<T> parts_;
  std::unique_ptr<GradientTree<T>> tree_;  // null for losses alone
  std::vector<T> states_;
  std::vector<T> stateGradients_;
  std::vector<LossResult> losses_;  // of each part
};

}  // namespace unrolled
