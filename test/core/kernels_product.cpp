// Packing, and the packed, small, narrow and row products, of every instruction set.

#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/narrow_product.h"
#include "kernels/packed_product.h"
#include "kernels/row_product.h"
#include "kernels/small_product.h"
#include "support.h"
#include "tables.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr Index gap = 3;  // elements between a row's end and the next row

// Columns around one, two and four panels of every instruction set.
const std::vector<Index> columnCounts = {1,  2,  3,  5,  7,  8,   9,   15,  16,  17,  20, 31,
                                         32, 33, 63, 64, 65, 100, 127, 128, 129, 161, 260};

template <class T>
Index packedSize(const KernelTable<T>& kernel, Index depth, Index columns) {
  return (columns + kernel.panelColumns - 1) / kernel.panelColumns * kernel.panelColumns * depth;
}

}  // namespace

TEST_CASE_TEMPLATE("a packed matrix lies in panels, the last filled up with zeros", T, float, double) {
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index depth : {Index{1}, Index{5}, Index{16}, Index{17}, Index{40}}) {
      for (const Index columns : columnCounts) {
        CAPTURE(depth);
        CAPTURE(columns);
        const Index count = packedSize(*kernel, depth, columns);
        std::vector<T> expected(asSize(count));

        const std::vector<T> matrix = normals<T>(depth * (columns + gap), 1);
        Guarded<T> packed(count);
        kernel->pack(depth, columns, matrix.data(), columns + gap, packed.data());
        reference::pack(depth, columns, kernel->panelColumns, matrix.data(), columns + gap, expected.data());
        CHECK(sameBits(packed.values(), expected));
        CHECK(packed.intact());

        const std::vector<T> transposed = normals<T>(columns * (depth + gap), 2);
        Guarded<T> packedTransposed(count);
        kernel->packTransposed(depth, columns, transposed.data(), depth + gap, packedTransposed.data());
        reference::packTransposed(depth, columns, kernel->panelColumns, transposed.data(), depth + gap,
                                  expected.data());
        CHECK(sameBits(packedTransposed.values(), expected));
        CHECK(packedTransposed.intact());
      }
    }
  }
}

