// A model as data, which front ends pass in, and which the core checks and builds.
//
// Layers are ordered so that each comes after the layers that it reads. A layer reads the one before it unless `from`
// names others: layers, or the model's inputs "input" and "source". So a chain needs no `from` at all, and an
// encoder–decoder needs it twice: where the encoder reads the source, and where the decoder reads the input.
#pragma once

#include <string>
#include <vector>

#include "base/types.h"
#include "layers/all.h"

namespace unrolled {

// `none`: only for the source of a model with one input.
enum class InputKind { ids, features, none };

struct LayerDescription {
  // Prefix of its parameters' and states' names; what `from` and the like name it by.
  std::string name;
  // The layer's type and options.
  LayerOptions options = {};
  // The layers that it reads; empty: the layer before it, or "input" if there is none.
  std::vector<std::string> from = {};
};

// Layers over ids in [0, inputSize) or vectors of inputSize features; encoder–decoders have a second
// input, the source.
struct ModelDescription {
  InputKind input = InputKind::ids;
  Index inputSize = 0;
  std::vector<LayerDescription> layers = {};
  InputKind source = InputKind::none;
  Index sourceSize = 0;
};

}  // namespace unrolled
