// The element-wise steps of the cells, and through them exp, tanh and the logistic function.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/activations.h"
#include "kernels/gru_step.h"
#include "kernels/lstm_step.h"
#include "kernels/rnn_step.h"
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

constexpr Activation everyActivation[] = {Activation::tanh, Activation::relu, Activation::sigmoid, Activation::linear};

// The same for every pair of activations: check(kernel, activations, hidden, outputGradient).
template <class T, class Check>
void forGatedCells(Check&& check) {
  forCells<T>([&](const KernelTable<T>& kernel, Index hidden, const T* outputGradient) {
    for (const Activation candidate : everyActivation) {
      for (const Activation gate : everyActivation) {
        const int functions[] = {static_cast<int>(candidate), static_cast<int>(gate)};
        CAPTURE(functions[0]);
        CAPTURE(functions[1]);
        check(kernel, CellActivations{candidate, gate}, hidden, outputGradient);
      }
    }
  });
}

// An array twice: for a kernel and for its reference.
template <class T>
struct Pair {
  explicit Pair(const std::vector<T>& values) : actual(values), expected(values) {}
  // Without values: both write it whole.
  explicit Pair(Index count) : actual(count), expected(asSize(count)) {}

  [[nodiscard]] bool agree() const { return agrees(actual, expected); }

