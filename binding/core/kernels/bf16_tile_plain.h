// Tiles of a bf16 product by the instructions that float's products take: each pair is split into two floats. Slower
// than those, and the reference of what is faster.
#pragma once

#include "kernels/bf16_product.h"

namespace unrolled::UNROLLED_ISA {

class PlainTile {
 public:
  static void panel(Index rows, Index steps, const BFloat16* a, const BFloat16* b, float* c, Index cStride,
                    bool accumulate) {
    forTilesOfRows<mostRows>(rows, steps, a, c, cStride, [&](Index left, const BFloat16* part, float* to) {
      for (Index column = 0; column < bf16PanelColumns; column += width) {
        tileOf<mostRows>(left, steps, part, b + 2 * column, to + column, cStride, accumulate);
      }
    });
  }

 private:
  static constexpr int mostRows = 4;
  static constexpr int vectors = UNROLLED_VECTOR_BYTES == 16 ? 1 : 2;
  static constexpr Index width = vectors * lanes<float>;
  using Integers = VectorTypes<float>::Integers;

  template <int Rows>
  static void tileOf(Index rows, Index steps, const BFloat16* a, const BFloat16* b, float* c, Index cStride,
                     bool accumulate) {
    if constexpr (Rows > 1) {
      if (rows < Rows) {
        tileOf<Rows - 1>(rows, steps, a, b, c, cStride, accumulate);
        return;
      }
    }
    Vector<float> sums[Rows][vectors];
    for (int row = 0; row < Rows; ++row) {
      for (int v = 0; v < vectors; ++v) {
        sums[row][v] = accumulate ? load(c + row * cStride + v * lanes<float>) : Vector<float>{};
      }
    }
    for (Index step = 0; step < steps; ++step, a += bf16StepElements) {
      for (Index pair = 0; pair < bf16StepPairs; ++pair, b += 2 * bf16PanelColumns) {
        Vector<float> low[vectors];
        Vector<float> high[vectors];
#pragma GCC unroll 2
        for (Index v = 0; v < vectors; ++v) {
          Integers bits;
          __builtin_memcpy(&bits, b + v * 2 * lanes<float>, sizeof bits);
          low[v] = (Vector<float>)(bits << 16);
          high[v] = (Vector<float>)(bits & -65536);
        }
#pragma GCC unroll 4
        for (int row = 0; row < Rows; ++row) {
          const float first = fromBf16(a[row * bf16DepthStep + 2 * pair]);
          const float second = fromBf16(a[row * bf16DepthStep + 2 * pair + 1]);
#pragma GCC unroll 2
          for (int v = 0; v < vectors; ++v) {
            sums[row][v] += low[v] * first;
            sums[row][v] += high[v] * second;
          }
        }
      }
    }
    for (int row = 0; row < Rows; ++row) {
      for (int v = 0; v < vectors; ++v) store(sums[row][v], c + row * cStride + v * lanes<float>);
    }
  }

  UNROLLED_INLINE static float fromBf16(BFloat16 value) {
    const std::uint32_t bits = static_cast<std::uint32_t>(value) << 16U;
    float result;
    __builtin_memcpy(&result, &bits, sizeof result);
    return result;
  }
};

}  // namespace unrolled::UNROLLED_ISA
