// What flows from layer to layer: sequences, time-major.
#pragma once

#include "types.h"

namespace unrolled {

// [T, B, features]: vectors in memory, or ids that name rows of a table and are gathered only where
// a consumer needs them. A consumer may work on the table's rows instead of on every position.
template <class T>
struct Sequence {
  Index time = 0;
  Index batch = 0;
  Index features = 0;
  const T* data = nullptr;       // [T, B, features], or null where there are ids
  const TokenId* ids = nullptr;  // [T, B]
  const T* table = nullptr;      // [tableRows, features]; null with ids: the identity, one-hot vectors
  T* tableGradient = nullptr;    // the same shape: where the gradient goes, written whole
  Index tableRows = 0;

  [[nodiscard]] Index positions() const { return time * batch; }
};

}  // namespace unrolled
