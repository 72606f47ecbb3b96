// Chooses the kernels for this processor.

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "kernels/instruction_sets.h"
#include "kernels/kernel_table.h"

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
const RunnableTables<KernelTable<T>>& available() {
  static const RunnableTables<KernelTable<T>> found = UNROLLED_RUNNABLE_TABLES(table<T>);
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
  return available<T>().best();
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
