// Rounding to bfloat16, and how both operands of a product are laid out for it.
#pragma once

#include "kernels/bf16.h"
#include "kernels/packed_product.h"

namespace unrolled::UNROLLED_ISA {

// Rows of one panel of the left operand, which lies as [depth / 32, 16, 32] there.
constexpr Index bf16PanelRows = 16;
constexpr Index bf16StepPairs = bf16DepthStep / 2;
constexpr Index bf16StepElements = bf16PanelRows * bf16DepthStep;

// The bits of a float whose upper half is it as a bfloat16, to the nearest, a tie to the even one; a number beyond the
// largest becomes infinite, and what is not a number stays so.
UNROLLED_INLINE std::uint32_t roundedBits(std::uint32_t bits) {
  const std::uint32_t rounded = bits + 0x7fffU + ((bits >> 16U) & 1U);
  const std::uint32_t quiet = bits | 0x400000U;
  return (bits & 0x7fffffffU) > 0x7f800000U ? quiet : rounded;
}

UNROLLED_INLINE std::uint32_t bitsOf(float value) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

UNROLLED_INLINE BFloat16 toBf16(float value) { return static_cast<BFloat16>(roundedBits(bitsOf(value)) >> 16U); }

// `first` in the lower half, `second` in the upper one.
UNROLLED_INLINE std::uint32_t bf16Pair(float first, float second) {
  return (roundedBits(bitsOf(first)) >> 16U) | (roundedBits(bitsOf(second)) & 0xffff0000U);
}

// One step of one row: `count` (up to 32) neighbours, followed by zeros.
UNROLLED_INLINE void roundStep(Index count, const float* from, BFloat16* to) {
  if (count >= bf16DepthStep) {
    for (Index k = 0; k < bf16DepthStep; ++k) to[k] = toBf16(from[k]);
    return;
  }
  for (Index k = 0; k < count; ++k) to[k] = toBf16(from[k]);
  for (Index k = count; k < bf16DepthStep; ++k) to[k] = 0;
}

// Transposes pairs [16, 16]; rows are `fromStride` apart in the source and `toStride` apart in the result.
UNROLLED_INLINE void transposePairs(const float* from, Index fromStride, float* to, Index toStride) {
  constexpr Index square = lanes<float> < 16 ? lanes<float> : 16;
  for (Index row = 0; row < 16; row += square) {
    for (Index column = 0; column < 16; column += square) {
      Vector<float> rows[square];
#pragma GCC unroll 16
      for (Index at = 0; at < square; ++at) rows[at] = load(from + (row + at) * fromStride + column);
      transposeSquare<float>(rows);
#pragma GCC unroll 16
      for (Index at = 0; at < square; ++at) store(rows[at], to + (column + at) * toStride + row);
    }
  }
}

// A left operand [rows, depth], or one stored as its transpose, to panels of 16 rows, filled up with zeros.
template <bool Transposed>
void packRows(Index rows, Index depth, const float* a, Index aStride, BFloat16* packed) {
  for (Index first = 0; first < rows; first += bf16PanelRows) {
    const Index count = rows - first < bf16PanelRows ? rows - first : bf16PanelRows;
    for (Index k = 0; k < depth; k += bf16DepthStep, packed += bf16StepElements) {
      const Index length = depth - k < bf16DepthStep ? depth - k : bf16DepthStep;
      if constexpr (!Transposed) {
        for (Index row = 0; row < count; ++row) {
          roundStep(length, a + (first + row) * aStride + k, packed + row * bf16DepthStep);
        }
        for (Index at = count * bf16DepthStep; at < bf16StepElements; ++at) packed[at] = 0;
      } else {
        alignas(64) std::uint32_t pairs[bf16StepPairs * bf16PanelRows];
        for (Index pair = 0; pair < bf16StepPairs; ++pair) {
          std::uint32_t* to = pairs + pair * bf16PanelRows;
          const float* even = a + (k + 2 * pair) * aStride + first;
          const float* odd = even + aStride;
          if (count == bf16PanelRows && 2 * pair + 1 < length) {
            for (Index row = 0; row < bf16PanelRows; ++row) to[row] = bf16Pair(even[row], odd[row]);
            continue;
          }
          for (Index row = 0; row < bf16PanelRows; ++row) {
            const bool inside = row < count && 2 * pair < length;
            const bool second = inside && 2 * pair + 1 < length;
            to[row] = bf16Pair(inside ? even[row] : 0.0F, second ? odd[row] : 0.0F);
          }
        }
        alignas(64) float moved[bf16StepPairs * bf16PanelRows];
        __builtin_memcpy(moved, pairs, sizeof moved);
        alignas(64) float turned[bf16StepPairs * bf16PanelRows];
        transposePairs(moved, bf16PanelRows, turned, bf16StepPairs);
        __builtin_memcpy(packed, turned, sizeof turned);
      }
    }
  }
}

inline void bf16Pack(Index depth, Index columns, const float* matrix, Index stride, BFloat16* packed) {
  for (Index first = 0; first < columns; first += bf16PanelColumns) {
    const Index valid = columns - first < bf16PanelColumns ? columns - first : bf16PanelColumns;
    for (Index k = 0; k < bf16Depth(depth); k += 2, packed += 2 * bf16PanelColumns) {
      std::uint32_t pairs[bf16PanelColumns];
      const float* even = matrix + k * stride + first;
      const float* odd = even + stride;
      if (valid == bf16PanelColumns && k + 1 < depth) {
        for (Index column = 0; column < bf16PanelColumns; ++column) pairs[column] = bf16Pair(even[column], odd[column]);
      } else {
        for (Index column = 0; column < bf16PanelColumns; ++column) {
          const bool inside = column < valid && k < depth;
          const bool second = inside && k + 1 < depth;
          pairs[column] = bf16Pair(inside ? even[column] : 0.0F, second ? odd[column] : 0.0F);
        }
      }
      __builtin_memcpy(packed, pairs, sizeof pairs);
    }
  }
}

inline void bf16PackTransposed(Index depth, Index columns, const float* matrix, Index stride, BFloat16* packed) {
  for (Index first = 0; first < columns; first += bf16PanelColumns) {
    for (Index k = 0; k < depth; k += bf16DepthStep, packed += bf16DepthStep * bf16PanelColumns) {
      const Index length = depth - k < bf16DepthStep ? depth - k : bf16DepthStep;
      alignas(64) float turned[bf16StepPairs * bf16PanelColumns];
      for (Index part = 0; part < bf16PanelColumns; part += 16) {
        alignas(64) BFloat16 rows[16 * bf16DepthStep];
        for (Index column = 0; column < 16; ++column) {
          const Index at = first + part + column;
          roundStep(at < columns ? length : 0, matrix + (at < columns ? at : 0) * stride + k,
                    rows + column * bf16DepthStep);
        }
        alignas(64) float moved[16 * bf16StepPairs];
        __builtin_memcpy(moved, rows, sizeof moved);
        transposePairs(moved, bf16StepPairs, turned + part, bf16PanelColumns);
      }
      __builtin_memcpy(packed, turned, sizeof turned);
    }
  }
}

}  // namespace unrolled::UNROLLED_ISA
