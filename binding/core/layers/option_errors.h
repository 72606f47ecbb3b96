// What is said of a description that makes no graph. All are ERR_UNROLLED_OPTION_RANGE.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/types.h"

namespace unrolled {

// For whoever has a value that cannot be.
Error impossible(const std::string& option, const std::string& expected, const std::string& received);

std::string inQuotes(const std::string& name);

// "1 feature", "2 features".
std::string counted(Index count, const std::string& noun);

// "a", "a and b", "a, b and c".
std::string joined(const std::vector<std::string>& parts);

// `name` stands for nothing that may be named there; `there` is what may, and `remark` what else is known of the name.
Error unknownName(const std::string& option, const std::string& expected, const std::string& name,
                  const std::string& remark, const std::vector<std::string>& there);

}  // namespace unrolled
