// Every kernel table this processor runs, for tests that go through all of them.
#pragma once

#include <vector>

#include "kernels/kernel_table.h"
#include "optimizers/updates.h"

// The kernels with 64-byte vectors for any processor: see CMakeLists.txt.
namespace unrolled::wide {
template <class T>
const KernelTable<T>& table();
template <class T>
const UpdateTable<T>& updateTable();
}  // namespace unrolled::wide

namespace unrolled::test {

template <class T>
std::vector<const KernelTable<T>*> tables() {
  Index count = 0;
  const KernelTable<T>* const* available = availableKernels<T>(&count);
  std::vector<const KernelTable<T>*> all(available, available + count);
  all.push_back(&wide::table<T>());
  return all;
}

// The optimisers' steps of the same instruction sets, in the same order.
template <class T>
std::vector<const UpdateTable<T>*> updateTables() {
  Index count = 0;
  availableKernels<T>(&count);
  std::vector<const UpdateTable<T>*> all(availableUpdates<T>(), availableUpdates<T>() + count);
  all.push_back(&wide::updateTable<T>());
  return all;
}

// Sizes around those of vectors, panels and tiles.
inline const std::vector<Index>& oddSizes() {
  static const std::vector<Index> sizes = {1,  2,  3,  4,  5,  7,  8,  9,  12, 15, 16, 17,
                                           20, 24, 31, 32, 33, 48, 63, 64, 65, 96, 100};
  return sizes;
}

// Relative error that a handful of roundings may make.
template <class T>
constexpr double roundings = sizeof(T) == 4 ? 2e-6 : 1e-14;

}  // namespace unrolled::test