  Guarded<T> actual;
  std::vector<T> expected;
};

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
    for (const Activation activation : everyActivation) {
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

TEST_CASE_TEMPLATE("GRU step forward", T, float, double) {
  forGatedCells<T>([](const KernelTable<T>& kernel, const CellActivations& f, Index hidden, const T*) {
    const std::vector<T> previous = normals<T>(hidden, 3);
    const std::vector<T> products = normals<T>(3 * hidden, 5, 2);
    Pair<T> gates(normals<T>(3 * hidden, 4, 2));
    Pair<T> candidate(hidden);
    Pair<T> state(hidden);
    kernel.gruForward(hidden, f, gates.actual.data(), products.data(), previous.data(), candidate.actual.data(),
                      state.actual.data());
    reference::gruForward(hidden, f, gates.expected.data(), products.data(), previous.data(), candidate.expected.data(),
                          state.expected.data());
    CHECK(gates.agree());
    CHECK(candidate.agree());
    CHECK(state.agree());
  });
}

TEST_CASE_TEMPLATE("GRU step backward", T, float, double) {
  forGatedCells<T>([](const KernelTable<T>& kernel, const CellActivations& f, Index hidden, const T* outputGradient) {
    const std::vector<T> previous = normals<T>(hidden, 3);
    Pair<T> gates(fractions<T>(3 * hidden, 6));
    Pair<T> candidate(normals<T>(hidden, 7));
    Pair<T> gradient(normals<T>(hidden, 8));
    Pair<T> products(3 * hidden);
    kernel.gruBackward(hidden, f, gates.actual.data(), previous.data(), candidate.actual.data(), gradient.actual.data(),
                       outputGradient, products.actual.data());
    reference::gruBackward(hidden, f, gates.expected.data(), previous.data(), candidate.expected.data(),
                           gradient.expected.data(), outputGradient, products.expected.data());
    CHECK(gates.agree());
    CHECK(candidate.agree());
    CHECK(gradient.agree());
    CHECK(products.agree());
  });
}

TEST_CASE_TEMPLATE("GRU step with the reset gate before the product", T, float, double) {
  forGatedCells<T>([](const KernelTable<T>& kernel, const CellActivations& f, Index hidden, const T* outputGradient) {
    const std::vector<T> previous = normals<T>(hidden, 3);
    const std::vector<T> input = normals<T>(hidden, 4);
    {
      Pair<T> gates(normals<T>(3 * hidden, 5, 2));
      Pair<T> resetState(hidden);
      kernel.gruResetForward(hidden, f, gates.actual.data(), input.data(), resetState.actual.data());
      reference::gruResetForward(hidden, f, gates.expected.data(), input.data(), resetState.expected.data());
      CHECK(gates.agree());
      CHECK(resetState.agree());
    }
    {
      Pair<T> gates(normals<T>(3 * hidden, 6));
      Pair<T> state(hidden);
      kernel.gruCandidateForward(hidden, f, gates.actual.data(), previous.data(), state.actual.data());
      reference::gruCandidateForward(hidden, f, gates.expected.data(), previous.data(), state.expected.data());
      CHECK(gates.agree());
      CHECK(state.agree());
    }
    {
      Pair<T> gates(fractions<T>(3 * hidden, 7));
      Pair<T> gradient(normals<T>(hidden, 8));
      kernel.gruCandidateBackward(hidden, f, gates.actual.data(), previous.data(), gradient.actual.data(),
                                  outputGradient);
      reference::gruCandidateBackward(hidden, f, gates.expected.data(), previous.data(), gradient.expected.data(),
                                      outputGradient);
      CHECK(gates.agree());
      CHECK(gradient.agree());
    }
    {
      Pair<T> gates(fractions<T>(3 * hidden, 9));
      Pair<T> resetGradient(normals<T>(hidden, 10));
      kernel.gruResetBackward(hidden, f, gates.actual.data(), input.data(), resetGradient.actual.data());
      reference::gruResetBackward(hidden, f, gates.expected.data(), input.data(), resetGradient.expected.data());
      CHECK(gates.agree());
      CHECK(resetGradient.agree());
    }
  });
}

TEST_CASE_TEMPLATE("LSTM step forward", T, float, double) {
  forGatedCells<T>([](const KernelTable<T>& kernel, const CellActivations& f, Index hidden, const T*) {
    const std::vector<T> previousCell = normals<T>(hidden, 9);
    Pair<T> gates(normals<T>(4 * hidden, 10, 2));
    Pair<T> cell(hidden);
    Pair<T> cellOutput(hidden);
    Pair<T> state(hidden);
    kernel.lstmForward(hidden, f, gates.actual.data(), previousCell.data(), cell.actual.data(),
                       cellOutput.actual.data(), state.actual.data());
    reference::lstmForward(hidden, f, gates.expected.data(), previousCell.data(), cell.expected.data(),
                           cellOutput.expected.data(), state.expected.data());
    CHECK(gates.agree());
    CHECK(cell.agree());
    CHECK(cellOutput.agree());
    CHECK(state.agree());
  });
}

TEST_CASE_TEMPLATE("LSTM step backward", T, float, double) {
  forGatedCells<T>([](const KernelTable<T>& kernel, const CellActivations& f, Index hidden, const T* outputGradient) {
    const std::vector<T> previousCell = normals<T>(hidden, 9);
    const std::vector<T> cellOutput = fractions<T>(hidden, 13);
    const std::vector<T> gradient = normals<T>(hidden, 14);
    Pair<T> gates(fractions<T>(4 * hidden, 11));
    Pair<T> cellGradient(normals<T>(hidden, 12));
    kernel.lstmBackward(hidden, f, gates.actual.data(), previousCell.data(), cellOutput.data(), gradient.data(),
                        outputGradient, cellGradient.actual.data());
    reference::lstmBackward(hidden, f, gates.expected.data(), previousCell.data(), cellOutput.data(), gradient.data(),
                            outputGradient, cellGradient.expected.data());
    CHECK(gates.agree());
    CHECK(cellGradient.agree());
  });
}

TEST_CASE_TEMPLATE("LSTM step in parts", T, float, double) {
  forGatedCells<T>([](const KernelTable<T>& kernel, const CellActivations& f, Index hidden, const T* outputGradient) {
    const std::vector<T> previousCell = normals<T>(hidden, 9);
    const std::vector<T> gradient = normals<T>(hidden, 14);
    {
      Pair<T> gates(normals<T>(4 * hidden, 10, 2));
      Pair<T> cell(hidden);
      Pair<T> cellOutput(normals<T>(hidden, 15));
      Pair<T> state(hidden);
      kernel.lstmCellForward(hidden, f, gates.actual.data(), previousCell.data(), cell.actual.data());
      kernel.lstmOutputForward(hidden, f, gates.actual.data(), cellOutput.actual.data(), state.actual.data());
      reference::lstmCellForward(hidden, f, gates.expected.data(), previousCell.data(), cell.expected.data());
      reference::lstmOutputForward(hidden, f, gates.expected.data(), cellOutput.expected.data(), state.expected.data());
      CHECK(gates.agree());
      CHECK(cell.agree());
      CHECK(cellOutput.agree());
      CHECK(state.agree());
    }
    {
      Pair<T> gates(fractions<T>(4 * hidden, 11));
      Pair<T> cellOutput(fractions<T>(hidden, 13));
      Pair<T> cellGradient(normals<T>(hidden, 12));
      kernel.lstmOutputBackward(hidden, f, gates.actual.data(), cellOutput.actual.data(), gradient.data(),
                                outputGradient);
      kernel.lstmCellBackward(hidden, f, gates.actual.data(), previousCell.data(), cellGradient.actual.data());
      reference::lstmOutputBackward(hidden, f, gates.expected.data(), cellOutput.expected.data(), gradient.data(),
                                    outputGradient);
      reference::lstmCellBackward(hidden, f, gates.expected.data(), previousCell.data(), cellGradient.expected.data());
      CHECK(gates.agree());
      CHECK(cellOutput.agree());
      CHECK(cellGradient.agree());
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
    kernel->lstmForward(count, {}, gates.data(), previousCell.data(), cell.data(), cellTanh.data(), state.data());
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
    for (const Activation activation : everyActivation) {
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
      kernel->lstmForward(1, {}, gates, &previousCell, &cell, &cellTanh, &lstmState);
      CHECK(std::isnan(lstmState));
    }
    for (int gate = 0; gate < 3; ++gate) {
      T gates[3] = {};
      gates[gate] = nan;
      const T products[3] = {1, 1, 1};
      const T previous = 1;
      T candidate = 0;
      T gruState = 0;
      kernel->gruForward(1, {}, gates, products, &previous, &candidate, &gruState);
      CHECK(std::isnan(gruState));
    }

    // Arguments beyond exp's range.
    T gates[4] = {infinity, -infinity, infinity, std::numeric_limits<T>::max()};
    const T previousCell = 1;
    T cell = 0;
    T cellTanh = 0;
    T lstmState = 0;
    kernel->lstmForward(1, {}, gates, &previousCell, &cell, &cellTanh, &lstmState);
    CHECK(cell == doctest::Approx(1));
    CHECK(lstmState == doctest::Approx(std::tanh(1.0)));
  }
}