TEST_CASE_TEMPLATE("a packed product is the product, and writes nothing else", T, float, double) {
  constexpr Index mostRows = 14;
  const double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-13;
  for (const Index depth : {Index{1}, Index{7}, Index{64}, Index{513}, Index{1030}}) {
    for (const Index columns : columnCounts) {
      const Index stride = columns + gap;
      const std::vector<T> a = normals<T>(mostRows * (depth + gap), 3);
      const std::vector<T> matrix = normals<T>(depth * columns, 4);
      for (const bool accumulate : {false, true}) {
        std::vector<T> aTransposed(asSize(depth * mostRows));
        for (Index row = 0; row < mostRows; ++row) {
          for (Index k = 0; k < depth; ++k)
            aTransposed[asSize(k * mostRows + row)] = a[asSize(row * (depth + gap) + k)];
        }
        // The rows of a product do not know of each other, so one reference serves any number of them.
        // What is between the rows is a number that must stay.
        std::vector<T> before = normals<T>(mostRows * stride, 5);
        std::vector<T> expected = before;
        reference::product(mostRows, columns, depth, a.data(), depth + gap, matrix.data(), columns, expected.data(),
                           stride, accumulate);
        if (!accumulate) {
          for (Index row = 0; row < mostRows; ++row) {
            std::fill_n(before.begin() + row * stride, columns, std::numeric_limits<T>::quiet_NaN());
          }
        }
        for (const KernelTable<T>* kernel : tables<T>()) {
          std::vector<T> packed(asSize(packedSize(*kernel, depth, columns)));
          kernel->pack(depth, columns, matrix.data(), columns, packed.data());
          for (Index rows = 1; rows <= mostRows; ++rows) {
            const std::ptrdiff_t count = rows * stride;
            Guarded<T> c(std::vector<T>(before.begin(), before.begin() + count));
            kernel->packedProduct(rows, columns, depth, a.data(), depth + gap, packed.data(), c.data(), stride,
                                  accumulate);
            const std::vector<T> result = c.values();
            // The same sums in the same order, whichever way a is stored.
            Guarded<T> other(std::vector<T>(before.begin(), before.begin() + count));
            kernel->packedProductTransposed(rows, columns, depth, aTransposed.data(), mostRows, packed.data(),
                                            other.data(), stride, accumulate);
            CHECK(sameBits(other.values(), result));
            CHECK(other.intact());
            bool gapsIntact = c.intact();
            for (Index row = 0; row < rows; ++row) {
              for (Index at = row * stride + columns; at < (row + 1) * stride; ++at) {
                gapsIntact = gapsIntact && result[asSize(at)] == before[asSize(at)];
              }
            }
            const double error = largestError(result, std::vector<T>(expected.begin(), expected.begin() + count)) /
                                 std::sqrt(static_cast<double>(depth));
            const bool good = error <= tolerance && gapsIntact;
            CHECK_MESSAGE(good, std::string(kernel->name), ": ", rows, " x ", depth, " x ", columns, " accumulate ",
                          accumulate, " error ", error, " gaps intact ", gapsIntact);
          }
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("a small product is the packed one, of a b as it is stored", T, float, double) {
  constexpr Index mostRows = 13;
  for (const KernelTable<T>* kernel : tables<T>()) {
    for (const Index depth : {Index{1}, Index{4}, Index{63}, Index{64}, Index{65}, Index{130}}) {
      for (const Index columns : columnCounts) {
        const std::vector<T> a = normals<T>(mostRows * (depth + gap), 3);
        std::vector<T> aTransposed(asSize(depth * mostRows));
        for (Index row = 0; row < mostRows; ++row) {
          for (Index k = 0; k < depth; ++k)
            aTransposed[asSize(k * mostRows + row)] = a[asSize(row * (depth + gap) + k)];
        }
        const std::vector<T> b = normals<T>(depth * (columns + gap), 4);
        std::vector<T> packed(asSize(packedSize(*kernel, depth, columns)));
        kernel->pack(depth, columns, b.data(), columns + gap, packed.data());
        const Index stride = columns + gap;
        for (const bool accumulate : {false, true}) {
          for (const Index rows : {Index{1}, Index{2}, Index{6}, Index{12}, Index{13}}) {
            const std::vector<T> before = normals<T>(rows * stride, 5);
            Guarded<T> expected(before);
            kernel->packedProduct(rows, columns, depth, a.data(), depth + gap, packed.data(), expected.data(), stride,
                                  accumulate);
            Guarded<T> small(before);
            kernel->smallProduct(rows, columns, depth, a.data(), depth + gap, b.data(), columns + gap, small.data(),
                                 stride, accumulate);
            Guarded<T> transposed(before);
            kernel->smallProductTransposed(rows, columns, depth, aTransposed.data(), mostRows, b.data(), columns + gap,
                                           transposed.data(), stride, accumulate);
            // The same sums in the same order.
            const bool good = sameBits(small.values(), expected.values()) && small.intact() &&
                              sameBits(transposed.values(), expected.values()) && transposed.intact();
            CHECK_MESSAGE(good, std::string(kernel->name), ": ", rows, " x ", depth, " x ", columns, " accumulate ",
                          accumulate);
          }
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("both gradients of a narrow product equal the reference's", T, float, double) {
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index width : {Index{1}, Index{2}, Index{4}, Index{7}, Index{8}, Index{16}}) {
      for (const Index columns : columnCounts) {
        for (const Index rows : {Index{1}, Index{6}}) {
          CAPTURE(width);
          CAPTURE(columns);
          const Index stride = columns + gap;
          const std::vector<T> matrix = normals<T>(width * columns, 1);
          std::vector<T> packed(asSize(packedSize(*kernel, width, columns)));
          kernel->pack(width, columns, matrix.data(), columns, packed.data());
          const std::vector<T> x = normals<T>(rows * width, 2);
          const std::vector<T> gradient = normals<T>(rows * stride, 3);
          Guarded<T> packedGradient(static_cast<Index>(packed.size()));
          Guarded<T> dx(rows * width);
          std::vector<T> expected(matrix.size());
          std::vector<T> expectedDx(x.size());
          for (const bool accumulate : {false, true}) {
            kernel->narrowBackward(rows, columns, width, x.data(), gradient.data(), stride, packed.data(),
                                   packedGradient.data(), dx.data(), accumulate);
            reference::narrowBackward(rows, columns, width, x.data(), gradient.data(), stride, matrix.data(),
                                      expected.data(), expectedDx.data(), accumulate);
            std::vector<T> expectedPacked(packed.size());
            kernel->pack(width, columns, expected.data(), columns, expectedPacked.data());
            CHECK(largestError(packedGradient.values(), expectedPacked) <= 5 * roundings<T>);
            CHECK(largestError(dx.values(), expectedDx) <= 20 * roundings<T>);
            CHECK((packedGradient.intact() && dx.intact()));
          }
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("a product by rows is the product, and an element knows of its own row and column alone", T, float,
                   double) {
  constexpr Index mostRows = 8;
  constexpr Index mostColumns = 21;
  const double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-13;
  for (const Index depth : {Index{1}, Index{3}, Index{16}, Index{17}, Index{64}, Index{513}}) {
    const std::vector<T> a = normals<T>(mostRows * (depth + gap), 6);
    const std::vector<T> b = normals<T>(mostColumns * (depth + gap), 7);
    for (const bool accumulate : {false, true}) {
      CAPTURE(depth);
      CAPTURE(accumulate);
      constexpr Index stride = mostColumns + gap;
      const std::vector<T> before = normals<T>(mostRows * stride, 8);
      std::vector<T> expected = before;
      reference::rowProduct(mostRows, mostColumns, depth, a.data(), depth + gap, b.data(), depth + gap, expected.data(),
                            stride, accumulate);
      for (const KernelTable<T>* kernel : tables<T>()) {
        const std::string isa = kernel->name;
        CAPTURE(isa);
        std::vector<T> all = before;
        kernel->rowProduct(mostRows, mostColumns, depth, a.data(), depth + gap, b.data(), depth + gap, all.data(),
                           stride, accumulate);
        CHECK(largestError(all, expected) <= tolerance * std::sqrt(static_cast<double>(depth)));
        // Any number of rows and columns, from any of them on: the same bits, and nothing beside them.
        for (Index rows = 1; rows < mostRows; ++rows) {
          for (Index columns = 1; columns < mostColumns; ++columns) {
            const Index row = (rows * 3) % (mostRows - rows + 1);
            const Index column = (columns * 5) % (mostColumns - columns + 1);
            std::vector<T> part = before;
            kernel->rowProduct(rows, columns, depth, a.data() + row * (depth + gap), depth + gap,
                               b.data() + column * (depth + gap), depth + gap, part.data() + row * stride + column,
                               stride, accumulate);
            bool same = true;
            for (Index at = 0; at < mostRows * stride; ++at) {
              const bool inside = at / stride >= row && at / stride < row + rows && at % stride >= column &&
                                  at % stride < column + columns;
              same = same && part[asSize(at)] == (inside ? all : before)[asSize(at)];
            }
            CHECK_MESSAGE(same, rows, " x ", columns, " from ", row, ", ", column);
          }
        }
      }
    }
  }
}
