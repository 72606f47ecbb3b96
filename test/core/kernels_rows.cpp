// Softmax, sums, scaling and clipping of every instruction set.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/row_math.h"
#include "support.h"
#include "tables.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

template <class T>
struct SoftmaxResult {
  double logSum = 0;
  T scale = 0;
  T targetLogit = 0;
};

template <class T>
SoftmaxResult<T> softmax(const KernelTable<T>& kernel, const std::vector<T>& bias, Index target, T* logits,
                         Index classes) {
  SoftmaxResult<T> result;
  result.logSum = kernel.softmaxRow(classes, bias.empty() ? nullptr : bias.data(), target, logits, &result.scale,
                                    &result.targetLogit);
  return result;
}

// Sizes around the vectors' and around the blocks in which sums are taken.
std::vector<Index> rowSizes() {
  std::vector<Index> sizes = oddSizes();
  for (const Index size : {Index{127}, Index{2047}, Index{2048}, Index{2049}, Index{5000}}) sizes.push_back(size);
  return sizes;
}

}  // namespace

TEST_CASE_TEMPLATE("a row's softmax with and without bias", T, float, double) {
  const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-14;
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index classes : rowSizes()) {
      CAPTURE(classes);
      for (const bool biased : {false, true}) {
        const std::vector<T> bias = biased ? normals<T>(classes, 1, 3) : std::vector<T>();
        const Index target = classes * 2 / 3;
        std::vector<T> expected = normals<T>(classes, 2, 3);
        Guarded<T> logits(expected);
        T scale = 0;
        T targetLogit = 0;
        const double logSum = reference::softmaxRow(classes, biased ? bias.data() : nullptr, target, expected.data(),
                                                    &scale, &targetLogit);
        const SoftmaxResult<T> result = softmax(*kernel, bias, target, logits.data(), classes);
        CHECK(std::abs(result.logSum - logSum) <= tolerance * std::max(1.0, std::abs(logSum)));
        CHECK(result.targetLogit == targetLogit);
        CHECK(std::abs(result.scale / scale - 1) <= roundings<T>);
        CHECK(largestError(logits.values(), expected) <= roundings<T>);
        CHECK(logits.intact());
      }
    }
  }
}

TEST_CASE_TEMPLATE("exp in a softmax is accurate over its whole range", T, float, double) {
  const std::vector<T> x = evenly<T>(0, -87, 6000);
  const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-15;
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    std::vector<T> logits = x;
    softmax<T>(*kernel, {}, 0, logits.data(), static_cast<Index>(x.size()));
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double expected = std::exp(static_cast<double>(x[i]));
      worst = std::max(worst, std::abs(static_cast<double>(logits[i]) / expected - 1));
    }
    CHECK(worst <= tolerance);
  }
}

TEST_CASE_TEMPLATE("huge logits keep a finite loss", T, float, double) {
  const T huge = std::numeric_limits<T>::max() / 4;
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index classes : oddSizes()) {
      CAPTURE(classes);
      std::vector<T> equal(asSize(classes), huge);
      SoftmaxResult<T> result = softmax<T>(*kernel, {}, 0, equal.data(), classes);
      CHECK(result.logSum == doctest::Approx(static_cast<double>(huge)));
      CHECK(equal[0] * result.scale == doctest::Approx(1 / static_cast<double>(classes)));

      std::vector<T> one(asSize(classes), -huge);
      one.back() = huge;
      result = softmax<T>(*kernel, {}, classes - 1, one.data(), classes);
      CHECK(result.logSum - static_cast<double>(result.targetLogit) == doctest::Approx(0));
      CHECK(one.back() * result.scale == doctest::Approx(1));
      if (classes > 1) CHECK(one.front() * result.scale < T(1e-30));
    }
  }
}

TEST_CASE_TEMPLATE("a logit or bias that is not finite makes the loss so, wherever it is", T, float, double) {
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  constexpr T infinity = std::numeric_limits<T>::infinity();
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index classes : oddSizes()) {
      for (Index at = 0; at < classes; ++at) {
        for (const T bad : {nan, infinity, -infinity}) {
          std::vector<T> logits = normals<T>(classes, 3);
          logits[asSize(at)] = bad;
          const SoftmaxResult<T> unbiased = softmax<T>(*kernel, {}, 0, logits.data(), classes);
          std::vector<T> bias = normals<T>(classes, 4);
          bias[asSize(at)] = bad;
          logits = normals<T>(classes, 5);
          const SoftmaxResult<T> biased = softmax<T>(*kernel, bias, 0, logits.data(), classes);
          const bool noticed = !std::isfinite(unbiased.logSum) && !std::isfinite(biased.logSum);
          CHECK_MESSAGE(noticed, bad, " at ", at, " of ", classes);
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("add and scale touch their elements alone", T, float, double) {
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index count : rowSizes()) {
      CAPTURE(count);
      const std::vector<T> x = normals<T>(count, 6);
      std::vector<T> expected = normals<T>(count, 7);
      Guarded<T> y(expected);
      kernel->add(count, x.data(), y.data());
      kernel->scale(count, T(0.3), y.data());
      reference::add(count, x.data(), expected.data());
      reference::scale(count, T(0.3), expected.data());
      CHECK(sameBits(y.values(), expected));
      CHECK(y.intact());
    }
  }
}

TEST_CASE_TEMPLATE("column sums add the rows in their order, to the bit", T, float, double) {
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index columns : oddSizes()) {
      for (const Index rows : {Index{1}, Index{2}, Index{7}, Index{33}}) {
        CAPTURE(columns);
        CAPTURE(rows);
        const std::vector<T> matrix = normals<T>(rows * (columns + 5), 8);
        Guarded<T> sums(columns);
        std::vector<T> expected(asSize(columns));
        kernel->columnSums(rows, columns, matrix.data(), columns + 5, sums.data());
        reference::columnSums(rows, columns, matrix.data(), columns + 5, expected.data());
        CHECK(sameBits(sums.values(), expected));
        CHECK(sums.intact());
      }
    }
  }
}

TEST_CASE_TEMPLATE("the sum of squares, also where a square overflows", T, float, double) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index count : rowSizes()) {
      CAPTURE(count);
      std::vector<T> x = normals<T>(count, 9);
      const double expected = reference::sumOfSquares(count, x.data());
      CHECK(std::abs(kernel->sumOfSquares(count, x.data()) / expected - 1) <= 10 * roundings<T>);

      const auto last = asSize(count - 1);
      x[last] = T(1e30);  // its square is no float
      CHECK(kernel->sumOfSquares(count, x.data()) == doctest::Approx(1e60));
      x[last] = -infinity;
      CHECK(std::isinf(kernel->sumOfSquares(count, x.data())));
      x[last] = std::numeric_limits<T>::quiet_NaN();
      CHECK(std::isnan(kernel->sumOfSquares(count, x.data())));
    }
  }
}

TEST_CASE_TEMPLATE("clamp bounds what is finite and leaves what is not", T, float, double) {
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  constexpr T infinity = std::numeric_limits<T>::infinity();
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index count : oddSizes()) {
      CAPTURE(count);
      std::vector<T> expected = normals<T>(count, 10, 2);
      for (std::size_t at = 0; at < expected.size(); at += 5) {
        const T special[] = {nan, infinity, -infinity, std::numeric_limits<T>::max(), T(0.75)};
        expected[at] = special[at / 5 % 5];
      }
      Guarded<T> x(expected);
      kernel->clamp(count, T(0.75), x.data());
      reference::clamp(count, T(0.75), expected.data());
      CHECK(sameBits(x.values(), expected));
      CHECK(x.intact());
    }
  }
}
