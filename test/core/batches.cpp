// How streams and labelled sequences are cut into batches, and how a stream is evaluated.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/error.h"
#include "data/labelled_sequences.h"
#include "data/stream_batches.h"
#include "support.h"
#include "training/evaluation.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

std::vector<TokenId> counting(Index count) {
  std::vector<TokenId> ids(asSize(count));
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

bool goOn() { return true; }

}  // namespace

TEST_CASE("a stream is cut into rows and windows, targets one later") {
  struct Shape {
    Index ids;
    Index rows;
    Index window;
  };
  for (const Shape shape : {Shape{101, 3, 7}, Shape{100, 3, 11}, Shape{22, 3, 7}, Shape{13, 1, 5}, Shape{9, 8, 1}}) {
    CAPTURE(shape.ids);
    CAPTURE(shape.rows);
    CAPTURE(shape.window);
    const Index rowLength = (shape.ids - 1) / shape.rows;
    StreamBatches<float> source(counting(shape.ids), shape.rows, shape.window);
    REQUIRE(source.stepsPerEpoch() == rowLength / shape.window);  // a last incomplete window is left out
    CHECK(source.tokensPerEpoch() == source.stepsPerEpoch() * shape.window * shape.rows);
    CHECK(source.largestPass().positions == shape.window * shape.rows);
    CHECK(source.largestPass().batch == shape.rows);
    for (const Index epoch : {Index{0}, Index{1}}) {
      for (Index step = 0; step < source.stepsPerEpoch(); ++step) {
        const TrainingBatch<float> batch = source.batch(epoch, step);
        CHECK(batch.input.time == shape.window);
        CHECK(batch.input.batch == shape.rows);
        CHECK(batch.targetCount == shape.window * shape.rows);
        CHECK(batch.fromZeroState == (step == 0));  // carried on within an epoch, zero at its start
        bool right = true;
        for (Index t = 0; t < shape.window; ++t) {
          for (Index row = 0; row < shape.rows; ++row) {
            const Index position = row * rowLength + step * shape.window + t;
            right = right && batch.input.ids[t * shape.rows + row] == position &&
                    batch.targets.ids[t * shape.rows + row] == position + 1;
          }
        }
        CHECK(right);
      }
    }
  }
}

TEST_CASE("a stream without a whole window is refused, one with exactly one is not") {
  const std::string tooShort = "ERR_UNROLLED_CORPUS_TOO_SHORT";
  CHECK(codeOf([] { StreamBatches<float>(counting(22), 3, 7); }) == "none");
  CHECK(codeOf([] { StreamBatches<float>(counting(21), 3, 7); }) == tooShort);
  CHECK(codeOf([] { StreamBatches<float>(counting(2), 3, 1); }) == tooShort);
  CHECK(codeOf([] { StreamBatches<float>(std::vector<TokenId>(), 1, 1); }) == tooShort);
  CHECK(codeOf([] { StreamBatches<float>(std::vector<TokenId>(), 4, 1); }) == tooShort);
  try {
    const StreamBatches<float> source(counting(61), 3, 64);
    FAIL("it was not refused");
  } catch (const Error& error) {
    CHECK(error.option() == "window");
    CHECK(error.expected() == "at most 20");
    CHECK(error.received() == "64");
  }
}

TEST_CASE("labelled sequences come in an order drawn anew for each epoch from the seed") {
  constexpr Index count = 50;
  std::vector<Index> offsets = {0};
  for (Index i = 0; i < count; ++i) offsets.push_back(offsets.back() + 1 + i % 4);
  const std::vector<TokenId> ids = counting(offsets.back());
  const std::vector<TokenId> labels = counting(count);

  const auto order = [&](std::uint64_t seed, Index epoch, bool shuffle) {
    LabelledSequences<float> source({ids, {}, 0, offsets}, classes(labels), {1, shuffle, 0}, seed);
    REQUIRE(source.stepsPerEpoch() == count);
    CHECK(source.largestPass().positions == 4);
    std::vector<TokenId> taken;
    for (Index step = 0; step < count; ++step) {
      const TrainingBatch<float> batch = source.batch(epoch, step);
      const auto label = static_cast<std::size_t>(batch.targets.ids[0]);
      CHECK(batch.fromZeroState);
      CHECK(batch.input.batch == 1);
      CHECK(batch.targetCount == 1);
      CHECK(batch.input.time == offsets[label + 1] - offsets[label]);
      CHECK(batch.input.ids[0] == offsets[label]);
      taken.push_back(batch.targets.ids[0]);
    }
    return taken;
  };

  const std::vector<TokenId> first = order(1, 0, true);
  std::vector<TokenId> sorted = first;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == labels);              // a permutation
  CHECK(first != labels);               // shuffled
  CHECK(order(1, 0, true) == first);    // by the seed alone
  CHECK(order(1, 1, true) != first);    // another epoch, another order
  CHECK(order(2, 0, true) != first);    // another seed too
  CHECK(order(1, 3, false) == labels);  // unless it is not asked

  // An epoch's order does not depend on which were asked for before.
  LabelledSequences<float> source({ids, {}, 0, offsets}, classes(labels), {1, true, 0}, 1);
  source.batch(7, 0);
  source.batch(1, 3);
  std::vector<TokenId> again;
  for (Index step = 0; step < count; ++step) again.push_back(source.batch(0, step).targets.ids[0]);
  CHECK(again == first);
}

