// Which bf16 kernels this processor runs.

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "kernels/bf16.h"

#ifdef UNROLLED_X86_BF16_KERNELS
#include <cpuid.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace unrolled {

#define UNROLLED_DECLARE_BF16_KERNELS(isa) \
  namespace isa {                          \
  const Bf16Kernels& bf16Table();          \
  }

UNROLLED_DECLARE_BF16_KERNELS(bf16_plain)
#ifdef UNROLLED_X86_BF16_KERNELS
UNROLLED_DECLARE_BF16_KERNELS(bf16_plain_avx2)
UNROLLED_DECLARE_BF16_KERNELS(bf16_avx512)
UNROLLED_DECLARE_BF16_KERNELS(bf16_amx)
#endif

namespace {

#ifdef UNROLLED_X86_BF16_KERNELS

// What the processor says of itself: leaf 7, which has the newer instructions in two parts.
struct Leaf7 {
  unsigned edx = 0;
  unsigned eaxOfSecond = 0;

  Leaf7() {
    unsigned parts = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    if (__get_cpuid_count(7, 0, &parts, &ebx, &ecx, &edx) == 0 || parts == 0) return;
    unsigned rest = 0;
    __get_cpuid_count(7, 1, &eaxOfSecond, &ebx, &ecx, &rest);
  }
};

// The registers that the system saves for a thread (XCR0); only where it saves any.
unsigned savedRegisters() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned osSaves = 1U << 27U;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & osSaves) == 0) return 0;
  __asm__("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  return eax;
}

bool hasAvx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

// Linux hands out the tiles' large registers to a process that asks for them, and then to all of its threads.
bool tilesAllowed() {
#ifdef __linux__
  constexpr long requestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long tileData = 18;
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
#else
  return false;
#endif
}

bool hasAvx512Bf16(const Leaf7& leaf) { return hasAvx512() && (leaf.eaxOfSecond & (1U << 5U)) != 0; }

bool hasAmxBf16(const Leaf7& leaf) {
  constexpr unsigned bf16AndTiles = 1U << 22U | 1U << 24U;
  constexpr unsigned tileState = 3U << 17U;
  // The packing of its kernels is AVX-512's.
  return hasAvx512() && (leaf.edx & bf16AndTiles) == bf16AndTiles && (savedRegisters() & tileState) == tileState &&
         tilesAllowed();
}

#endif

struct Available {
  const Bf16Kernels* tables[4] = {};
  Index count = 0;
  Index plain = 0;  // how many of them are plain ones

  Available() {
    tables[count++] = &bf16_plain::bf16Table();
#ifdef UNROLLED_X86_BF16_KERNELS
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
      tables[count++] = &bf16_plain_avx2::bf16Table();
#endif
    plain = count;
#ifdef UNROLLED_X86_BF16_KERNELS
    const Leaf7 leaf;
    if (hasAvx512Bf16(leaf)) tables[count++] = &bf16_avx512::bf16Table();
    if (hasAmxBf16(leaf)) tables[count++] = &bf16_amx::bf16Table();
#endif
  }
};

const Available& available() {
  static const Available found;
  return found;
}

bool environmentAsksForReference() {
  const char* text = std::getenv("UNROLLED_BF16");
  return text != nullptr && std::strcmp(text, "reference") == 0;
}

std::atomic<bool>& referenceAsked() {
  static std::atomic<bool> asked = environmentAsksForReference();
  return asked;
}

}  // namespace

const Bf16Kernels* bf16Kernels() {
  const Available& found = available();
  if (bf16ReferenceAsked()) return found.tables[found.plain - 1];
  return found.count > found.plain ? found.tables[found.count - 1] : nullptr;
}

bool bf16ReferenceAsked() { return referenceAsked().load(std::memory_order_relaxed); }

void readBf16Choice() { referenceAsked().store(environmentAsksForReference()); }

const Bf16Kernels* const* availableBf16Kernels(Index* count) {
  *count = available().count;
  return available().tables;
}

}  // namespace unrolled
