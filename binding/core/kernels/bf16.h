// Matrix products of operands that are rounded to bfloat16 (float's sign, exponent and first 7 bits of its fraction)
// and whose sums stay in float: a table of functions like that of kernel_table.h, for each way there is to compute
// them.
//
// A packed matrix consists of panels of 32 columns, padded with zeros, each [depth / 2, 32, 2]: the values of two
// depths are adjacent, as the instructions need them. The depth is padded to a multiple of 32.
//
// The order of products in a sum differs between tables, and so do the last bits of results. The treatment of subnormal
// numbers also differs: the instructions read them as zero.
#pragma once

#include "base/types.h"

namespace unrolled {

using BFloat16 = std::uint16_t;

struct Bf16Kernels {
  const char* name;

  // Like KernelTable's functions of the same names; the packed matrix has bf16PackedSize(depth, columns) elements.
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

// The kernels for training: the fastest that the processor supports; null if it supports none. If the environment
// requests them (UNROLLED_BF16=reference), the plain ones, which are slower than float's own products. The environment
// is read at the first request, and when it is read again on purpose.
const Bf16Kernels* bf16Kernels();
bool bf16ReferenceAsked();
void readBf16Choice();

// Every table that runs on this processor, the plain ones first.
const Bf16Kernels* const* availableBf16Kernels(Index* count);

}  // namespace unrolled
