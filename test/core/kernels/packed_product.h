// The plain packing of matrices into panels.
#pragma once

#include "base/types.h"

namespace unrolled::reference {

// out is [panels, depth, panelColumns], of a matrix [depth, columns]; zeros behind the last column.
template <class T>
void pack(Index depth, Index columns, Index panelColumns, const T* matrix, Index stride, T* out) {
  const Index panels = (columns + panelColumns - 1) / panelColumns;
  for (Index panel = 0; panel < panels; ++panel) {
    for (Index k = 0; k < depth; ++k) {
      for (Index c = 0; c < panelColumns; ++c) {
        const Index column = panel * panelColumns + c;
        out[(panel * depth + k) * panelColumns + c] = column < columns ? matrix[k * stride + column] : T(0);
      }
    }
  }
}

// The same of the transpose of a matrix [columns, depth].
template <class T>
void packTransposed(Index depth, Index columns, Index panelColumns, const T* matrix, Index stride, T* out) {
  const Index panels = (columns + panelColumns - 1) / panelColumns;
  for (Index panel = 0; panel < panels; ++panel) {
    for (Index k = 0; k < depth; ++k) {
      for (Index c = 0; c < panelColumns; ++c) {
        const Index column = panel * panelColumns + c;
        out[(panel * depth + k) * panelColumns + c] = column < columns ? matrix[column * stride + k] : T(0);
      }
    }
  }
}

}  // namespace unrolled::reference
