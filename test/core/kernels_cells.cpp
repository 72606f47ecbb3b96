// The element-wise steps of the cells, and through them exp, tanh and the logistic function.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/reference.h"
#include "support.h"
#include "tables.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// Runs `check(kernel, hidden, outputGradient)` for every table and size, with the gradient from above
// and without (null).
template <class T, class Check>
void forCells(Check&& check) {
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index hidden : oddSizes()) {
      CAPTURE(hidden);
      const std::vector<T> outputGradient = normals<T>(hidden, 99);
      check(*kernel, hidden, outputGradient.data());
      check(*kernel, hidden, static_cast<const T*>(nullptr));
    }
  }
}

// Whether a kernel left what the reference left, and nothing beside it.
template <class T>
bool agrees(const Guarded<T>& actual, const std::vector<T>& expected) {
  return actual.intact() && largestError(actual.values(), expected) <= roundings<T>;
}

// Values between 0 and 1, as gates have.
template <class T>
std::vector<T> fractions(Index count, std::uint64_t seed) {
  std::vector<T> values = normals<T>(count, seed);
  for (T& value : values) value = reference::logistic(value);
  return values;
}

}  // namespace

TEST_CASE_TEMPLATE("vanilla step forward and backward", T, float, double) {
  forCells<T>([](const KernelTable<T>& kernel, Index hidden, const T* outputGradient) {
    for (const Activation activation : {Activation::tanh, Activation::relu}) {
      const std::vector<T> gates = normals<T>(hidden, 1, 2);
      Guarded<T> state(hidden);
      std::vector<T> expectedState(asSize(hidden));
      kernel.rnnForward(hidden, activation, gates.data(), state.data());
      reference::rnnForward(hidden, activation, gates.data(), expectedState.data());
      CHECK(agrees(state, expectedState));

      const std::vector<T> gradient = normals<T>(hidden, 2);
      Guarded<T> gatesGradient(hidden);
      std::vector<T> expectedGradient(asSize(hidden));
      kernel.rnnBackward(hidden, activation, expectedState.data(), gradient.data(), outputGradient,
                         gatesGradient.data());
      reference::rnnBackward(hidden, activation, expectedState.data(), gradient.data(), outputGradient,
                             expectedGradient.data());
      CHECK(agrees(gatesGradient, expectedGradient));
    }
  });
}

TEST_CASE_TEMPLATE("GRU step forward and backward", T, float, double) {
  forCells<T>([](const KernelTable<T>& kernel, Index hidden, const T* outputGradient) {
    const std::vector<T> previous = normals<T>(hidden, 3);
    {
      std::vector<T> expectedGates = normals<T>(3 * hidden, 4, 2);
      Guarded<T> gates(expectedGates);
      const std::vector<T> products = normals<T>(3 * hidden, 5, 2);
      Guarded<T> candidate(hidden);
      Guarded<T> state(hidden);
      std::vector<T> expectedCandidate(asSize(hidden));
      std::vector<T> expectedState(asSize(hidden));
      kernel.gruForward(hidden, gates.data(), products.data(), previous.data(), candidate.data(), state.data());
      reference::gruForward(hidden, expectedGates.data(), products.data(), previous.data(), expectedCandidate.data(),
                            expectedState.data());
      CHECK(agrees(gates, expectedGates));
      CHECK(agrees(candidate, expectedCandidate));
      CHECK(agrees(state, expectedState));
    }
    {
      std::vector<T> expectedGates = fractions<T>(3 * hidden, 6);
      std::vector<T> expectedCandidate = normals<T>(hidden, 7);
      std::vector<T> expectedGradient = normals<T>(hidden, 8);
      std::vector<T> expectedProducts(asSize(3 * hidden));
      Guarded<T> gates(expectedGates);
      Guarded<T> candidate(expectedCandidate);
      Guarded<T> gradient(expectedGradient);
      Guarded<T> products(3 * hidden);
      kernel.gruBackward(hidden, gates.data(), previous.data(), candidate.data(), gradient.data(), outputGradient,
                         products.data());
      reference::gruBackward(hidden, expectedGates.data(), previous.data(), expectedCandidate.data(),
                             expectedGradient.data(), outputGradient, expectedProducts.data());
      CHECK(agrees(gates, expectedGates));
      CHECK(agrees(candidate, expectedCandidate));
      CHECK(agrees(gradient, expectedGradient));
      CHECK(agrees(products, expectedProducts));
    }
  });
}

