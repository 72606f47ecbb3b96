#include "kernels/bf16_products.h"

#include <algorithm>

namespace unrolled {
namespace {

// Size of the piece of the right operand that is packed at once.
constexpr Index pieceColumns = 2048;
constexpr Index pieceDepth = 2048;
// Width of a tile. It is wide, because its rows are rounded again for each tile next to it.
constexpr Index tileRows = 64;
constexpr Index tileColumns = 512;

const float* partOf(const Operand<float>& matrix, Index row, Index column) {
  return matrix.data +
         (matrix.transpose == Transpose::no ? row * matrix.stride + column : column * matrix.stride + row);
}

}  // namespace

void Bf16Products::multiply(const Parallel& parallel, Index m, Index n, Index k, Operand<float> a, Operand<float> b,
                            float* c, Index cStride, bool accumulate) {
  const Index mostElements = bf16PackedSize(std::min(k, pieceDepth), std::min(n, pieceColumns));
  if (static_cast<Index>(packed_.size()) < mostElements) packed_.resize(static_cast<std::size_t>(mostElements));
  BFloat16* packed = packed_.data();
  const auto pack = b.transpose == Transpose::no ? kernels_.pack : kernels_.packTransposed;
  const auto product = a.transpose == Transpose::no ? kernels_.packedProduct : kernels_.packedProductTransposed;
  const Index down = (m + tileRows - 1) / tileRows;
  for (Index column = 0; column < n; column += pieceColumns) {
    const Index columns = std::min(pieceColumns, n - column);
    const Index across = (columns + tileColumns - 1) / tileColumns;
    for (Index first = 0; first < k || first == 0; first += pieceDepth) {
      const Index depth = std::min(pieceDepth, k - first);
      parallel.forRange(columns, bf16PanelColumns, [&](Index begin, Index end) noexcept {
        pack(depth, end - begin, partOf(b, first, column + begin), b.stride, packed + bf16Offset(depth, begin));
      });
      parallel.forEach(across * down, [&](Index tile) noexcept {
        const Index row = tile / across * tileRows;
        const Index from = tile % across * tileColumns;
        product(std::min(tileRows, m - row), std::min(tileColumns, columns - from), depth, partOf(a, row, first),
                a.stride, packed + bf16Offset(depth, from), c + row * cStride + column + from, cStride,
                accumulate || first > 0);
      });
    }
  }
}

}  // namespace unrolled
