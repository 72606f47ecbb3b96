// How errors name the layer of a description.
#pragma once

#include <string>

#include "model/description.h"

namespace unrolled {

// What a layer is, as in `"decoder" (lstm, 32 features)`.
std::string described(const LayerDescription& layer);

}  // namespace unrolled
