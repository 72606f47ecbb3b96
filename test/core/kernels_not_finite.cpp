// What is not finite shows in what every kernel makes of it, wherever it stands, and so it does in the references.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/activation.h"
#include "kernels/dropout.h"
#include "kernels/gru_step.h"
#include "kernels/lstm_step.h"
#include "kernels/normalization.h"
#include "kernels/rnn_step.h"
#include "kernels/row_math.h"
#include "support.h"
#include "tables.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// Not-a-number as it comes of a calculation, of either sign, and with bits of other origin in it: the lowest, where a
// kernel might look for an exponent, or all.
template <class T>
std::vector<T> notNumbers() {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr T quiet = std::numeric_limits<T>::quiet_NaN();
  std::vector<T> all = {quiet, -quiet};
  for (const Bits low :
       {Bits{1}, Bits{0x155}, Bits{0x1ff}, static_cast<Bits>((Bits{1} << (sizeof(T) == 4 ? 22 : 51)) - 1)}) {
    Bits bits;
    std::memcpy(&bits, &quiet, sizeof bits);
    bits |= low;
    T value;
    std::memcpy(&value, &bits, sizeof value);
    all.push_back(value);
  }
  return all;
}

template <class T>
std::vector<T> notFinite() {
  std::vector<T> all = notNumbers<T>();
  all.push_back(std::numeric_limits<T>::infinity());
  all.push_back(-std::numeric_limits<T>::infinity());
  return all;
}

// The references of what is tested here, as a table beside the others.
template <class T>
const KernelTable<T>& references() {
  static const KernelTable<T> table = [] {
    KernelTable<T> made{};
    made.name = "reference";
    made.rnnForward = reference::rnnForward<T>;
    made.rnnBackward = reference::rnnBackward<T>;
    made.gruForward = reference::gruForward<T>;
    made.lstmForward = reference::lstmForward<T>;
    made.lstmBackward = reference::lstmBackward<T>;
    made.normalize = reference::normalize<T>;
    made.normalizeBackward = reference::normalizeBackward<T>;
    made.softmaxRow = reference::softmaxRow<T>;
    made.sumOfSquares = reference::sumOfSquares<T>;
    made.clamp = reference::clamp<T>;
    made.drop = reference::drop<T>;
    made.activate = reference::activate<T>;
    made.activateBackward = reference::activateBackward<T>;
    return made;
  }();
  return table;
}

// Calls check(kernel, count, place) for every table, and every place of rows of several lengths.
template <class T, class Check>
void forPlaces(Check&& check) {
  std::vector<const KernelTable<T>*> all = tables<T>();
  all.push_back(&references<T>());
  for (const KernelTable<T>* kernel : all) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index count : {Index{1}, Index{3}, Index{8}, Index{17}, Index{33}}) {
      for (Index place = 0; place < count; ++place) check(*kernel, count, asSize(place));
    }
  }
}

constexpr Activation everyActivation[] = {Activation::tanh, Activation::relu, Activation::sigmoid, Activation::linear};

