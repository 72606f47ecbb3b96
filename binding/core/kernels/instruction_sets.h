// Tables of functions that are compiled once for each instruction set (baseline and, on x64, avx2 and avx512), and the
// choice for this processor.
#pragma once

#include "base/processor_features.h"
#include "base/types.h"

namespace unrolled {

template <class Table>
struct RunnableTables {
  const Table* tables[3] = {};  // the plainest first
  Index count = 0;

  void add(const Table& table) { tables[count++] = &table; }
  [[nodiscard]] const Table& best() const { return *tables[count - 1]; }
};

#ifdef UNROLLED_X86_KERNELS

template <class Table>
RunnableTables<Table> runnable(const Table& (*baseline)(), const Table& (*avx2)(), const Table& (*avx512)()) {
  const ProcessorFeatures processor;
  RunnableTables<Table> found;
  found.add(baseline());
  if (processor.avx2()) found.add(avx2());
  if (processor.avx512()) found.add(avx512());
  return found;
}

// Declares the tables that a function of this name returns in the namespace of each set.
#define UNROLLED_RUNNABLE_TABLES(...) runnable(baseline::__VA_ARGS__, avx2::__VA_ARGS__, avx512::__VA_ARGS__)

#else

template <class Table>
RunnableTables<Table> runnable(const Table& (*baseline)()) {
  RunnableTables<Table> found;
  found.add(baseline());
  return found;
}

#define UNROLLED_RUNNABLE_TABLES(...) runnable(baseline::__VA_ARGS__)

#endif

}  // namespace unrolled
