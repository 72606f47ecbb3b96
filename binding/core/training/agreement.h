// What the ranks of a training must have alike, and what rank 0 sends to the others. All ranks make these calls.
#pragma once

#include <cstdint>
#include <vector>

#include "distributed/group.h"
#include "model/model.h"
#include "training/trainer.h"

namespace unrolled {

// Before the first step: compares the facts of whoever started the ranks (release, options), then the model's
// parameters and which of them are trained, the data (`Trainer::identity`), and the weights, unless these are rank 0's
// to send. All ranks throw ERR_UNROLLED_RANKS_DIFFER, which names the first that differs and its rank.
template <class T>
void requireAlike(Group& group, Model<T>& model, std::uint64_t data, std::vector<SharedFact> facts,
                  bool weights = true);

// Between two steps: compares the weights, which differ where hosts compute with other kernels. All ranks throw
// ERR_UNROLLED_RANKS_DIFFER with ranks, hosts and kernels.
template <class T>
void requireSameWeights(Group& group, Model<T>& model);

// Rank 0's weights, and the state that its training goes on from, to all ranks. Each imports the state then.
template <class T>
void sendWeights(Group& group, Model<T>& model);
template <class T>
void sendState(Group& group, TrainingState<T>& state);

}  // namespace unrolled
