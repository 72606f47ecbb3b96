// The laws of initialization: their moments and matrices, gates one by one, biases and gains.

#include "model/initializers.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "support.h"

using namespace unrolled;
using namespace unrolled::test;
using Kind = Initializer::Kind;

namespace {

template <class T = double>
std::vector<T> drawn(const Parameter& parameter, const Initializer& initializer, std::uint64_t seed = 3) {
  Random random(seed, RandomUse::initialization, 0);
  std::vector<T> values;
  fill(parameter, initializer, random, values);
  return values;
}

Parameter matrix(Index rows, Index columns, Index gates = 1) {
  ParameterList list;
  list.setGates(list.addWeight("weight", rows, columns, {}), gates);
  return list.all()[0];
}

double largestOf(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

double deviationOf(const std::vector<double>& values) {
  double squares = 0;
  for (const double value : values) squares += value * value;
  return std::sqrt(squares / static_cast<double>(values.size()));
}

// How far the shorter sides of a block are from orthogonal vectors of length `gain`.
double distanceFromOrthogonal(const double* block, Index rows, Index columns, double gain) {
  const bool wide = rows < columns;
  const Index count = wide ? rows : columns;
  const auto at = [&](Index vector, Index i) {
    return wide ? block[vector * columns + i] : block[i * columns + vector];
  };
  double worst = 0;
  for (Index a = 0; a < count; ++a) {
    for (Index b = 0; b <= a; ++b) {
      double product = 0;
      for (Index i = 0; i < (wide ? columns : rows); ++i) product += at(a, i) * at(b, i);
      worst = std::max(worst, std::abs(product - (a == b ? gain * gain : 0)));
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("default, normal and uniform draw the numbers they always drew") {
  ParameterList list;
  list.addWeight("table", 5, 4, {DefaultInitialization::Kind::normal, 1});
  list.addWeight("weight", 5, 4, {DefaultInitialization::Kind::uniform, 0.25});
  Random first(3, RandomUse::initialization, 0);
  Random second(3, RandomUse::initialization, 0);
  const std::vector<double> normal = drawn(list.all()[0], {});
  const std::vector<double> uniform = drawn(list.all()[1], {});
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(normal[i] == first.normal());
    CHECK(uniform[i] == 0.25 * (2 * second.uniform() - 1));
  }
  CHECK(drawn(list.all()[1], {Kind::normal, 1}) == normal);
  CHECK(drawn(list.all()[0], {Kind::uniform, 0.25}) == uniform);
}

TEST_CASE("laws with a bound or a deviation have it, each gate by itself") {
  const Parameter weight = matrix(400, 300, 4);  // fan-in 300, fan-out 100
  struct Law {
    Kind kind;
    double deviation;
    bool uniform;
  };
  for (const Law& law :
       {Law{Kind::normal, 1, false}, Law{Kind::uniform, std::sqrt(1.0 / 3), true},
        Law{Kind::xavierUniform, std::sqrt(2.0 / 400), true}, Law{Kind::xavierNormal, std::sqrt(2.0 / 400), false},
        Law{Kind::kaimingUniform, std::sqrt(2.0 / 300), true}, Law{Kind::kaimingNormal, std::sqrt(2.0 / 300), false}}) {
    CAPTURE(static_cast<int>(law.kind));
    for (const double scale : {1.0, 2.5}) {
      const std::vector<double> values = drawn(weight, {law.kind, scale});
      CHECK(deviationOf(values) / (scale * law.deviation) == doctest::Approx(1).epsilon(0.02));
      const double bound = std::sqrt(3.0) * scale * law.deviation;
      CHECK((largestOf(values) <= bound) == law.uniform);
      CHECK(largestOf(values) > 0.99 * bound);
    }
    CHECK(largestOf(drawn(weight, {law.kind, 0})) == 0);
  }
}

TEST_CASE("constants, zeros and identities") {
  const std::vector<double> sevens(6, 7);
  CHECK(drawn(matrix(2, 3), {Kind::constant, 7}) == sevens);
  CHECK(largestOf(drawn(matrix(2, 3), {Kind::zeros, 7})) == 0);
  CHECK(drawn(matrix(4, 2, 2), {Kind::identity, 3}) == std::vector<double>{3, 0, 0, 3, 3, 0, 0, 3});
  CHECK(drawn(matrix(2, 3), {Kind::identity, 1}) == std::vector<double>{1, 0, 0, 0, 1, 0});
  CHECK(drawn(matrix(3, 2), {Kind::identity, 1}) == std::vector<double>{1, 0, 0, 1, 0, 0});
}

TEST_CASE("orthogonal matrices are, of every shape and of every gate") {
  struct Shape {
    Index rows;
    Index columns;
    Index gates;
  };
  for (const Shape shape : {Shape{1, 1, 1}, Shape{5, 5, 1}, Shape{7, 3, 1}, Shape{3, 7, 1}, Shape{100, 100, 1},
                            Shape{90, 33, 1}, Shape{120, 40, 3}, Shape{280, 70, 4}}) {
    CAPTURE(shape.rows);
    const Index rows = shape.rows / shape.gates;
    const std::vector<double> values = drawn(matrix(shape.rows, shape.columns, shape.gates), {Kind::orthogonal, 1.5});
    for (Index gate = 0; gate < shape.gates; ++gate) {
      const double* block = values.data() + gate * rows * shape.columns;
      CHECK(distanceFromOrthogonal(block, rows, shape.columns, 1.5) < 1e-13);
    }
  }
  const std::vector<double> values = drawn(matrix(8, 4, 2), {Kind::orthogonal, 1});
  CHECK(!std::equal(values.begin(), values.begin() + 16, values.begin() + 16));  // no gate is another's copy
}

TEST_CASE("orthogonal matrices have no side they like better") {
  // The mean of each element over many matrices is zero, which it is not if signs are left as a decomposition has them.
  double mean = 0;
  constexpr int draws = 4000;
  for (int seed = 0; seed < draws; ++seed) {
    mean += drawn(matrix(3, 3), {Kind::orthogonal, 1}, static_cast<std::uint64_t>(seed))[0] / draws;
  }
  CHECK(std::abs(mean) < 5 * std::sqrt(1.0 / 3 / draws));
}

TEST_CASE("biases and gains of a normalisation keep out of laws that are for weights") {
  ParameterList list;
  list.addBias("bias", 3, {DefaultInitialization::Kind::uniform, 1});
  list.addGain("gain", 3);
  const std::vector<double> zeros(3);
  const std::vector<double> ones(3, 1);
  for (const Kind kind : {Kind::normal, Kind::uniform, Kind::identity, Kind::orthogonal, Kind::xavierUniform,
                          Kind::xavierNormal, Kind::kaimingUniform, Kind::kaimingNormal}) {
    CHECK(drawn(list.all()[0], {kind, 2}) == zeros);
    CHECK(drawn(list.all()[1], {kind, 2}) == ones);
  }
  CHECK(drawn(list.all()[1], {}) == ones);
  CHECK(largestOf(drawn(list.all()[0], {})) > 0);
  CHECK(drawn(list.all()[0], {Kind::constant, 1}) == ones);
  CHECK(drawn(list.all()[1], {Kind::zeros, 1}) == zeros);
}

TEST_CASE("both types of elements draw the same numbers") {
  for (const Kind kind : {Kind::normal, Kind::xavierUniform, Kind::orthogonal}) {
    const std::vector<double> wide = drawn(matrix(12, 6, 2), {kind, 1});
    CHECK(drawn<float>(matrix(12, 6, 2), {kind, 1}) == std::vector<float>(wide.begin(), wide.end()));
  }
}
