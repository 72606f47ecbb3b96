// The instruction sets that the processor has and whose registers the system saves. The processor is asked directly,
// because the compilers' own functions for this are not in every run-time library that we link with.
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
    if (!saves || !has(c, 28)) return;
    const std::uint32_t saved = savedRegisters();
    avx_ = (saved & 0x06U) == 0x06U;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return;
    avx2_ = avx_ && fma && has(b, 5);
    // Foundation, DQ, BW, VL; registers of masks and the upper halves of all 32.
    avx512_ = avx2_ && has(b, 16) && has(b, 17) && has(b, 30) && has(b, 31) && (saved & 0xe6U) == 0xe6U;
    // Tiles and their products; registers of both.
    amxBf16_ = avx512_ && has(d, 22) && has(d, 24) && (saved & 0x60000U) == 0x60000U;
    const unsigned parts = a;
    if (parts == 0 || __get_cpuid_count(7, 1, &a, &b, &c, &d) == 0) return;
    avx512Bf16_ = avx512_ && has(a, 5);
  }

  bool avx() const { return avx_; }
  bool avx2() const { return avx2_; }
  bool avx512() const { return avx512_; }
  bool avx512Bf16() const { return avx512Bf16_; }
  // Some systems give out the tiles only on request.
  bool amxBf16() const { return amxBf16_; }

 private:
  static bool has(unsigned word, unsigned bit) { return (word >> bit & 1U) != 0; }

  static std::uint32_t savedRegisters() {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
  }

  bool avx_ = false;
  bool avx2_ = false;
  bool avx512_ = false;
  bool avx512Bf16_ = false;
  bool amxBf16_ = false;
};

}  // namespace unrolled

#endif
