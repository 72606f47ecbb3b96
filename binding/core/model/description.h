// A model as data: what front ends hand in, and what the core builds and checks.
#pragma once

#include <string>
#include <vector>

#include "kernels/kernel_table.h"
#include "types.h"

namespace unrolled {

enum class InputKind { ids, features };

enum class LayerKind { embedding, oneHot, rnn, gru, lstm, pooling, dense };

// How a sequence becomes one vector.
enum class PoolingKind { last, sum, mean, max };

// How the outputs of both directions become one.
enum class Merge { concatenate, sum };

struct LayerDescription {
  LayerKind kind = LayerKind::embedding;
  // Prefix of its parameters' and states' names.
  std::string name;
  // Features of its output: E, H or the number of classes. Of no use to `oneHot` and `pooling`.
  Index features = 0;
  // Stacked layers of a recurrent kind.
  Index layers = 1;
  Nonlinearity nonlinearity = Nonlinearity::tanh;  // of `rnn`
  // One trained bias a layer; the second does not exist.
  bool singleBias = false;
  // Whether a recurrent kind runs in both directions, and how its outputs are merged.
  bool bidirectional = false;
  Merge merge = Merge::concatenate;
  PoolingKind pooling = PoolingKind::last;
  // Of `rnn`: step back through time with W_hh untransposed, a published error kept for comparison.
  bool untransposedGradient = false;
};

// A chain of layers over ids in [0, inputSize) or over vectors of inputSize features.
struct ModelDescription {
  InputKind input = InputKind::ids;
  Index inputSize = 0;
  std::vector<LayerDescription> layers;
};

}  // namespace unrolled
