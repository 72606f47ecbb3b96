// The product of a float matrix, rounded as it is taken up, with a packed one: blocks of rows and depth, each by the
// tiles of one way to compute (`bf16_tile_*.h`).
#pragma once

#include "kernels/bf16_packing.h"

namespace unrolled::UNROLLED_ISA {

// Size of a block of the left operand, which is on the stack (64 KiB) and stays in a second-level cache.
constexpr Index bf16BlockRows = 64;
constexpr Index bf16BlockDepth = 512;

// Calls `tile(rows left, its part of the row panels a, its first row of c)` for every `most` rows, a whole part of a
// panel.
template <int most, class Tile>
UNROLLED_INLINE void forTilesOfRows(Index rows, Index steps, const BFloat16* a, float* c, Index cStride, Tile tile) {
  static_assert(bf16PanelRows % most == 0);
  for (Index row = 0; row < rows; row += most) {
    const Index first = row / bf16PanelRows * bf16PanelRows;
    tile(rows - row, a + first * steps * bf16DepthStep + (row - first) * bf16DepthStep, c + row * cStride);
  }
}

// `Tile::panel(rows, steps, a, b, c, cStride, accumulate)`: c [rows, 32] (+)= `rows` (up to 64) rows of the panels a ·
// the panel b, over `steps` steps of depth. A Tile prepares and cleans up in its constructor and destructor.
template <class Tile, bool Transposed>
void bf16ProductOf(Index rows, Index columns, Index depth, const float* a, Index aStride, const BFloat16* packed,
                   float* c, Index cStride, bool accumulate) {
  alignas(64) BFloat16 block[bf16BlockRows * bf16BlockDepth];
  alignas(64) float edge[bf16BlockRows * bf16PanelColumns];
  const Tile tile;
  for (Index first = 0; first < depth || first == 0; first += bf16BlockDepth) {
    const Index length = depth - first < bf16BlockDepth ? depth - first : bf16BlockDepth;
    const Index steps = bf16Depth(length) / bf16DepthStep;
    const bool adds = accumulate || first > 0;
    for (Index row = 0; row < rows; row += bf16BlockRows) {
      const Index count = rows - row < bf16BlockRows ? rows - row : bf16BlockRows;
      packRows<Transposed>(count, length, a + (Transposed ? first * aStride + row : row * aStride + first), aStride,
                           block);
      for (Index column = 0; column < columns; column += bf16PanelColumns) {
        const BFloat16* panel = packed + bf16Offset(depth, column) + first * bf16PanelColumns;
        float* to = c + row * cStride + column;
        if (columns - column >= bf16PanelColumns) {
          tile.panel(count, steps, block, panel, to, cStride, adds);
          continue;
        }
        const Index valid = columns - column;
        for (Index at = 0; adds && at < count; ++at) {
          for (Index i = 0; i < bf16PanelColumns; ++i) {
            edge[at * bf16PanelColumns + i] = i < valid ? to[at * cStride + i] : 0.0F;
          }
        }
        tile.panel(count, steps, block, panel, edge, bf16PanelColumns, adds);
        for (Index at = 0; at < count; ++at) {
          for (Index i = 0; i < valid; ++i) to[at * cStride + i] = edge[at * bf16PanelColumns + i];
        }
      }
    }
  }
}

template <class Tile>
void bf16PackedProduct(Index rows, Index columns, Index depth, const float* a, Index aStride, const BFloat16* packed,
                       float* c, Index cStride, bool accumulate) {
  bf16ProductOf<Tile, false>(rows, columns, depth, a, aStride, packed, c, cStride, accumulate);
}

template <class Tile>
void bf16PackedProductTransposed(Index rows, Index columns, Index depth, const float* a, Index aStride,
                                 const BFloat16* packed, float* c, Index cStride, bool accumulate) {
  bf16ProductOf<Tile, true>(rows, columns, depth, a, aStride, packed, c, cStride, accumulate);
}

}  // namespace unrolled::UNROLLED_ISA
