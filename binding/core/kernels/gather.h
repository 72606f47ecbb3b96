// Gathers rows of a table by ids, and adds their gradients back. Work is split by columns, so that the sums of a row
// are computed in the order of the positions.
#pragma once

#include <algorithm>
#include <cstring>

#include "base/types.h"
#include "kernels/kernel_table.h"
#include "parallel/thread_pool.h"
#include "parameters/touched_rows.h"

namespace unrolled {

// Elements one tile should move at least.
constexpr Index gatherGrain = 1 << 15;

// output [positions, columns] = table[ids] (+ bias [columns], where given).
template <class T>
void gatherRows(const Parallel& parallel, Index positions, Index columns, const TokenId* ids, const T* table,
                const T* bias, T* output) {
  const KernelTable<T>& kernel = kernels<T>();
  parallel.forRange(positions, std::max<Index>(1, gatherGrain / columns), [&](Index begin, Index end) noexcept {
    for (Index position = begin; position < end; ++position) {
      T* row = output + position * columns;
      std::memcpy(row, table + ids[position] * columns, static_cast<std::size_t>(columns) * sizeof(T));
      if (bias != nullptr) kernel.add(columns, bias, row);
    }
  });
}

// table [rows, columns] = Σ over positions of gradient[position] at row ids[position]. With `touched`, and where that
// lists them, only the rows of the positions are written, the others being zero before.
template <class T>
void scatterRows(const Parallel& parallel, Index positions, Index columns, const TokenId* ids, const T* gradient,
                 Index rows, T* table, TouchedRows* touched = nullptr) {
  const KernelTable<T>& kernel = kernels<T>();
  const bool listed = touched != nullptr && touched->lists(rows, positions);
  if (listed) touched->clear(ids, positions, rows, columns, table);
  const Index grain = std::min(columns, std::max<Index>(16, gatherGrain / std::max<Index>(1, positions) / 16 * 16));
  parallel.forRange(columns, grain, [&](Index begin, Index end) noexcept {
    const auto bytes = static_cast<std::size_t>(end - begin) * sizeof(T);
    for (Index row = 0; row < (listed ? 0 : rows); ++row) std::memset(table + row * columns + begin, 0, bytes);
    for (Index position = 0; position < positions; ++position) {
      kernel.add(end - begin, gradient + position * columns + begin, table + ids[position] * columns + begin);
    }
  });
}

// sums [columns] = Σ over rows of matrix [rows, columns].
template <class T>
void sumColumns(const Parallel& parallel, Index rows, Index columns, const T* matrix, Index stride, T* sums) {
  const KernelTable<T>& kernel = kernels<T>();
  const Index grain = std::min(columns, std::max<Index>(16, gatherGrain / std::max<Index>(1, rows) / 16 * 16));
  parallel.forRange(columns, grain, [&](Index begin, Index end) noexcept {
    kernel.columnSums(rows, end - begin, matrix + begin, stride, sums + begin);
  });
}

}  // namespace unrolled
