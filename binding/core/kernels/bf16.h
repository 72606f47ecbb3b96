// Matrix products of operands that are rounded to bfloat16 (float's sign, exponent and first 7 bits of its fraction)
// and whose sums stay in float: a table of functions like that of kernel_table.h, for each way there is to compute
// them.
//
// A packed matrix lies in panels of 32 columns, filled up with zeros, each [depth / 2, 32, 2]: the values of two depths
// side by side, as the instructions take them. The depth is filled up to whole steps of 32.
//
// Which products come first in a sum differs from table to table, so their last bits do; so does what becomes of
// subnormal numbers, which the instructions take for zero.
#pragma once

#include "base/types.h"

namespace unrolled {

using BFloat16 = std::uint16_t;

struct Bf16Kernels {
  const char* name;

  // As KernelTable's of the same names; the packed matrix has bf16PackedSize(depth, columns) elements.
  void (*pack)(Index depth, Index columns, const float* matrix, Index stride, BFloat16* packed);
  void (*packTransposed)(Index depth, Index columns, const float* matrix, Index stride, BFloat16* packed);
  void (*packedProduct)(Index rows, Index columns, Index depth, const float* a, Index aStride, const BFloat16* packed,
                        float* c, Index cStride, bool accumulate);
  void (*packedProductTransposed)(Index rows, Index columns, Index depth, const float* a, Index aStride,
                                  const BFloat16* packed, float* c, Index cStride, bool accumulate);
};

constexpr Index bf16PanelColumns = 32;
constexpr Index bf16DepthStep = 32;

constexpr Index bf16Depth(Index depth) { return (depth + bf16DepthStep - 1) / bf16DepthStep * bf16DepthStep; }

// Elements from a packed matrix's begin to the panel of that column, the first of one.
constexpr Index bf16Offset(Index depth, Index column) { return column * bf16Depth(depth); }

constexpr Index bf16PackedSize(Index depth, Index columns) {
  return bf16Offset(depth, (columns + bf16PanelColumns - 1) / bf16PanelColumns * bf16PanelColumns);
}

// Those for training: by the processor's instructions, the fastest there are; null if it has none. Or the plain
// ones, which are slower than float's own products, where the environment asks for them (UNROLLED_BF16=reference), as
// it said when it was asked first, or when it was read again.
const Bf16Kernels* bf16Kernels();
bool bf16ReferenceAsked();
void readBf16Choice();

// Every table that runs on this processor, the plain ones first.
const Bf16Kernels* const* availableBf16Kernels(Index* count);

}  // namespace unrolled
