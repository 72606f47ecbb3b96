// A model's loss on data it does not learn from.
#pragma once

#include <functional>
#include <vector>

#include "data/batch_source.h"
#include "data/id_stream.h"
#include "distributed/group.h"
#include "model/model.h"

namespace unrolled {

struct Evaluation {
  double lossSum = 0;
  Index tokens = 0;
  Index count = 0;    // what `lossSum` sums: tokens, times the outputs unless it is cross-entropy
  Index correct = 0;  // of `count`
  double seconds = 0;
  bool cancelled = false;
};

// Softmax cross-entropy of a stream, cut into rows as for training, from a zero state; the last
// incomplete window counts too. `proceed` is asked before each window; false ends it there. `shards`: as of a training,
// by parts of the rows. `group`: the ranks that share them; all call it, rank 0 decides, and all get the same result.
// Throws ERR_UNROLLED_CORPUS_TOO_SHORT where a row has no token with a target.
template <class T>
Evaluation evaluateStream(Model<T>& model, const IdStream& ids, Index rows, Index window, const Parallel& parallel,
                          const std::function<bool()>& proceed, Index shards = 1, Group* group = nullptr);

// Loss of the first epoch of a source. `proceed` is asked before each batch; false ends it there. `shards`: the same.
template <class T>
Evaluation evaluateSource(Model<T>& model, BatchSource<T>& source, const Parallel& parallel,
                          const std::function<bool()>& proceed, Index shards = 1, Group* group = nullptr);

}  // namespace unrolled
