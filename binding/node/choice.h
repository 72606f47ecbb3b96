// Arguments that are one of a few words, and the errors for arguments that are not what they should be.
#pragma once

#include <array>
#include <string>
#include <utility>

#include <napi.h>

#include "core/error.h"
#include "node/arguments.h"

namespace unrolled::node {

Error wrongType(const char* name, const std::string& expected, const Napi::Value& value);
Error outOfRange(const char* name, const std::string& expected, const Napi::Value& value);

// The value of the choice whose name the text is.
template <class Value, std::size_t count>
Value choice(const char* name, const Napi::Value& value,
             const std::array<std::pair<const char*, Value>, count>& choices) {
  const std::string chosen = text(name, value);
  std::string expected = "one of";
  for (const auto& [word, meaning] : choices) {
    if (chosen == word) return meaning;
    expected += std::string(" ") + word;
  }
  throw outOfRange(name, expected, value);
}

}  // namespace unrolled::node
