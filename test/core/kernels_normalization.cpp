// Layer normalisation of a row, and products of elements, of every instruction set.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/normalization.h"
#include "kernels/row_math.h"
#include "support.h"
#include "tables.h"

using namespace unrolled;
using namespace unrolled::test;

TEST_CASE_TEMPLATE("a row's normalisation forward", T, float, double) {
  constexpr T epsilon = T(1e-3);
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index count : oddSizes()) {
      CAPTURE(count);
      std::vector<T> x = normals<T>(count, 1, 2);
      for (T& value : x) value += 3;
      const std::vector<T> gain = normals<T>(count, 2);
      const std::vector<T> shift = normals<T>(count, 3);
      for (const bool shifted : {false, true}) {
        for (const bool accumulate : {false, true}) {
          const T* added = shifted ? shift.data() : nullptr;
          std::vector<T> expected = normals<T>(count, 4);
          std::vector<T> expectedUnits(x.size());
          Guarded<T> y = accumulate ? Guarded<T>(expected) : Guarded<T>(count);
          Guarded<T> units(count);
          const T expectedInverse = reference::normalize(count, epsilon, gain.data(), added, x.data(),
                                                         expectedUnits.data(), expected.data(), accumulate);
          const T inverse =
              kernel->normalize(count, epsilon, gain.data(), added, x.data(), units.data(), y.data(), accumulate);
          const double tolerance = 10 * roundings<T>;
          CHECK(y.intact());
          CHECK(units.intact());
          CHECK(largestError(y.values(), expected) <= tolerance);
          CHECK(largestError(units.values(), expectedUnits) <= tolerance);
          CHECK(std::abs(inverse - expectedInverse) <= tolerance * static_cast<double>(expectedInverse));

          Guarded<T> inPlace(x);  // y in the place of x
          kernel->normalize(count, epsilon, gain.data(), added, inPlace.data(), units.data(), inPlace.data(), false);
          if (!accumulate) CHECK(sameBits(inPlace.values(), y.values()));
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("a row's normalisation backward, in each place the result may take", T, float, double) {
  constexpr T inverse = T(0.7);
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index count : oddSizes()) {
      CAPTURE(count);
      const std::vector<T> gain = normals<T>(count, 1);
      const std::vector<T> dy = normals<T>(count, 2);
      const std::vector<T> units = normals<T>(count, 3);
      for (const bool shifted : {false, true}) {
        std::vector<T> expectedGain = normals<T>(count, 4);
        std::vector<T> expectedShift = normals<T>(count, 5);
        Guarded<T> gainGradient(expectedGain);
        Guarded<T> shiftGradient(expectedShift);
        std::vector<T> expected(dy.size());
        Guarded<T> dx(count);
        reference::normalizeBackward(count, inverse, gain.data(), dy.data(), units.data(), expectedGain.data(),
                                     shifted ? expectedShift.data() : nullptr, expected.data());
        kernel->normalizeBackward(count, inverse, gain.data(), dy.data(), units.data(), gainGradient.data(),
                                  shifted ? shiftGradient.data() : nullptr, dx.data());
        const double tolerance = 10 * roundings<T>;
        CHECK(dx.intact());
        CHECK(gainGradient.intact());
        CHECK(shiftGradient.intact());
        CHECK(largestError(dx.values(), expected) <= tolerance);
        CHECK(largestError(gainGradient.values(), expectedGain) <= tolerance);
        CHECK(largestError(shiftGradient.values(), expectedShift) <= tolerance);

        std::vector<T> sums(dy.size());
        Guarded<T> gradient(dy);
        Guarded<T> normalized(units);
        kernel->normalizeBackward(count, inverse, gain.data(), gradient.data(), units.data(), sums.data(), nullptr,
                                  gradient.data());
        kernel->normalizeBackward(count, inverse, gain.data(), dy.data(), normalized.data(), sums.data(), nullptr,
                                  normalized.data());
        CHECK(sameBits(gradient.values(), dx.values()));
        CHECK(sameBits(normalized.values(), dx.values()));
      }
    }
  }
}

TEST_CASE_TEMPLATE("a row of one value is zero before the shift, and what is no number stays to be seen", T, float,
                   double) {
  for (const KernelTable<T>* kernel : tables<T>()) {
    const T one = 1;
    const T shift = 4;
    T x[3] = {7, 0, 0};
    T units[3] = {};
    T y[3] = {};
    kernel->normalize(1, T(1e-5), &one, &shift, x, units, y, false);
    CHECK(y[0] == 4);
    const T gains[3] = {1, 1, 1};
    for (const T bad : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity()}) {
      x[1] = bad;
      kernel->normalize(3, T(1e-5), gains, nullptr, x, units, y, false);
      CHECK(std::isnan(y[1]));
    }
  }
}

TEST_CASE_TEMPLATE("a row of equal values is zero exactly, and so is what a gradient alike for all values does", T,
                   float, double) {
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index count : oddSizes()) {
      CAPTURE(count);
      const std::vector<T> varied = normals<T>(count, 1);
      for (const T value : {T(0.1), T(-1) / 3, T(1e4), T(5)}) {
        const std::vector<T> same(asSize(count), value);
        const std::vector<T> zeros(asSize(count));
        std::vector<T> units(asSize(count));
        std::vector<T> y(asSize(count));
        std::vector<T> dx(asSize(count));
        std::vector<T> gainGradient(asSize(count));
        std::vector<T> shiftGradient(asSize(count));
        T inverse =
            kernel->normalize(count, T(1e-5), varied.data(), nullptr, same.data(), units.data(), y.data(), false);
        CHECK(units == zeros);
        CHECK(y == zeros);
        CHECK(inverse == doctest::Approx(1 / std::sqrt(1e-5)));
        kernel->normalizeBackward(count, inverse, varied.data(), varied.data(), units.data(), gainGradient.data(),
                                  shiftGradient.data(), dx.data());
        CHECK(gainGradient == zeros);
        CHECK(shiftGradient == varied);
        if (count == 1) CHECK(dx == zeros);

        inverse = kernel->normalize(count, T(1e-5), same.data(), nullptr, varied.data(), units.data(), y.data(), false);
        const std::vector<T> gradient(asSize(count), T(0.7));
        kernel->normalizeBackward(count, inverse, same.data(), gradient.data(), units.data(), gainGradient.data(),
                                  nullptr, dx.data());
        CHECK(dx == zeros);
      }
    }
  }
}

TEST_CASE_TEMPLATE("products of elements", T, float, double) {
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index count : oddSizes()) {
      const std::vector<T> a = normals<T>(count, 1);
      const std::vector<T> b = normals<T>(count, 2);
      Guarded<T> product(count);
      std::vector<T> expected(a.size());
      kernel->multiply(count, a.data(), b.data(), product.data());
      reference::multiply(count, a.data(), b.data(), expected.data());
      CHECK(product.intact());
      CHECK(largestError(product.values(), expected) <= roundings<T>);

      expected = normals<T>(count, 3);
      Guarded<T> sum(expected);
      kernel->multiplyAdd(count, a.data(), b.data(), sum.data());
      reference::multiplyAdd(count, a.data(), b.data(), expected.data());
      CHECK(sum.intact());
      CHECK(largestError(sum.values(), expected) <= roundings<T>);
    }
  }
}
