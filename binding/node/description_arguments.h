// A model's description and its initialisers from JavaScript.
#pragma once

#include <vector>

#include <napi.h>

#include "core/model/description.h"
#include "core/model/initializers.h"

namespace unrolled::node {

ModelDescription modelDescription(const Napi::Value& value);
// One for all parameters, or one for each of `parameters`.
std::vector<Initializer> initializers(const Napi::Value& value, Index parameters);

}  // namespace unrolled::node
