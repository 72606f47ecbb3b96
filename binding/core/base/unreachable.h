// The end of a switch over an enumeration that has a case for each of its values.
#pragma once

namespace unrolled {

// Stands in the place of a `default`, which would hide a value that was forgotten (-Wswitch-enum).
[[noreturn]] inline void unreachable() { __builtin_unreachable(); }

}  // namespace unrolled
