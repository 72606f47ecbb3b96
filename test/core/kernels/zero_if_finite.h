// What shows a number that is not finite where a zero would hide it.
#pragma once

namespace unrolled::reference {

// 0, or not-a-number for what is not finite.
template <class T>
T zeroIfFinite(T x) {
  return x - x;
}

}  // namespace unrolled::reference
