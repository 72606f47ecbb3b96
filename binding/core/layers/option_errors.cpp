#include "layers/option_errors.h"

#include <cstddef>

namespace unrolled {
namespace {

// More names than these are not read.
constexpr std::size_t mostNames = 24;

// The last names, because these layers are the nearest.
std::string listed(const std::vector<std::string>& names) {
  const std::size_t first = names.size() > mostNames ? names.size() - mostNames : 0;
  std::string text = first > 0 ? "…, " : "";
  for (std::size_t i = first; i < names.size(); ++i) text += (i > first ? ", " : "") + inQuotes(names[i]);
  return text;
}

}  // namespace

Error impossible(const std::string& option, const std::string& expected, const std::string& received) {
  return Error::mustBe("ERR_UNROLLED_OPTION_RANGE", option, expected, received);
}

std::string inQuotes(const std::string& name) { return "\"" + name + "\""; }

std::string counted(Index count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text;
}

Error unknownName(const std::string& option, const std::string& expected, const std::string& name,
                  const std::string& remark, const std::vector<std::string>& there) {
  const std::string choice =
      there.empty() ? "There is none" : "There " + std::string(there.size() == 1 ? "is " : "are ");
  return Error::of("ERR_UNROLLED_OPTION_RANGE", option,
                   "must be " + expected + ", not " + inQuotes(name) + (remark.empty() ? "" : ", " + remark),
                   choice + listed(there) + ".")
      .about(option, expected, inQuotes(name));
}

}  // namespace unrolled
