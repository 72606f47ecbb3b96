// Treats subnormal numbers as zero while a thread computes, and restores the mode afterwards. Every computing thread
// uses this mode, so results do not depend on which thread computes a tile.
#pragma once

#include <cstdint>

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace unrolled {

class FloatingPointMode {
 public:
#if defined(__x86_64__) || defined(_M_X64)
  FloatingPointMode() : saved_(_mm_getcsr()) { _mm_setcsr(static_cast<unsigned>(saved_) | flushToZero); }
  ~FloatingPointMode() { _mm_setcsr(static_cast<unsigned>(saved_)); }
#elif defined(__aarch64__)
  FloatingPointMode() {
    asm volatile("mrs %0, fpcr" : "=r"(saved_));
    asm volatile("msr fpcr, %0" : : "r"(saved_ | flushToZero));
  }
  ~FloatingPointMode() { asm volatile("msr fpcr, %0" : : "r"(saved_)); }
#else
  FloatingPointMode() = default;
  ~FloatingPointMode() = default;
#endif
  FloatingPointMode(const FloatingPointMode&) = delete;
  FloatingPointMode& operator=(const FloatingPointMode&) = delete;
  FloatingPointMode(FloatingPointMode&&) = delete;
  FloatingPointMode& operator=(FloatingPointMode&&) = delete;

 private:
#if defined(__x86_64__) || defined(_M_X64)
  static constexpr unsigned flushToZero = 0x8040;  // FTZ | DAZ
#elif defined(__aarch64__)
  static constexpr std::uint64_t flushToZero = 1U << 24U;  // FZ
#endif
  [[maybe_unused]] std::uint64_t saved_ = 0;
};

}  // namespace unrolled