TEST_CASE_TEMPLATE("LSTM step forward and backward", T, float, double) {
  forCells<T>([](const KernelTable<T>& kernel, Index hidden, const T* outputGradient) {
    const std::vector<T> previousCell = normals<T>(hidden, 9);
    {
      std::vector<T> expectedGates = normals<T>(4 * hidden, 10, 2);
      Guarded<T> gates(expectedGates);
      Guarded<T> cell(hidden);
      Guarded<T> cellTanh(hidden);
      Guarded<T> state(hidden);
      std::vector<T> expectedCell(asSize(hidden));
      std::vector<T> expectedTanh(asSize(hidden));
      std::vector<T> expectedState(asSize(hidden));
      kernel.lstmForward(hidden, gates.data(), previousCell.data(), cell.data(), cellTanh.data(), state.data());
      reference::lstmForward(hidden, expectedGates.data(), previousCell.data(), expectedCell.data(),
                             expectedTanh.data(), expectedState.data());
      CHECK(agrees(gates, expectedGates));
      CHECK(agrees(cell, expectedCell));
      CHECK(agrees(cellTanh, expectedTanh));
      CHECK(agrees(state, expectedState));
    }
    {
      std::vector<T> expectedGates = fractions<T>(4 * hidden, 11);
      std::vector<T> expectedCellGradient = normals<T>(hidden, 12);
      const std::vector<T> cellTanh = fractions<T>(hidden, 13);
      const std::vector<T> gradient = normals<T>(hidden, 14);
      Guarded<T> gates(expectedGates);
      Guarded<T> cellGradient(expectedCellGradient);
      kernel.lstmBackward(hidden, gates.data(), previousCell.data(), cellTanh.data(), gradient.data(), outputGradient,
                          cellGradient.data());
      reference::lstmBackward(hidden, expectedGates.data(), previousCell.data(), cellTanh.data(), gradient.data(),
                              outputGradient, expectedCellGradient.data());
      CHECK(agrees(gates, expectedGates));
      CHECK(agrees(cellGradient, expectedCellGradient));
    }
  });
}

TEST_CASE_TEMPLATE("tanh keeps its relative accuracy from tiny to large arguments", T, float, double) {
  std::vector<T> x = evenly<T>(-12, 12, 17000);
  for (const double logarithm : evenly<double>(-30, 30, 400)) {
    x.push_back(static_cast<T>(std::pow(10, logarithm)));
    x.push_back(-x.back());
  }
  const double tolerance = sizeof(T) == 4 ? 1e-6 : 4e-16;

  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    std::vector<T> y(x.size());
    kernel->rnnForward(static_cast<Index>(x.size()), Activation::tanh, x.data(), y.data());
    double worst = 0;
    bool bounded = true;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double expected = std::tanh(static_cast<double>(x[i]));
      worst = std::max(worst, std::abs(static_cast<double>(y[i]) - expected) / std::abs(expected));
      bounded = bounded && std::abs(y[i]) <= 1;
    }
    CHECK(worst <= tolerance);
    CHECK(bounded);
  }
}

TEST_CASE_TEMPLATE("the logistic function keeps its relative accuracy", T, float, double) {
  const std::vector<T> x = evenly<T>(-85, 85, 12000);
  const auto count = static_cast<Index>(x.size());
  const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-15;

  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    std::vector<T> gates(asSize(4 * count));
    std::copy(x.begin(), x.end(), gates.begin());  // the input gate
    const std::vector<T> previousCell(x.size());
    std::vector<T> cell(x.size());
    std::vector<T> cellTanh(x.size());
    std::vector<T> state(x.size());
    kernel->lstmForward(count, gates.data(), previousCell.data(), cell.data(), cellTanh.data(), state.data());
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double expected = 1 / (1 + std::exp(-static_cast<double>(x[i])));
      worst = std::max(worst, std::abs(static_cast<double>(gates[i]) - expected) / expected);
    }
    CHECK(worst <= tolerance);
  }
}

TEST_CASE_TEMPLATE("not-a-number passes through every cell, infinity saturates", T, float, double) {
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  constexpr T infinity = std::numeric_limits<T>::infinity();
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Activation activation : {Activation::tanh, Activation::relu}) {
      T state = 0;
      kernel->rnnForward(1, activation, &nan, &state);
      CHECK(std::isnan(state));
    }
    T state = 0;
    kernel->rnnForward(1, Activation::tanh, &infinity, &state);
    CHECK(std::abs(state - 1) <= T(1e-6));

    for (int gate = 0; gate < 4; ++gate) {
      T gates[4] = {};
      gates[gate] = nan;
      const T previousCell = 1;
      T cell = 0;
      T cellTanh = 0;
      T lstmState = 0;
      kernel->lstmForward(1, gates, &previousCell, &cell, &cellTanh, &lstmState);
      CHECK(std::isnan(lstmState));
    }
    for (int gate = 0; gate < 3; ++gate) {
      T gates[3] = {};
      gates[gate] = nan;
      const T products[3] = {1, 1, 1};
      const T previous = 1;
      T candidate = 0;
      T gruState = 0;
      kernel->gruForward(1, gates, products, &previous, &candidate, &gruState);
      CHECK(std::isnan(gruState));
    }

    // Arguments beyond exp's range.
    T gates[4] = {infinity, -infinity, infinity, std::numeric_limits<T>::max()};
    const T previousCell = 1;
    T cell = 0;
    T cellTanh = 0;
    T lstmState = 0;
    kernel->lstmForward(1, gates, &previousCell, &cell, &cellTanh, &lstmState);
    CHECK(cell == doctest::Approx(1));
    CHECK(lstmState == doctest::Approx(std::tanh(1.0)));
  }
}
