// The plan of a model from its description: the inputs and outputs of each layer, its parameters and its states. The
// layers themselves provide it, as for a model, but no memory for computation is allocated, so a plan costs the same
// for any sizes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "layers/layer.h"
#include "model/description.h"
#include "parameters/parameters.h"

namespace unrolled {

// Neighbours in a list.
struct ListPart {
  std::size_t first = 0;
  std::size_t count = 0;
};

struct LayerPlan {
  std::string name;
  std::vector<std::string> from;  // what it reads: layers before it, "input", "source"
  std::vector<Index> inputs;      // features of each input; for ids the size of their vocabulary
  Index features = 0;             // of what it gives
  bool once = false;              // it gives one output a sequence, else one at every step
  bool ofSource = false;          // it runs over the steps of the source, else over those of the input
  // Its own, among those of the model. Recurrent layers have states, others have none.
  ListPart parameters;
  ListPart states;
};

struct ModelPlan {
  std::vector<LayerPlan> layers;      // in the description's order
  std::vector<Parameter> parameters;  // in the order of the flat buffer
  std::vector<StateInfo> states;
  Index features = 0;  // of the last layer's output
  bool once = false;   // whether that is one per sequence
};

// It is the same for models of float and of double. Throws what making the model throws for a description that makes no
// graph, ERR_UNROLLED_OPTION_RANGE.
ModelPlan planOf(const ModelDescription& description);

}  // namespace unrolled
