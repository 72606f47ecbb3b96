// What is said of a description that makes no graph. All are ERR_UNROLLED_OPTION_RANGE and name the layer.
#pragma once

#include <string>
#include <vector>

#include "error.h"
#include "model/description.h"

namespace unrolled {

// For whoever has a value that cannot be.
Error impossible(const std::string& option, const std::string& expected, const std::string& received);

std::string inQuotes(const std::string& name);

// What a layer is, as in `"decoder" (lstm, 32 features)`.
std::string described(const LayerDescription& layer);

// `name` stands for nothing that may be named there; `there` is what may, and `remark` what else is known of the name.
Error unknownName(const std::string& option, const std::string& expected, const std::string& name,
                  const std::string& remark, const std::vector<std::string>& there);

// A recurrent layer cannot start from the states of the recurrent layer `from`.
Error otherStates(const std::string& option, const LayerDescription& layer, const LayerDescription& from);

// A recurrent layer cannot start from the output of what `from` says: a layer or an input that gives `features`, at one
// step or at every one.
Error otherStart(const std::string& option, const LayerDescription& layer, const std::string& from, Index features,
                 bool oneStep);

}  // namespace unrolled
