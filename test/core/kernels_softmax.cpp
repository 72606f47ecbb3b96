// The softmax by panels of positions, and the scaling of its gradient, of every instruction set.

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/row_math.h"
#include "support.h"
#include "tables.h"

using namespace unrolled;
using namespace unrolled::test;

TEST_CASE_TEMPLATE("a panel's softmax is that of each of its positions", T, float, double) {
  const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-14;
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    const Index panel = kernel->panelColumns;
    const Index stride = panel + 5;
    for (const Index classes : {Index{1}, Index{2}, Index{13}, Index{480}}) {
      CAPTURE(classes);
      for (const bool biased : {false, true}) {
        const std::vector<T> bias = biased ? normals<T>(classes, 1, 3) : std::vector<T>();
        const std::vector<T> before = normals<T>(classes * stride, 2, 3);
        Guarded<T> logits(before);
        Guarded<T> highest(panel);
        Guarded<T> sum(panel);
        Guarded<T> which(panel);
        kernel->softmaxPanel(classes, biased ? bias.data() : nullptr, logits.data(), stride, highest.data(), sum.data(),
                             which.data());
        const std::vector<T> after = logits.values();
        std::vector<T> expected = before;  // what stands between the panels stays
        for (Index position = 0; position < panel; ++position) {
          std::vector<T> column(asSize(classes));
          for (Index c = 0; c < classes; ++c) column[asSize(c)] = before[asSize(c * stride + position)];
          T scale = 0;
          T targetLogit = 0;
          const double logSum =
              reference::softmaxRow(classes, biased ? bias.data() : nullptr, 0, column.data(), &scale, &targetLogit);
          for (Index c = 0; c < classes; ++c) expected[asSize(c * stride + position)] = column[asSize(c)];
          const double found =
              static_cast<double>(highest.data()[position]) + std::log(static_cast<double>(sum.data()[position]));
          CHECK(std::abs(found - logSum) <= tolerance * std::max(1.0, std::abs(logSum)));
          const auto likeliest = static_cast<std::size_t>(which.data()[position]);
          CHECK(column[likeliest] == T(1));
        }
        CHECK(largestError(after, expected) <= roundings<T>);
        CHECK(logits.intact());
        CHECK(highest.intact());
        CHECK(sum.intact());
        CHECK(which.intact());
      }
    }
  }
}

TEST_CASE_TEMPLATE("columns are scaled and added up by class", T, float, double) {
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index panels : {Index{1}, Index{2}, Index{5}}) {
      const Index positions = panels * kernel->panelColumns;
      const Index stride = positions + 3;
      constexpr Index classes = 7;
      const std::vector<T> factors = normals<T>(positions, 1);
      const std::vector<T> before = normals<T>(classes * stride, 2);
      std::vector<T> expected = before;
      std::vector<T> expectedSums(classes);
      for (Index c = 0; c < classes; ++c) {
        double sum = 0;
        for (Index at = 0; at < positions; ++at) {
          expected[asSize(c * stride + at)] *= factors[asSize(at)];
          sum += static_cast<double>(expected[asSize(c * stride + at)]);
        }
        expectedSums[asSize(c)] = static_cast<T>(sum);
      }
      Guarded<T> values(before);
      Guarded<T> sums(classes);
      kernel->scaleColumns(classes, positions, factors.data(), values.data(), stride, sums.data());
      CHECK(sameBits(values.values(), expected));
      CHECK(values.intact());
      CHECK(sums.intact());
      CHECK(largestError(sums.values(), expectedSums) <= (sizeof(T) == 4 ? 1e-5 : 1e-13));
      Guarded<T> again(before);
      kernel->scaleColumns(classes, positions, factors.data(), again.data(), stride, nullptr);
      CHECK(sameBits(again.values(), expected));
    }
  }
}