// Whether the element at `place` is not finite, and all others are.
template <class T>
bool onlyAt(std::size_t place, const std::vector<T>& values) {
  for (std::size_t at = 0; at < values.size(); ++at) {
    if (std::isfinite(values[at]) == (at == place)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE_TEMPLATE("an activation hands not-a-number on, forward and back", T, float, double) {
  forPlaces<T>([](const KernelTable<T>& kernel, Index count, std::size_t place) {
    for (const T bad : notNumbers<T>()) {
      for (const Activation activation : everyActivation) {
        std::vector<T> y = normals<T>(count, 1);
        y[place] = bad;
        kernel.activate(count, activation, y.data());
        CHECK(onlyAt(place, y));

        std::vector<T> gradient = normals<T>(count, 2);
        kernel.activateBackward(count, activation, y.data(), gradient.data());
        if (activation != Activation::linear) CHECK(onlyAt(place, gradient));
      }
    }
  });
}

TEST_CASE_TEMPLATE("a gradient that is not finite shows behind every slope, zero too", T, float, double) {
  forPlaces<T>([](const KernelTable<T>& kernel, Index count, std::size_t place) {
    for (const T bad : notFinite<T>()) {
      for (const Activation activation : everyActivation) {
        for (const T value : {T(0), T(0.25), T(1)}) {
          const std::vector<T> y(asSize(count), value);
          std::vector<T> gradient = normals<T>(count, 2);
          gradient[place] = bad;
          std::vector<T> gates(asSize(count));
          kernel.rnnBackward(count, activation, y.data(), gradient.data(), nullptr, gates.data());
          CHECK(onlyAt(place, gates));
          kernel.activateBackward(count, activation, y.data(), gradient.data());
          CHECK(onlyAt(place, gradient));
        }
      }
    }
  });
}

TEST_CASE_TEMPLATE("cells hand not-a-number on from each of their sums", T, float, double) {
  forPlaces<T>([](const KernelTable<T>& kernel, Index count, std::size_t place) {
    const std::vector<T> previous = normals<T>(count, 1);
    for (const T bad : notNumbers<T>()) {
      for (const Activation activation : everyActivation) {
        std::vector<T> sums = normals<T>(count, 2);
        std::vector<T> state(asSize(count));
        sums[place] = bad;
        kernel.rnnForward(count, activation, sums.data(), state.data());
        CHECK(onlyAt(place, state));
        const CellActivations functions{activation, activation == Activation::tanh ? Activation::sigmoid : activation};
        for (std::size_t gate = 0; gate < 4; ++gate) {
          std::vector<T> gates = normals<T>(4 * count, 3);
          std::vector<T> cell(asSize(count));
          std::vector<T> cellOutput(asSize(count));
          gates[gate * asSize(count) + place] = bad;
          kernel.lstmForward(count, functions, gates.data(), previous.data(), cell.data(), cellOutput.data(),
                             state.data());
          CHECK(onlyAt(place, state));
          std::vector<T> cellGradient = normals<T>(count, 4);
          const std::vector<T> gradient = normals<T>(count, 5);
          kernel.lstmBackward(count, functions, gates.data(), previous.data(), cellOutput.data(), gradient.data(),
                              nullptr, cellGradient.data());
          if (activation != Activation::linear) CHECK_FALSE(std::isfinite(gates[gate * asSize(count) + place]));
        }
        for (std::size_t gate = 0; gate < 3; ++gate) {
          std::vector<T> gates = normals<T>(3 * count, 6);
          const std::vector<T> products = normals<T>(3 * count, 7);
          std::vector<T> candidate(asSize(count));
          gates[gate * asSize(count) + place] = bad;
          kernel.gruForward(count, functions, gates.data(), products.data(), previous.data(), candidate.data(),
                            state.data());
          CHECK(onlyAt(place, state));
        }
      }
    }
  });
}

TEST_CASE_TEMPLATE("a logit that is not finite makes the sum and all probabilities so", T, float, double) {
  forPlaces<T>([](const KernelTable<T>& kernel, Index count, std::size_t place) {
    for (const T bad : notFinite<T>()) {
      std::vector<T> logits = normals<T>(count, 1);
      logits[place] = bad;
      T scale = 0;
      T targetLogit = 0;
      CHECK_FALSE(std::isfinite(kernel.softmaxRow(count, nullptr, 0, logits.data(), &scale, &targetLogit)));
      CHECK(std::isnan(scale));
    }
  });
  for (const KernelTable<T>* kernel : tables<T>()) {
    const Index panel = kernel->panelColumns;
    for (const T bad : notFinite<T>()) {
      for (Index at = 0; at < 5 * panel; at += 3) {
        std::vector<T> logits = normals<T>(5 * panel, 2);
        std::vector<T> highest(asSize(panel));
        std::vector<T> sum(asSize(panel));
        std::vector<T> which(asSize(panel));
        logits[asSize(at)] = bad;
        kernel->softmaxPanel(5, nullptr, logits.data(), panel, highest.data(), sum.data(), which.data());
        CHECK(onlyAt(asSize(at % panel), sum));
      }
    }
  }
}

TEST_CASE_TEMPLATE("a normalisation makes not-a-number of a row that is not finite, and of one that overflows", T,
                   float, double) {
  forPlaces<T>([](const KernelTable<T>& kernel, Index count, std::size_t place) {
    const std::vector<T> ones(asSize(count), T(1));
    const auto isHidden = [&](const std::vector<T>& x) {
      std::vector<T> units(asSize(count));
      std::vector<T> y(asSize(count));
      std::vector<T> sums(asSize(count));
      std::vector<T> dx(asSize(count));
      const T inverse = kernel.normalize(count, T(1e-5), ones.data(), nullptr, x.data(), units.data(), y.data(), false);
      const std::vector<T> dy = normals<T>(count, 2);
      kernel.normalizeBackward(count, inverse, ones.data(), dy.data(), units.data(), sums.data(), nullptr, dx.data());
      for (std::size_t at = 0; at < asSize(count); ++at) {
        if (!std::isnan(y[at]) || !std::isnan(dx[at])) return true;
      }
      return false;
    };
    for (const T bad : notFinite<T>()) {
      std::vector<T> x = normals<T>(count, 1);
      x[place] = bad;
      CHECK_FALSE(isHidden(x));

      std::vector<T> units = normals<T>(count, 3);
      std::vector<T> dy = normals<T>(count, 4);
      std::vector<T> sums(asSize(count));
      dy[place] = bad;
      kernel.normalizeBackward(count, T(0.5), ones.data(), dy.data(), units.data(), sums.data(), nullptr, dy.data());
      for (const T gradient : dy) CHECK_FALSE(std::isfinite(gradient));
      CHECK_FALSE(std::isfinite(sums[place]));
    }
    // The squares are infinite. The reference takes those of floats in double.
    std::vector<T> huge(asSize(count), std::numeric_limits<T>::max() / T(1e6));
    huge[place] *= -1;
    if (count > 1 && &kernel != &references<T>()) CHECK_FALSE(isHidden(huge));
  });
}

TEST_CASE_TEMPLATE("what is dropped, clamped or squared stays to be seen if it is not finite", T, float, double) {
  forPlaces<T>([](const KernelTable<T>& kernel, Index count, std::size_t place) {
    const RandomStream stream = {{1, 2}, {3, 4, 5}};
    for (const T bad : notFinite<T>()) {
      std::vector<T> x = normals<T>(count, 1);
      x[place] = bad;
      for (const std::uint32_t threshold : {std::uint32_t{0}, std::uint32_t{1} << 31U, ~std::uint32_t{0}}) {
        std::vector<T> y(asSize(count));
        kernel.drop(count, stream, 0, threshold, T(2), x.data(), y.data());
        CHECK(onlyAt(place, y));
      }
      CHECK_FALSE(std::isfinite(kernel.sumOfSquares(count, x.data())));
      kernel.clamp(count, T(0.5), x.data());
      CHECK(onlyAt(place, x));
    }
  });
}
