// Dropout: its kernel, its masks and its gradients.

#include "layers/dropout.h"

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/dropout.h"
#include "layer_check.h"
#include "layers/embedding.h"
#include "layers/gather.h"
#include "support.h"
#include "tables.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr Dropping dropping{true, 9, 4};

// The output of a dropout layer over ones.
std::vector<float> dropOnes(double rate, Index count, const Dropping& how, std::uint32_t part = 0,
                            int threadCount = 1) {
  LayerHarness<float> harness;
  harness.dropping = how;
  harness.addVectors({count}, 1);
  std::fill(harness.vectors()[0]->begin(), harness.vectors()[0]->end(), 1.0F);
  harness.add<Dropout<float>>(rate, 1, part);
  harness.prepare();
  return harness.run(threadCount).output;
}

}  // namespace

TEST_CASE_TEMPLATE("the dropping kernel of every instruction set", T, float, double) {
  const RandomStream stream = {{1, 2}, {3, 4, 5}};
  for (const KernelTable<T>* kernel : tables<T>()) {
    const std::string isa = kernel->name;
    CAPTURE(isa);
    for (const Index count : {Index{1}, Index{63}, Index{64}, Index{65}, Index{1000}}) {
      CAPTURE(count);
      std::vector<T> expected = normals<T>(count, 1);
      Guarded<T> y(expected);
      kernel->drop(count, stream, 128, 0x60000000, T(1.6), y.data(), y.data());
      reference::drop(count, stream, 128, 0x60000000, T(1.6), expected.data(), expected.data());
      CHECK(sameBits(y.values(), expected));
      CHECK(y.intact());
    }
  }
}

TEST_CASE("a part of a stream can be drawn by itself") {
  Random whole(7, RandomUse::dropout, 3, 2);
  Random part(7, RandomUse::dropout, 3, 2);
  for (int i = 0; i < 4 * 5; ++i) whole.next();
  part.next();
  part.seek(5);
  for (int i = 0; i < 6; ++i) CHECK(part.next() == whole.next());
}

TEST_CASE("gradients through dropout, of vectors and of embedded ids") {
  for (const std::vector<Index>& lengths : {std::vector<Index>{4, 4, 4}, std::vector<Index>{5, 2, 1}}) {
    for (const bool active : {false, true}) {
      checkLayer([&](auto& harness) {
        using T = std::decay_t<decltype(harness.run(1).output[0])>;
        harness.dropping = {active, 9, 4};
        harness.addVectors(lengths, 5);
        harness.template add<Dropout<T>>(0.4, 5, 1);
      });
      checkLayer([&](auto& harness) {
        using T = std::decay_t<decltype(harness.run(1).output[0])>;
        harness.dropping = {active, 9, 4};
        harness.addIds(lengths, 6);
        harness.template add<Embedding<T>>(harness.list, "embedding", 6, 5);
        harness.template add<Gather<T>>(5);
        harness.template add<Dropout<T>>(0.4, 5, 1);
      });
    }
  }
}

TEST_CASE("as many units go as the rate says, and the others make up for them") {
  constexpr Index count = 200000;
  for (const double rate : {0.1, 0.5, 0.9}) {
    CAPTURE(rate);
    Index dropped = 0;
    for (const float value : dropOnes(rate, count, dropping)) {
      if (value == 0) ++dropped;
      if (value != 0) CHECK(value == doctest::Approx(1 / (1 - rate)));
    }
    const double deviation = std::sqrt(rate * (1 - rate) * static_cast<double>(count));
    CHECK(std::abs(static_cast<double>(dropped) - rate * static_cast<double>(count)) < 5 * deviation);
  }
}

TEST_CASE("a mask is that of its seed, step and layer, for any number of threads") {
  constexpr Index count = 100000;
  const std::vector<float> mask = dropOnes(0.5, count, dropping);
  CHECK(dropOnes(0.5, count, dropping) == mask);
  CHECK(dropOnes(0.5, count, dropping, 0, 3) == mask);
  CHECK(dropOnes(0.5, count, {true, 10, 4}) != mask);
  CHECK(dropOnes(0.5, count, {true, 9, 5}) != mask);
  CHECK(dropOnes(0.5, count, dropping, 1) != mask);
  // What comes first does not depend on how much comes.
  const std::vector<float> shorter = dropOnes(0.5, 1000, dropping);
  CHECK(std::equal(shorter.begin(), shorter.end(), mask.begin()));
}

TEST_CASE("a pass that does not drop, and a rate of zero, hand the input on without a copy") {
  for (const bool active : {false, true}) {
    LayerHarness<float> harness;
    harness.dropping = {active, 9, 4};
    harness.addVectors({3, 3}, 2);
    harness.add<Dropout<float>>(active ? 0 : 0.5, 2, 0);
    harness.prepare();
    CHECK(harness.forward(1).data == harness.vectors()[0]->data());
  }
}

TEST_CASE("a rate next to one drops nearly all and makes nothing that is not finite") {
  for (const float value : dropOnes(1 - 1e-12, 10000, dropping)) CHECK(std::isfinite(value));
}
