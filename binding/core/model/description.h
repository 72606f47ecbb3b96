// A model as data: what front ends hand in, and what the core builds and checks.
#pragma once

#include <string>
#include <vector>

#include "kernels/kernel_table.h"
#include "types.h"

namespace unrolled {

enum class InputKind { ids, features };

enum class LayerKind { embedding, oneHot, rnn, gru, lstm, last, dense };

struct LayerDescription {
  LayerKind kind = LayerKind::embedding;
  // Prefix of its parameters' and states' names.
  std::string name;
  // Features of its output: E, H or the number of classes. Of no use to `oneHot` and `last`.
  Index features = 0;
  // Stacked layers of a recurrent kind.
  Index layers = 1;
  Nonlinearity nonlinearity = Nonlinearity::tanh;  // of `rnn`
  // One trained bias a layer; the second does not exist.
  bool singleBias = false;
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
