// Matrix products by OpenBLAS, and the recurrence by OpenBLAS beside that of the packed kernels.

#include "blas/blas.h"

#include <atomic>
#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/product.h"
#include "kernels/recurrent_product.h"
#include "kernels/small_product.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

template <class T>
std::vector<T> transposed(Index rows, Index columns, const std::vector<T>& matrix) {
  std::vector<T> result(matrix.size());
  for (Index row = 0; row < rows; ++row) {
    for (Index column = 0; column < columns; ++column) {
      result[asSize(column * rows + row)] = matrix[asSize(row * columns + column)];
    }
  }
  return result;
}

// Loss, gradients, final states and gradients of the initial states of one pass.
template <class T>
std::vector<T> pass(const ModelDescription& description, Index time, Index batch) {
  Model<T> model(description);
  model.initialize({}, 1);
  const std::vector<TokenId> ids = randomIds(time * batch + 1, description.inputSize, 2);
  std::vector<T> states = normals<T>(model.stateSize(batch), 3, 0.5);
  std::vector<T> stateGradients = normals<T>(model.stateSize(batch), 4, 0.5);
  const double loss = model
                          .lossAndGradients({time, batch, ids.data(), nullptr}, ids.data() + 1, T(0.1), states.data(),
                                            stateGradients.data(), threads(2))
                          .sum;
  std::vector<T> result = gradientsOf(model);
  result.insert(result.end(), states.begin(), states.end());
  result.insert(result.end(), stateGradients.begin(), stateGradients.end());
  result.push_back(static_cast<T>(loss));
  return result;
}

}  // namespace

TEST_CASE_TEMPLATE("products in every transposition, whole and in tiles, onto anything or added", T, float, double) {
  struct Shape {
    Index m;
    Index n;
    Index k;
  };
  for (const Shape shape : {Shape{1, 1, 1}, Shape{1, 7, 5}, Shape{1, 200, 300}, Shape{7, 1, 5}, Shape{3, 5, 2},
                            Shape{33, 17, 65}, Shape{300, 200, 90}, Shape{20, 700, 400}}) {
    const Index m = shape.m;
    const Index n = shape.n;
    const Index k = shape.k;
    CAPTURE(m);
    CAPTURE(n);
    CAPTURE(k);
    const std::vector<T> a = normals<T>(m * k, 1);
    const std::vector<T> b = normals<T>(k * n, 2);
    const std::vector<T> aTransposed = transposed(m, k, a);
    const std::vector<T> bTransposed = transposed(k, n, b);
    for (const bool accumulate : {false, true}) {
      const std::vector<T> before =
          accumulate ? normals<T>(m * n, 3) : std::vector<T>(asSize(m * n), std::numeric_limits<T>::quiet_NaN());
      std::vector<T> expected = before;
      reference::product(m, n, k, a.data(), k, b.data(), n, expected.data(), n, accumulate);
      for (const bool transposeA : {false, true}) {
        for (const bool transposeB : {false, true}) {
          const Operand<T> left =
              transposeA ? Operand<T>{aTransposed.data(), m, Transpose::yes} : Operand<T>{a.data(), k, Transpose::no};
          const Operand<T> right =
              transposeB ? Operand<T>{bTransposed.data(), k, Transpose::yes} : Operand<T>{b.data(), n, Transpose::no};
          const double tolerance = (sizeof(T) == 4 ? 2e-5 : 1e-13) * std::sqrt(static_cast<double>(k));
          Guarded<T> whole(before);
          multiply<T>(m, n, k, left, right, whole.data(), n, accumulate);
          CHECK(largestError(whole.values(), expected) <= tolerance);
          CHECK(whole.intact());
          Guarded<T> tiled(before);
          multiply<T>(threads(2), m, n, k, left, right, tiled.data(), n, accumulate);
          CHECK(largestError(tiled.values(), expected) <= tolerance);
          CHECK(tiled.intact());
        }
      }
    }
  }
}

// Short products of another matrix on each thread, so that two often ask OpenBLAS for a scratch buffer at
// the same moment, and would show if it were the same one.
TEST_CASE_TEMPLATE("products on several threads at once do not disturb each other", T, float, double) {
  constexpr Index side = 24;
  constexpr Index tiles = 3;
  std::vector<std::vector<T>> factors(asSize(tiles));
  std::vector<std::vector<T>> expected(asSize(tiles), std::vector<T>(asSize(side * side)));
  const auto square = [&](Index tile, std::vector<T>& product) {
    const T* factor = factors[asSize(tile)].data();
    multiply<T>(side, side, side, {factor, side}, {factor, side}, product.data(), side, false);
  };
  for (Index tile = 0; tile < tiles; ++tile) {
    factors[asSize(tile)] = normals<T>(side * side, static_cast<std::uint64_t>(tile));
    square(tile, expected[asSize(tile)]);
  }

  std::atomic<long> products{0};
  std::atomic<long> wrong{0};
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(400);
  threads(tiles).forEach(tiles, [&](Index tile) noexcept {
    std::vector<T> product(asSize(side * side));
    while (std::chrono::steady_clock::now() < end) {
      for (int round = 0; round < 100; ++round) {
        square(tile, product);
        if (!sameBits(product, expected[asSize(tile)])) wrong.fetch_add(1);
        products.fetch_add(1);
      }
    }
  });
  CHECK(products.load() >= 100);
  CHECK(wrong.load() == 0);
}

TEST_CASE("OpenBLAS runs one thread and tells what it is") {
  CHECK(blasConfiguration().find("OpenBLAS") != std::string::npos);
  CHECK_FALSE(blasCore().empty());
}

namespace {

template <class T>
std::size_t packedBytes(Index gates, Index hidden) {
  Arena counting(nullptr);
  RecurrentProduct<T>(gates, hidden).layOut(counting, true);
  return counting.kept();
}

}  // namespace

TEST_CASE_TEMPLATE("the recurrence by OpenBLAS equals that of the packed kernels", T, float, double) {
  for (const std::string& cell : cells()) {
    for (const Index batch : {Index{1}, Index{13}, Index{40}}) {
      CAPTURE(cell);
      CAPTURE(batch);
      Chain chain;
      chain.cell = cell;
      chain.layers = 2;
      chain.hidden = 33;
      ModelDescription description = chain.description();
      for (const bool untransposed : {false, true}) {
        if (untransposed && cell != "rnn") continue;
        if (untransposed) as<RnnOptions>(description.layers[1]).untransposedGradient = true;
        CHECK(packedBytes<T>(99, 33) > 0);
        const std::vector<T> packed = pass<T>(description, 7, batch);
        const BlasAlone asked;
        CHECK(packedBytes<T>(99, 33) == 0);  // nothing is packed, so OpenBLAS it is
        const std::vector<T> byBlas = pass<T>(description, 7, batch);
        CHECK(largestError(byBlas, packed) <= (sizeof(T) == 4 ? 1e-5 : 1e-13));
      }
    }
  }
}

TEST_CASE_TEMPLATE("and so does that of two products a step, and of normalised ones", T, float, double) {
  for (const bool layerNorm : {false, true}) {
    Chain chain;
    chain.cell = "gru";
    chain.resetAfter = false;
    chain.layerNorm = layerNorm;
    chain.hidden = 33;
    const std::vector<T> packed = pass<T>(chain.description(), 7, 13);
    const BlasAlone asked;
    CHECK(largestError(pass<T>(chain.description(), 7, 13), packed) <= (sizeof(T) == 4 ? 2e-5 : 1e-12));
  }
}
