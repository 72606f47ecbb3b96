// The scalar types every part of the core shares.
#pragma once

#include <cstdint>

namespace unrolled {

// Sizes, offsets and counts: signed, so that differences are safe.
using Index = std::int64_t;

// A token's number in its vocabulary, or a class's number.
using TokenId = std::int32_t;

}  // namespace unrolled