TEST_CASE("every order of labelled sequences is about as likely") {
  std::vector<int> seen(6);
  for (Index epoch = 0; epoch < 6000; ++epoch) {
    LabelledSequences<float> source({{0, 1, 2}, {}, 0, {0, 1, 2, 3}}, classes({0, 1, 2}), {1, true, 0}, 9);
    const TokenId first = source.batch(epoch, 0).targets.ids[0];
    const TokenId second = source.batch(epoch, 1).targets.ids[0];
    const Index order = Index{2} * first + (second > first ? second - 1 : second);
    ++seen[asSize(order)];
  }
  for (const int count : seen) CHECK(std::abs(count - 1000) < 150);  // five standard deviations
}

TEST_CASE("offsets that make no sequences are refused") {
  const std::string shape = "ERR_UNROLLED_SHAPE";
  CHECK(codeOf([] { labelled<float>({1, 2, 3}, {0, 1, 3}, {0, 1}, {1, true, 0}, 0); }) == "none");
  CHECK(codeOf([] { labelled<float>({1, 2, 3}, {0, 1, 2}, {0, 1}, {1, true, 0}, 0); }) == shape);
  CHECK(codeOf([] { labelled<float>({1, 2, 3}, {1, 2, 3}, {0, 1}, {1, true, 0}, 0); }) == shape);
  CHECK(codeOf([] { labelled<float>({1, 2, 3}, {0, 2, 2, 3}, {0, 1, 0}, {1, true, 0}, 0); }) == shape);
  CHECK(codeOf([] { labelled<float>({1, 2, 3}, {0, 2, 1, 3}, {0, 1, 0}, {1, true, 0}, 0); }) == shape);
  CHECK(codeOf([] { labelled<float>({1, 2, 3}, {0, 1, 3}, {0, 1, 1}, {1, true, 0}, 0); }) == shape);
  CHECK(codeOf([] { labelled<float>({}, {0}, {}, {1, true, 0}, 0); }) == shape);
  CHECK(codeOf([] { labelled<float>({}, {}, {}, {1, true, 0}, 0); }) == shape);
}

TEST_CASE("evaluating a stream is one long forward pass over every row") {
  Chain chain;
  chain.cell = "lstm";
  chain.layers = 2;
  chain.inputSize = 9;
  chain.classes = 9;
  Model<double> model(chain.description());
  model.initialize({}, 1);
  constexpr Index rows = 3;
  constexpr Index rowLength = 23;
  const std::vector<TokenId> ids = randomIds(rows * rowLength + 3, 9, 2);  // two ids are left over

  std::vector<TokenId> inputs(asSize(rows * rowLength));
  std::vector<TokenId> targets(inputs.size());
  for (Index row = 0; row < rows; ++row) {
    for (Index t = 0; t < rowLength; ++t) {
      inputs[asSize(t * rows + row)] = ids[asSize(row * rowLength + t)];
      targets[asSize(t * rows + row)] = ids[asSize(row * rowLength + t + 1)];
    }
  }
  std::vector<double> states(asSize(model.stateSize(rows)));
  const double expected =
      model.loss({rowLength, rows, inputs.data(), nullptr}, targets.data(), states.data(), threads(1)).sum;

  for (const Index window : {Index{1}, Index{5}, Index{22}, Index{23}, Index{64}}) {
    CAPTURE(window);
    const Evaluation result = evaluateStream<double>(model, MemoryIds(ids), rows, window, threads(2), goOn);
    CHECK(result.tokens == rows * rowLength);  // the last incomplete window too
    CHECK(std::abs(result.lossSum / expected - 1) < 1e-13);
    CHECK_FALSE(result.cancelled);
  }
}

TEST_CASE("an evaluation ends where it is told to, and refuses what is too short") {
  Chain chain;
  Model<double> model(chain.description());
  model.initialize({}, 1);
  int asked = 0;
  const Evaluation result = evaluateStream<double>(model, MemoryIds(randomIds(101, 7, 1)), 2, 10, threads(1),
                                                   [&asked] { return ++asked <= 2; });
  CHECK(result.cancelled);
  CHECK(result.tokens == 40);
  const std::string tooShort = "ERR_UNROLLED_CORPUS_TOO_SHORT";
  for (const Index count : {Index{0}, Index{1}, Index{3}}) {
    CHECK(codeOf([&] { evaluateStream<double>(model, MemoryIds(randomIds(count, 7, 1)), 3, 10, threads(1), goOn); }) ==
          tooShort);
  }
}
