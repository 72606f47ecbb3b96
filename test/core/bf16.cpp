// bf16: rounding, packing, the products of every way to compute them, and a training with them.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/bf16_products.h"
#include "kernels/kernel_table.h"
#include "support.h"
#include "training/precision.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr Index gap = 3;  // elements between a row's end and the next row

float floatOf(BFloat16 value) {
  const std::uint32_t bits = static_cast<std::uint32_t>(value) << 16U;
  float result = 0;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

float floatOfBits(std::uint32_t bits) {
  float result = 0;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

// The nearest bfloat16, by search among the two neighbours; a tie goes to the even one.
float nearest(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  const std::uint32_t below = bits & 0xffff0000U;
  const double down = std::abs(static_cast<double>(value) - static_cast<double>(floatOfBits(below)));
  const double up = std::abs(static_cast<double>(floatOfBits(below + 0x10000U)) - static_cast<double>(value));
  if (down != up) return floatOfBits(down < up ? below : below + 0x10000U);
  return floatOfBits((below & 0x10000U) == 0 ? below : below + 0x10000U);
}

std::vector<const Bf16Kernels*> tables() {
  Index count = 0;
  const Bf16Kernels* const* found = availableBf16Kernels(&count);
  return {found, found + count};
}

BFloat16 rounded(const Bf16Kernels& kernel, float value) {
  std::vector<BFloat16> packed(asSize(bf16PackedSize(1, 1)));
  kernel.pack(1, 1, &value, 1, packed.data());
  return packed[0];
}

}  // namespace

// For an emulated processor, which must be the one it was meant to be.
TEST_CASE("kernels that the environment expects (UNROLLED_EXPECTED_KERNELS) are those that are tested") {
  const char* expected = std::getenv("UNROLLED_EXPECTED_KERNELS");
  if (expected == nullptr) return;
  std::string available = ",";
  Index count = 0;
  const KernelTable<float>* const* plain = availableKernels<float>(&count);
  for (Index i = 0; i < count; ++i) available += std::string(plain[i]->name) + ",";
  for (const Bf16Kernels* kernel : tables()) available += std::string(kernel->name) + ",";
  MESSAGE("available: ", available);
  const std::string names = expected;
  for (std::size_t begin = 0; begin < names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    const std::string name = names.substr(begin, end - begin);
    CHECK_MESSAGE(available.find("," + name + ",") != std::string::npos, name, " is not available");
    begin = end + 1;
  }
}

TEST_CASE("a float is rounded to the nearest bfloat16, ties to the even one, and what is not a number stays so") {
  for (const Bf16Kernels* kernel : tables()) {
    CAPTURE(kernel->name);
    CHECK(rounded(*kernel, 1.0F) == 0x3f80);
    CHECK(rounded(*kernel, -2.0F) == 0xc000);
    CHECK(rounded(*kernel, floatOfBits(0x3f808000U)) == 0x3f80);  // a tie, down to the even one
    CHECK(rounded(*kernel, floatOfBits(0x3f818000U)) == 0x3f82);  // a tie, up to the even one
    CHECK(rounded(*kernel, floatOfBits(0x3f808001U)) == 0x3f81);
    CHECK(rounded(*kernel, floatOfBits(0x3f807fffU)) == 0x3f80);
    CHECK(rounded(*kernel, floatOfBits(0x7f7fffffU)) == 0x7f80);  // the largest float is infinite here
    CHECK(rounded(*kernel, -std::numeric_limits<float>::infinity()) == 0xff80);
    // Not a number whose fraction is all in the half that goes: it must not become infinite.
    CHECK(std::isnan(floatOf(rounded(*kernel, floatOfBits(0x7f800001U)))));
    CHECK(std::isnan(floatOf(rounded(*kernel, floatOfBits(0xffffffffU)))));
    for (const float value : normals<float>(2000, 1)) {
      CHECK(floatOf(rounded(*kernel, value)) == nearest(value));
    }
  }
}

TEST_CASE("a matrix packed in bf16 lies in pairs, filled up with zeros, whichever way it is stored") {
  for (const Bf16Kernels* kernel : tables()) {
    CAPTURE(kernel->name);
    for (const Index depth : {Index{1}, Index{2}, Index{31}, Index{32}, Index{33}, Index{70}}) {
      for (const Index columns : {Index{1}, Index{15}, Index{32}, Index{33}, Index{100}}) {
        CAPTURE(depth);
        CAPTURE(columns);
        const std::vector<float> matrix = normals<float>(depth * (columns + gap), 1);
        std::vector<float> transposed(asSize(columns * (depth + gap)));
        for (Index k = 0; k < depth; ++k) {
          for (Index column = 0; column < columns; ++column) {
            transposed[asSize(column * (depth + gap) + k)] = matrix[asSize(k * (columns + gap) + column)];
          }
        }
        const auto size = asSize(bf16PackedSize(depth, columns));
        std::vector<BFloat16> packed(size, 7);
        std::vector<BFloat16> other(size, 9);
        kernel->pack(depth, columns, matrix.data(), columns + gap, packed.data());
        kernel->packTransposed(depth, columns, transposed.data(), depth + gap, other.data());
        CHECK(sameBits(packed, other));
        bool right = true;
        for (Index column = 0; column < (columns + 31) / 32 * 32; ++column) {
          for (Index k = 0; k < bf16Depth(depth); ++k) {
            const bool inside = column < columns && k < depth;
            const float expected = inside ? nearest(matrix[asSize(k * (columns + gap) + column)]) : 0.0F;
            const Index at = bf16Offset(depth, column / 32 * 32) + k / 2 * 64 + column % 32 * 2 + k % 2;
            right = right && floatOf(packed[asSize(at)]) == expected;
          }
        }
        CHECK(right);
      }
    }
  }
}

TEST_CASE("a product in bf16 is that of the rounded operands, and writes nothing else") {
  constexpr Index mostRows = 67;
  for (const Index depth : {Index{1}, Index{7}, Index{33}, Index{64}, Index{513}, Index{1030}}) {
    for (const Index columns : {Index{1}, Index{15}, Index{32}, Index{33}, Index{95}}) {
      const Index stride = columns + gap;
      const std::vector<float> a = normals<float>(mostRows * (depth + gap), 3);
      std::vector<float> aTransposed(asSize(depth * (mostRows + gap)));
      for (Index row = 0; row < mostRows; ++row) {
        for (Index k = 0; k < depth; ++k) {
          aTransposed[asSize(k * (mostRows + gap) + row)] = a[asSize(row * (depth + gap) + k)];
        }
      }
      const std::vector<float> matrix = normals<float>(depth * columns, 4);
      const std::vector<float> before = normals<float>(mostRows * stride, 5);
      std::vector<double> sums(asSize(mostRows * columns));
      for (Index row = 0; row < mostRows; ++row) {
        for (Index k = 0; k < depth; ++k) {
          const double factor = nearest(a[asSize(row * (depth + gap) + k)]);
          for (Index column = 0; column < columns; ++column) {
            sums[asSize(row * columns + column)] += factor * nearest(matrix[asSize(k * columns + column)]);
          }
        }
      }
      for (const Bf16Kernels* kernel : tables()) {
        std::vector<BFloat16> packed(asSize(bf16PackedSize(depth, columns)));
        kernel->pack(depth, columns, matrix.data(), columns, packed.data());
        for (const bool accumulate : {false, true}) {
          for (const Index rows :
               {Index{1}, Index{3}, Index{8}, Index{16}, Index{19}, Index{32}, Index{48}, mostRows}) {
            std::vector<float> start(before.begin(), before.begin() + rows * stride);
            if (!accumulate) {
              for (Index row = 0; row < rows; ++row) {
                std::fill_n(start.begin() + row * stride, columns, std::numeric_limits<float>::quiet_NaN());
              }
            }
            Guarded<float> c(start);
            Guarded<float> other(start);
            kernel->packedProduct(rows, columns, depth, a.data(), depth + gap, packed.data(), c.data(), stride,
                                  accumulate);
            kernel->packedProductTransposed(rows, columns, depth, aTransposed.data(), mostRows + gap, packed.data(),
                                            other.data(), stride, accumulate);
            const std::vector<float> result = c.values();
            bool right = c.intact() && other.intact() && sameBits(other.values(), result);
            double worst = 0;
            for (Index row = 0; row < rows; ++row) {
              for (Index column = 0; column < columns; ++column) {
                const double added = accumulate ? before[asSize(row * stride + column)] : 0.0F;
                const double expected = sums[asSize(row * columns + column)] + added;
                const double error = std::abs(result[asSize(row * stride + column)] - expected);
                if (!(error <= worst)) worst = std::isnan(error) ? 1e9 : error;
              }
              for (Index at = row * stride + columns; at < (row + 1) * stride; ++at) {
                right = right && result[asSize(at)] == before[asSize(at)];
              }
            }
            worst /= std::sqrt(static_cast<double>(depth));
            const bool good = right && worst <= 1e-5;
            CHECK_MESSAGE(good, std::string(kernel->name), ": ", rows, " x ", depth, " x ", columns, " accumulate ",
                          accumulate, " error ", worst, " nothing else written ", right);
          }
        }
      }
    }
  }
}

TEST_CASE("a large product in bf16 is cut by its shape, and has the same bits for any number of threads") {
  for (const Bf16Kernels* kernel : tables()) {
    CAPTURE(kernel->name);
    Bf16Products products(*kernel);
    // Several pieces of columns and of depth, none of them whole.
    for (const auto& [m, columns, k] :
         {std::tuple<Index, Index, Index>{5, 2100, 40}, {66, 20, 2100}, {130, 600, 33}, {3, 33, 5}}) {
      // Clang 14 captures no part of a tuple, and CAPTURE does.
      const Index n = columns;
      CAPTURE(n);
      for (const Transpose aTranspose : {Transpose::no, Transpose::yes}) {
        for (const Transpose bTranspose : {Transpose::no, Transpose::yes}) {
          const std::vector<float> a = normals<float>(m * k, 1);
          const std::vector<float> b = normals<float>(n * k, 2);
          const Operand<float> left{a.data(), aTranspose == Transpose::no ? k : m, aTranspose};
          const Operand<float> right{b.data(), bTranspose == Transpose::no ? n : k, bTranspose};
          std::vector<float> one(asSize(m * n));
          std::vector<float> three(asSize(m * n));
          products.multiply(threads(1), m, n, k, left, right, one.data(), n, false);
          products.multiply(threads(3), m, n, k, left, right, three.data(), n, false);
          CHECK(sameBits(one, three));
          // Rounding is at most 2^-9 of each operand: as float's product, within that.
          std::vector<float> plain(asSize(m * n));
          multiply<float>(m, n, k, left, right, plain.data(), n, false);
          double squares = 0;
          for (std::size_t i = 0; i < plain.size(); ++i) squares += std::pow(one[i] - plain[i], 2);
          const double error = std::sqrt(squares / static_cast<double>(plain.size() * asSize(k)));
          CHECK(error > 1e-5);
          CHECK(error < 4e-3);
        }
      }
    }
  }
}
