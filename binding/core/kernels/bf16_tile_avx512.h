// Tiles of a bf16 product by AVX512-BF16: an instruction adds the products of two pairs in each of 16 columns.
#pragma once

#include <immintrin.h>

#include "kernels/bf16_product.h"

namespace unrolled::UNROLLED_ISA {

class Avx512Tile {
 public:
  static void panel(Index rows, Index steps, const BFloat16* a, const BFloat16* b, float* c, Index cStride,
                    bool accumulate) {
    forTilesOfRows<mostRows>(rows, steps, a, c, cStride, [&](Index left, const BFloat16* part, float* to) {
      tileOf<mostRows>(left, steps, part, b, to, cStride, accumulate);
    });
  }

 private:
  // With two vectors of columns there are 16 sums, enough to hide the instruction's latency; half a panel of rows.
  static constexpr int mostRows = 8;

  template <int Rows>
  static void tileOf(Index rows, Index steps, const BFloat16* a, const BFloat16* b, float* c, Index cStride,
                     bool accumulate) {
    if constexpr (Rows > 1) {
      if (rows < Rows) {
        tileOf<Rows - 1>(rows, steps, a, b, c, cStride, accumulate);
        return;
      }
    }
    __m512 left[Rows];
    __m512 right[Rows];
#pragma GCC unroll 8
    for (int row = 0; row < Rows; ++row) {
      left[row] = accumulate ? _mm512_loadu_ps(c + row * cStride) : _mm512_setzero_ps();
      right[row] = accumulate ? _mm512_loadu_ps(c + row * cStride + 16) : _mm512_setzero_ps();
    }
    for (Index step = 0; step < steps; ++step, a += bf16StepElements) {
      for (Index pair = 0; pair < bf16StepPairs; ++pair, b += 2 * bf16PanelColumns) {
        const auto first = (__m512bh)_mm512_loadu_si512(b);
        const auto second = (__m512bh)_mm512_loadu_si512(b + 32);
#pragma GCC unroll 8
        for (int row = 0; row < Rows; ++row) {
          int bits;
          __builtin_memcpy(&bits, a + row * bf16DepthStep + 2 * pair, sizeof bits);
          const auto factor = (__m512bh)_mm512_set1_epi32(bits);
          left[row] = _mm512_dpbf16_ps(left[row], factor, first);
          right[row] = _mm512_dpbf16_ps(right[row], factor, second);
        }
      }
    }
#pragma GCC unroll 8
    for (int row = 0; row < Rows; ++row) {
      _mm512_storeu_ps(c + row * cStride, left[row]);
      _mm512_storeu_ps(c + row * cStride + 16, right[row]);
    }
  }
};

}  // namespace unrolled::UNROLLED_ISA
