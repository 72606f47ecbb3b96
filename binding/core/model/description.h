// A model as data: what front ends hand in, and what the core builds and checks.
//
// Layers stand in an order in which each comes behind what it reads. A layer reads the one before it
// unless `from` names others: layers, or the model's inputs "input" and "source". So a chain needs no
// `from` at all, and an encoder–decoder needs it twice: where the encoder reads the source, and where
// the decoder reads the input.
#pragma once

#include <string>
#include <vector>

#include "base/types.h"
#include "layers/all.h"

namespace unrolled {

// `none`: only the source of a model with one input has it.
enum class InputKind { ids, features, none };

struct LayerDescription {
  // Prefix of its parameters' and states' names; what `from` and the like name it by.
  std::string name;
  // Which layer it is, and what it is told.
  LayerOptions options = {};
  // What it reads; empty: the layer before it, or "input" where there is none.
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
