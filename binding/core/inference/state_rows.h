// Rows of flat states (every state [B, features], one after another): taken from one batch into another, as when a
// row ends before its neighbours, or a beam continues from another one.
#pragma once

#include <algorithm>
#include <vector>

#include "base/types.h"
#include "model/model.h"

namespace unrolled {

// The features of each state of a model; their sum S is what one row has.
template <class T>
std::vector<Index> stateWidths(const Model<T>& model) {
  std::vector<Index> widths;
  for (const StateInfo& state : model.states()) widths.push_back(state.features);
  return widths;
}

template <class T>
void copyStateRow(const std::vector<Index>& widths, const T* from, Index fromRows, Index fromRow, T* to, Index toRows,
                  Index toRow) {
  for (const Index width : widths) {
    std::copy_n(from + fromRow * width, width, to + toRow * width);
    from += fromRows * width;
    to += toRows * width;
  }
}

// A flat state of rows.size() rows: its row i is row rows[i] of `states`, which has `batch` rows. A row may be taken
// more than once.
template <class T>
std::vector<T> takeStateRows(const std::vector<Index>& widths, const std::vector<T>& states, Index batch,
                             const std::vector<Index>& rows) {
  const auto count = static_cast<Index>(rows.size());
  std::vector<T> taken(states.size() / static_cast<std::size_t>(batch) * rows.size());
  for (Index row = 0; row < count; ++row) {
    copyStateRow(widths, states.data(), batch, rows[static_cast<std::size_t>(row)], taken.data(), count, row);
  }
  return taken;
}

}  // namespace unrolled
