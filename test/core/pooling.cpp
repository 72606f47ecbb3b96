// Pooling where steps are equal: one of them, the first, has the maximum, and takes its whole gradient.

#include "layers/pooling.h"

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "layer_check.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// The output over one sequence of one feature, and the gradient of each of its steps.
template <class T>
LayerResult<T> pooled(PoolingKind kind, const std::vector<T>& values) {
  LayerHarness<T> harness;
  harness.addVectors({static_cast<Index>(values.size())}, 1);
  harness.template add<Pooling<T>>(kind, 1, 1);
  harness.prepare();
  for (std::size_t t = 0; t < values.size(); ++t) (*harness.vectors()[0])[t] = values[t];
  return harness.run(1);
}

template <class T>
void checkMaximum(const std::vector<T>& values, std::size_t first) {
  const LayerResult<T> result = pooled<T>(PoolingKind::max, values);
  CHECK((result.output[0] == values[first] || (std::isnan(result.output[0]) && std::isnan(values[first]))));
  for (std::size_t t = 0; t < values.size(); ++t) {
    CAPTURE(t);
    CHECK((result.inputGradients[0][t] != 0) == (t == first));
  }
}

}  // namespace

TEST_CASE_TEMPLATE("of equal maxima the first has the gradient", T, float, double) {
  checkMaximum<T>({1, 3, 2, 3, 3}, 1);
  checkMaximum<T>({2, 2, 2}, 0);
  checkMaximum<T>({-1, -1}, 0);
  checkMaximum<T>({0, -0.0, 0}, 0);
  checkMaximum<T>({-0.0, 0}, 0);
  const T infinity = std::numeric_limits<T>::infinity();
  checkMaximum<T>({1, infinity, infinity}, 1);
  checkMaximum<T>({-infinity, -infinity}, 0);
}

TEST_CASE_TEMPLATE("of several that are not numbers the first has the gradient, wherever the largest number is", T,
                   float, double) {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  const T infinity = std::numeric_limits<T>::infinity();
  checkMaximum<T>({5, nan, 7, nan}, 1);
  checkMaximum<T>({nan, infinity, nan}, 0);
  checkMaximum<T>({infinity, 1, nan}, 2);
  checkMaximum<T>({nan, nan}, 0);
}

TEST_CASE_TEMPLATE("equal steps share alike in a sum and a mean, and the last alone where that is asked", T, float,
                   double) {
  for (const PoolingKind kind : {PoolingKind::sum, PoolingKind::mean, PoolingKind::last}) {
    const LayerResult<T> result = pooled<T>(kind, {2, 2, 2, 2});
    CHECK(result.output[0] == (kind == PoolingKind::sum ? T(8) : T(2)));
    const std::vector<T>& gradients = result.inputGradients[0];
    const T last = gradients[3];
    CHECK(last != 0);
    for (std::size_t t = 0; t < 3; ++t) CHECK(gradients[t] == (kind == PoolingKind::last ? T(0) : last));
  }
}
