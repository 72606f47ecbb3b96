#include "kernels/product.h"

#include <algorithm>

#include "blas/blas_memory.h"
#include "kernels/kernel_table.h"

namespace unrolled {
namespace {

// Work of a tile in multiply-adds: below `least` a tile costs more to hand out than it gains, above
// `most` the tiles are too few to share; between them at least `wanted` tiles are made.
constexpr double least = 2e6;
constexpr double most = 1.2e8;
constexpr double wanted = 16;
// No side is cut below this: OpenBLAS packs both operands again for every tile.
constexpr Index shortestSide = 64;
constexpr Index sideMultiple = 16;

// Limits of a product that is too small for OpenBLAS's set-up: bytes of b, and multiply-adds.
constexpr Index mostSmallBytes = Index{32} * 1024;
constexpr Index mostSmallWork = Index{1} << 20U;

// Sides of a tile of an m × n product of depth k.
void chooseTile(Index m, Index n, Index k, Index& tileM, Index& tileN) {
  tileM = m;
  tileN = n;
  const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  const double goal = std::clamp(work / wanted, least, most);
  while (static_cast<double>(tileM) * static_cast<double>(tileN) * static_cast<double>(k) > goal) {
    Index& side = tileM >= tileN ? tileM : tileN;
    if (side < 2 * shortestSide) return;
    side = ((side + 1) / 2 + sideMultiple - 1) / sideMultiple * sideMultiple;
  }
}

template <class T>
Operand<T> rowsFrom(Operand<T> matrix, Index row) {
  matrix.data += matrix.transpose == Transpose::no ? row * matrix.stride : row;
  return matrix;
}

template <class T>
Operand<T> columnsFrom(Operand<T> matrix, Index column) {
  matrix.data += matrix.transpose == Transpose::no ? column : column * matrix.stride;
  return matrix;
}

#ifndef UNROLLED_FLOAT64_BLAS

// For an OpenBLAS with single precision only: blocks of b, packed on the stack, times all rows of a by our own kernel.
// A block is a whole number of panels of any instruction set.
constexpr Index blockSide = 64;

void blasProduct(Index m, Index n, Index k, Operand<double> a, Operand<double> b, double* c, Index cStride,
                 double beta) {
  const KernelTable<double>& table = kernels<double>();
  const auto pack = b.transpose == Transpose::yes ? table.packTransposed : table.pack;
  const auto product = a.transpose == Transpose::yes ? table.packedProductTransposed : table.packedProduct;
  double packed[blockSide * blockSide];
  for (Index column = 0; column < n; column += blockSide) {
    const Index columns = std::min(blockSide, n - column);
    // Once for a k of 0 too: c may have to be cleared.
    for (Index from = 0; from == 0 || from < k; from += blockSide) {
      const Index depth = std::min(blockSide, k - from);
      const Operand<double> block = columnsFrom(rowsFrom(b, from), column);
      pack(depth, columns, block.data, block.stride, packed);
      product(m, columns, depth, columnsFrom(a, from).data, a.stride, packed, c + column, cStride,
              beta != 0.0 || from > 0);
    }
  }
}

void blasRowProduct(Index n, Index k, const double* x, Index step, Operand<double> b, double* y, double beta) {
  blasProduct(1, n, k, {x, step, Transpose::yes}, b, y, n, beta);
}

#endif

// Products whose b, as it is stored, stays in the first cache while few enough rows pass over it.
template <class T>
bool isSmall(Index m, Index n, Index k, Transpose bTranspose) {
  return bTranspose == Transpose::no && n * k * static_cast<Index>(sizeof(T)) <= mostSmallBytes &&
         m * n * k <= mostSmallWork && !blasAlone();
}

}  // namespace

template <class T>
void multiply(Index m, Index n, Index k, Operand<T> a, Operand<T> b, T* c, Index cStride, bool accumulate) {
  if (isSmall<T>(m, n, k, b.transpose)) {
    const auto product =
        a.transpose == Transpose::yes ? kernels<T>().smallProductTransposed : kernels<T>().smallProduct;
    product(m, n, k, a.data, a.stride, b.data, b.stride, c, cStride, accumulate);
    return;
  }
  const T beta = accumulate ? T(1) : T(0);
  if (m == 1) {
    blasRowProduct(n, k, a.data, a.transpose == Transpose::no ? 1 : a.stride, b, c, beta);
  } else {
    blasProduct(m, n, k, a, b, c, cStride, beta);
  }
}

template <class T>
void multiply(const Parallel& parallel, Index m, Index n, Index k, Operand<T> a, Operand<T> b, T* c, Index cStride,
              bool accumulate) {
  Index tileM = 0;
  Index tileN = 0;
  chooseTile(m, n, k, tileM, tileN);
  const Index across = (n + tileN - 1) / tileN;
  const Index down = (m + tileM - 1) / tileM;
  if (!isSmall<T>(tileM, tileN, k, b.transpose)) reserveBlasMemory();
  parallel.forEach(across * down, [&](Index tile) noexcept {
    const Index row = tile / across * tileM;
    const Index column = tile % across * tileN;
    multiply(std::min(tileM, m - row), std::min(tileN, n - column), k, rowsFrom(a, row), columnsFrom(b, column),
             c + row * cStride + column, cStride, accumulate);
  });
}

template void multiply<float>(Index, Index, Index, Operand<float>, Operand<float>, float*, Index, bool);
template void multiply<double>(Index, Index, Index, Operand<double>, Operand<double>, double*, Index, bool);
template void multiply<float>(const Parallel&, Index, Index, Index, Operand<float>, Operand<float>, float*, Index,
                              bool);
template void multiply<double>(const Parallel&, Index, Index, Index, Operand<double>, Operand<double>, double*, Index,
                               bool);

}  // namespace unrolled
