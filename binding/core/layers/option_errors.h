// Errors of descriptions that cannot become a graph. All are ERR_UNROLLED_OPTION_RANGE.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/types.h"

namespace unrolled {

// For a value that is not allowed.
Error impossible(const std::string& option, const std::string& expected, const std::string& received);

std::string inQuotes(const std::string& name);

// "1 feature", "2 features".
std::string counted(Index count, const std::string& noun);

// "a", "a and b", "a, b and c".
std::string joined(const std::vector<std::string>& parts);

// `name` is not a valid name there; `there` lists the valid names, and `remark` says what else is known about the name.
Error unknownName(const std::string& option, const std::string& expected, const std::string& name,
                  const std::string& remark, const std::vector<std::string>& there);

}  // namespace unrolled
