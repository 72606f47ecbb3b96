// How errors name the layer of a description.
#pragma once

#include <string>

#include "model/description.h"

namespace unrolled {

// A layer in words, such as `"decoder" (lstm, 32 features)`.
std::string described(const LayerDescription& layer);

}  // namespace unrolled
