// A model's loss on data it does not learn from.
#pragma once

#include <functional>
#include <vector>

#include "model/model.h"
#include "training/id_stream.h"

namespace unrolled {

struct Evaluation {
  double lossSum = 0;  // nats
  Index tokens = 0;
  double seconds = 0;
  bool cancelled = false;
};

// Softmax cross-entropy of a stream, cut into rows as for training, from a zero state; the last
// incomplete window counts too. `proceed` is asked before each window; false ends it there.
// Throws ERR_UNROLLED_CORPUS_TOO_SHORT where a row has no token with a target.
template <class T>
Evaluation evaluateStream(Model<T>& model, const IdStream& ids, Index rows, Index window, const Parallel& parallel,
                          const std::function<bool()>& proceed);

// Log-probabilities [N, V] of N sequences (offsets as of LabelledSequences), each from a zero state.
template <class T>
std::vector<T> logProbabilities(Model<T>& model, const std::vector<TokenId>& ids, const std::vector<Index>& offsets,
                                const Parallel& parallel);

}  // namespace unrolled
