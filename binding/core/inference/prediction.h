// A model's outputs for many sequences, computed in batches of about one length.
#pragma once

#include <functional>
#include <vector>

#include "data/sequence_data.h"
#include "model/model.h"

namespace unrolled {

struct PredictionOptions {
  Index batch = 1;                // most sequences of a batch
  bool logProbabilities = false;  // over the output's features, else the output as it is
};

template <class T>
struct Prediction {
  std::vector<T> output;  // [N, F], or [Σ lengths, F] for a model with an output at every step
  bool cancelled = false;
};

// Each sequence starts from a zero state; results are in the caller's order. `proceed` is called before each batch.
// Throws ERR_UNROLLED_SHAPE for invalid offsets.
template <class T>
Prediction<T> predict(Model<T>& model, const SequenceData<T>& sequences, const PredictionOptions& options,
                      const Parallel& parallel, const std::function<bool()>& proceed);

}  // namespace unrolled
