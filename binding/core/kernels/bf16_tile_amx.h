// Tiles of a bf16 product by AMX: two by two tiles of 16 × 16 sums, two of rows and two of a panel.
#pragma once

#include <immintrin.h>

#include "kernels/bf16_product.h"

namespace unrolled::UNROLLED_ISA {

class AmxTile {
 public:
  // Each of the eight tiles has 16 rows of 64 bytes.
  AmxTile() {
    struct alignas(64) {
      std::uint8_t palette = 1;
      std::uint8_t startRow = 0;
      std::uint8_t reserved[14] = {};
      std::uint16_t rowBytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    } config;
    fence();
    _tile_loadconfig(&config);
  }
  // Whoever switches threads need not save them.
  ~AmxTile() { _tile_release(); }
  AmxTile(const AmxTile&) = delete;
  AmxTile& operator=(const AmxTile&) = delete;
  AmxTile(AmxTile&&) = delete;
  AmxTile& operator=(AmxTile&&) = delete;

  // The row panels are whole, with zeros where there are fewer rows; what belongs to no row stays in a buffer.
  void panel(Index rows, Index steps, const BFloat16* a, const BFloat16* b, float* c, Index cStride,
             bool accumulate) const {
    const Index whole = rows / bf16PanelRows * bf16PanelRows;
    if (whole > 0) rowPanels(whole, steps, a, b, c, cStride, accumulate);
    if (whole == rows) return;
    alignas(64) float rest[bf16PanelRows * bf16PanelColumns] = {};
    for (Index row = whole; accumulate && row < rows; ++row) {
      __builtin_memcpy(rest + (row - whole) * bf16PanelColumns, c + row * cStride, bf16PanelColumns * sizeof(float));
    }
    rowPanels(bf16PanelRows, steps, a + whole / bf16PanelRows * steps * bf16StepElements, b, rest, bf16PanelColumns,
              accumulate);
    for (Index row = whole; row < rows; ++row) {
      __builtin_memcpy(c + row * cStride, rest + (row - whole) * bf16PanelColumns, bf16PanelColumns * sizeof(float));
    }
  }

 private:
  // The compiler does not know what memory the tiles' instructions read and write.
  UNROLLED_INLINE static void fence() { __asm__ volatile("" ::: "memory"); }

  static void rowPanels(Index rows, Index steps, const BFloat16* a, const BFloat16* b, float* c, Index cStride,
                        bool accumulate) {
    fence();
    Index row = 0;
    for (; rows - row >= 2 * bf16PanelRows; row += 2 * bf16PanelRows, a += 2 * steps * bf16StepElements) {
      twoPanels(steps, a, b, c + row * cStride, cStride, accumulate);
    }
    if (row < rows) onePanel(steps, a, b, c + row * cStride, cStride, accumulate);
    fence();
  }

  static void twoPanels(Index steps, const BFloat16* a, const BFloat16* b, float* c, Index cStride, bool accumulate) {
    const Index bytes = cStride * static_cast<Index>(sizeof(float));
    float* const below = c + bf16PanelRows * cStride;
    if (accumulate) {
      _tile_loadd(0, c, bytes);
      _tile_loadd(1, c + 16, bytes);
      _tile_loadd(2, below, bytes);
      _tile_loadd(3, below + 16, bytes);
    } else {
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
    }
    const BFloat16* other = a + steps * bf16StepElements;
    for (Index step = 0; step < steps; ++step) {
      _tile_loadd(4, a, 64);
      _tile_loadd(6, b, 128);
      _tile_loadd(7, b + 32, 128);
      _tile_dpbf16ps(0, 4, 6);
      _tile_loadd(5, other, 64);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
      a += bf16StepElements;
      other += bf16StepElements;
      b += bf16DepthStep * bf16PanelColumns;
    }
    _tile_stored(0, c, bytes);
    _tile_stored(1, c + 16, bytes);
    _tile_stored(2, below, bytes);
    _tile_stored(3, below + 16, bytes);
  }

  static void onePanel(Index steps, const BFloat16* a, const BFloat16* b, float* c, Index cStride, bool accumulate) {
    const Index bytes = cStride * static_cast<Index>(sizeof(float));
    if (accumulate) {
      _tile_loadd(0, c, bytes);
      _tile_loadd(1, c + 16, bytes);
    } else {
      _tile_zero(0);
      _tile_zero(1);
    }
    for (Index step = 0; step < steps; ++step) {
      _tile_loadd(4, a, 64);
      _tile_loadd(6, b, 128);
      _tile_loadd(7, b + 32, 128);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      a += bf16StepElements;
      b += bf16DepthStep * bf16PanelColumns;
    }
    _tile_stored(0, c, bytes);
    _tile_stored(1, c + 16, bytes);
  }
};

}  // namespace unrolled::UNROLLED_ISA
