// Which kernels this processor runs.

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "kernels/kernel_table.h"
#include "kernels/processor_features.h"

namespace unrolled {

#define UNROLLED_DECLARE_KERNELS(isa) \
  namespace isa {                     \
  template <class T>                  \
  const KernelTable<T>& table();      \
  }

UNROLLED_DECLARE_KERNELS(baseline)
#ifdef UNROLLED_X86_KERNELS
UNROLLED_DECLARE_KERNELS(avx2)
UNROLLED_DECLARE_KERNELS(avx512)
#endif

namespace {

template <class T>
struct Available {
  const KernelTable<T>* tables[3] = {};
  Index count = 0;

  Available() {
    tables[count++] = &baseline::table<T>();
#ifdef UNROLLED_X86_KERNELS
    const ProcessorFeatures processor;
    if (processor.avx2()) tables[count++] = &avx2::table<T>();
    if (processor.avx512()) tables[count++] = &avx512::table<T>();
#endif
  }
};

template <class T>
const Available<T>& available() {
  static const Available<T> found;
  return found;
}

bool environmentAsksForBlas() {
  const char* text = std::getenv("UNROLLED_KERNELS");
  return text != nullptr && std::strcmp(text, "blas") == 0;
}

std::atomic<bool>& blasAsked() {
  static std::atomic<bool> asked = environmentAsksForBlas();
  return asked;
}

}  // namespace

template <class T>
const KernelTable<T>& kernels() {
  return *available<T>().tables[available<T>().count - 1];
}

bool blasAlone() { return blasAsked().load(std::memory_order_relaxed); }

void readKernelChoice() { blasAsked().store(environmentAsksForBlas()); }

template <class T>
const KernelTable<T>* const* availableKernels(Index* count) {
  *count = available<T>().count;
  return available<T>().tables;
}

template const KernelTable<float>& kernels<float>();
template const KernelTable<double>& kernels<double>();
template const KernelTable<float>* const* availableKernels<float>(Index*);
template const KernelTable<double>* const* availableKernels<double>(Index*);

}  // namespace unrolled
