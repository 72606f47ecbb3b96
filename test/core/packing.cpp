// Rows of different length: their order, and that padding neither counts nor shows.

#include "model/packing.h"

#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

TEST_CASE("rows come by falling length, equal ones in their order, step after step") {
  const Packing packing(4, {1, 3, 2, 3});
  const SequenceLayout layout = packing.layout();
  CHECK(layout.time == 3);
  CHECK(layout.batch == 4);
  CHECK(std::vector<Index>(layout.starts, layout.starts + 4) == std::vector<Index>{0, 4, 7, 9});
  const std::vector<int> padded = {10, 20, 30, 40, 11, 21, 31, 41, 12, 22, 32, 42, 13, 23, 33, 43};
  const std::vector<int> packed = packing.pack(padded, 1);
  CHECK(packed == std::vector<int>{20, 40, 30, 10, 21, 41, 31, 22, 42});
  CHECK(packing.unpack(packed.data(), 1) == std::vector<int>{10, 20, 30, 40, 0, 21, 31, 41, 0, 22, 0, 42, 0, 0, 0, 0});
  std::vector<int> rows(4);
  packing.packRows(padded.data(), 1, rows.data());
  CHECK(rows == std::vector<int>{20, 40, 30, 10});
  std::vector<int> back(4);
  packing.unpackRows(rows.data(), 1, back.data());
  CHECK(back == std::vector<int>{10, 20, 30, 40});
}

TEST_CASE("a length outside of the batch is refused") {
  CHECK_THROWS_AS(Packing(3, {1, 4}), Error);
  CHECK_THROWS_AS(Packing(3, {0, 3}), Error);
  CHECK_THROWS_AS(Packing(3, {-1}), Error);
}

TEST_CASE("a row gives the same output alone and among longer and shorter ones") {
  for (const bool bidirectional : {false, true}) {
    for (const std::string& cell : cells()) {
      Chain chain;
      chain.cell = cell;
      chain.bidirectional = bidirectional;
      chain.inputKind = InputKind::features;
      chain.layers = 2;
      chain.classes = 0;
      Model<double> model(chain.description());
      model.initialize({}, 1);
      const std::vector<Index> lengths = {2, 6, 4};
      const Packing packing(6, lengths);
      // What stands behind a row's end is not-a-number: whoever reads it shows.
      std::vector<double> padded = normals<double>(6 * 3 * chain.inputSize, 2);
      for (Index row = 0; row < 3; ++row) {
        for (Index t = lengths[asSize(row)]; t < 6; ++t) {
          std::fill_n(padded.data() + (t * 3 + row) * chain.inputSize, chain.inputSize,
                      std::numeric_limits<double>::quiet_NaN());
        }
      }
      const std::vector<double> packed = packing.pack(padded, chain.inputSize);
      std::vector<double> states(asSize(model.stateSize(3)));
      const SequenceLayout layout = packing.layout();
      const Sequence<double> together =
          model.forward({layout.time, 3, nullptr, packed.data(), layout.starts}, states.data(), threads(1));
      const Index width = together.features;
      const std::vector<double> outputs = packing.unpack(together.data, width);

      for (Index row = 0; row < 3; ++row) {
        const Index length = lengths[asSize(row)];
        std::vector<double> alone;
        for (Index t = 0; t < length; ++t) {
          const double* from = padded.data() + (t * 3 + row) * chain.inputSize;
          alone.insert(alone.end(), from, from + chain.inputSize);
        }
        std::vector<double> state(asSize(model.stateSize(1)));
        const Sequence<double> one = model.forward({length, 1, nullptr, alone.data()}, state.data(), threads(1));
        for (Index t = 0; t < length; ++t) {
          const std::vector<double> expected(one.data + t * width, one.data + (t + 1) * width);
          const double* got = outputs.data() + (t * 3 + row) * width;
          CHECK(largestError(std::vector<double>(got, got + width), expected) <= 1e-14);
        }
      }
    }
  }
}
