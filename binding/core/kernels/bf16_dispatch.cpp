// Chooses the bf16 kernels for this processor.

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "base/processor_features.h"
#include "kernels/bf16.h"

#if defined(UNROLLED_X86_BF16_KERNELS) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
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

#endif

struct AvailableBf16 {
  const Bf16Kernels* tables[4] = {};
  Index count = 0;
  Index plain = 0;  // how many of them are plain ones

  AvailableBf16() {
    tables[count++] = &bf16_plain::bf16Table();
#ifdef UNROLLED_X86_BF16_KERNELS
    const ProcessorFeatures processor;
    if (processor.avx2()) tables[count++] = &bf16_plain_avx2::bf16Table();
#endif
    plain = count;
#ifdef UNROLLED_X86_BF16_KERNELS
    if (processor.avx512Bf16()) tables[count++] = &bf16_avx512::bf16Table();
    if (processor.amxBf16() && tilesAllowed()) tables[count++] = &bf16_amx::bf16Table();
#endif
  }
};

const AvailableBf16& availableBf16() {
  static const AvailableBf16 found;
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
  const AvailableBf16& found = availableBf16();
  if (bf16ReferenceAsked()) return found.tables[found.plain - 1];
  return found.count > found.plain ? found.tables[found.count - 1] : nullptr;
}

bool bf16ReferenceAsked() { return referenceAsked().load(std::memory_order_relaxed); }

void readBf16Choice() { referenceAsked().store(environmentAsksForReference()); }

const Bf16Kernels* const* availableBf16Kernels(Index* count) {
  *count = availableBf16().count;
  return availableBf16().tables;
}

}  // namespace unrolled
