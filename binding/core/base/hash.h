// A 64-bit fingerprint of data, to tell whether two things are the same; not against forgery.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/types.h"

namespace unrolled {

class Hash {
 public:
  Hash& add(std::uint64_t word) {
    // A multiplication carries low bits up, the shift brings high ones down again.
    value_ = (value_ ^ word) * 0x9E3779B97F4A7C15U;
    value_ ^= value_ >> 32U;
    return *this;
  }
  Hash& add(Index number) { return add(static_cast<std::uint64_t>(number)); }

  // The elements' bytes, and how many there are.
  template <class Element>
  Hash& add(const std::vector<Element>& elements) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(elements.data());
    const std::size_t count = elements.size() * sizeof(Element);
    add(static_cast<std::uint64_t>(count));
    for (std::size_t begin = 0; begin < count; begin += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes + begin, count - begin < 8 ? count - begin : 8);
      add(word);
    }
    return *this;
  }

  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325U;
};

}  // namespace unrolled
