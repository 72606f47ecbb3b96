// Strings that end a text, found across the borders of its tokens.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/types.h"

namespace unrolled {

class StopStrings {
 public:
  // The bytes of each token [V], and of the strings, none of which is empty.
  StopStrings(std::vector<std::string> tokens, std::vector<std::string> strings)
      : tokens_(std::move(tokens)), strings_(std::move(strings)) {
    for (const std::string& string : strings_) longest_ = std::max(longest_, string.size());
  }

  // Whether a string is complete with this token. `tail` holds the last bytes of the text before it, empty at the
  // start, and becomes that of the text with it.
  bool push(std::string& tail, TokenId id) const {
    if (strings_.empty()) return false;
    tail += tokens_[static_cast<std::size_t>(id)];
    const bool found = std::any_of(strings_.begin(), strings_.end(), [&tail](const std::string& string) {
      return tail.find(string) != std::string::npos;
    });
    if (tail.size() >= longest_) tail.erase(0, tail.size() - (longest_ - 1));
    return found;
  }

 private:
  std::vector<std::string> tokens_;
  std::vector<std::string> strings_;
  std::size_t longest_ = 0;
};

}  // namespace unrolled
