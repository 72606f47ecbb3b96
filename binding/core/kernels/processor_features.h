// Which instruction sets the processor has and the system keeps the registers of. Asked of the processor itself, since
// the compilers' own functions for it are not in every run-time library that we link with.
#pragma once

#ifdef UNROLLED_X86_KERNELS

#include <cstdint>

#include <cpuid.h>

namespace unrolled {

class ProcessorFeatures {
 public:
  ProcessorFeatures() {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0) return;
    const bool saves = has(c, 27);  // the system saves more than the oldest registers
    const bool fma = has(c, 12);
    if (!saves || !has(c, 28) || __get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return;
    const std::uint32_t saved = savedRegisters();
    avx2_ = fma && has(b, 5) && (saved & 0x06U) == 0x06U;
    // Foundation, DQ, BW, VL; registers of masks and the upper halves of all 32.
    avx512_ = avx2_ && has(b, 16) && has(b, 17) && has(b, 30) && has(b, 31) && (saved & 0xe6U) == 0xe6U;
  }

  bool avx2() const { return avx2_; }
  bool avx512() const { return avx512_; }

 private:
  static bool has(unsigned word, unsigned bit) { return (word >> bit & 1U) != 0; }

  static std::uint32_t savedRegisters() {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
  }

  bool avx2_ = false;
  bool avx512_ = false;
};

}  // namespace unrolled

#endif
