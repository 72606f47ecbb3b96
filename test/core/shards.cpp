// Training by the parts of each batch: their gradients are those of the whole but for rounding, with its random
// numbers, and are added in a fixed tree.

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "shard_cases.h"

using namespace unrolled;
using namespace unrolled::test;

TEST_CASE("the parts of a batch give what the whole gives, but for rounding, in every kind of training") {
  for (const ShardCase<double>& each : shardCases<double>()) {
    CAPTURE(each.name);
    const Trained<double> whole = train(each, 1);
    REQUIRE(whole.losses.size() == asSize(each.steps));
    for (const Index shards : {Index{2}, Index{4}, Index{8}}) {
      CAPTURE(shards);
      const Trained<double> parts = train(each, shards);
      CHECK(largestError(parts.losses, whole.losses) < 1e-9);
      CHECK(largestError(parts.norms, whole.norms) < 1e-9);
      CHECK(largestError(parts.weights, whole.weights) < 1e-9);
      CHECK(parts.correct == whole.correct);
      CHECK(parts.tokens == whole.tokens);
    }
  }
}

TEST_CASE_TEMPLATE("parts give the same bits with 1, 2, 3 and 8 threads", T, float, double) {
  for (const ShardCase<T>& each : shardCases<T>()) {
    CAPTURE(each.name);
    const Trained<T> single = train(each, 4, 1);
    for (const int count : {2, 3, 8}) CHECK(single == train(each, 4, count));
  }
}

TEST_CASE_TEMPLATE("the gradient of a step is that of its parts, each a batch of its own, added in a tree", T, float,
                   double) {
  constexpr Index rows = 7;
  constexpr Index window = 3;
  Chain chain;
  chain.cell = "lstm";
  const std::vector<TokenId> ids = randomIds(rows * window + 1, chain.inputSize, 5);
  Model<T> model(chain.description());
  model.initialize({}, 1);
  StreamBatches<T> source(ids, rows, window);
  const TrainingBatch<T> batch = source.batch(0, 0);

  std::vector<std::vector<T>> parts;
  double loss = 0;
  std::vector<double> losses;
  for (Index part = 0; part < 4; ++part) {
    const Index first = part * rows / 4;
    const Index count = (part + 1) * rows / 4 - first;
    std::vector<TokenId> inputs;
    std::vector<TokenId> targets;
    for (Index t = 0; t < window; ++t) {
      for (Index row = first; row < first + count; ++row) {
        inputs.push_back(ids[asSize(row * window + t)]);
        targets.push_back(ids[asSize(row * window + t + 1)]);
      }
    }
    std::vector<T> states(asSize(model.stateSize(count)));
    std::vector<T> stateGradients = states;
    const LossResult result =
        model.lossAndGradients({window, count, inputs.data()}, targets.data(), static_cast<T>(1.0 / (rows * window)),
                               states.data(), stateGradients.data(), threads(1));
    losses.push_back(result.sum);
    parts.push_back(gradientsOf(model));
  }
  loss = (losses[0] + losses[1]) + (losses[2] + losses[3]);
  std::vector<T> expected(parts[0].size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expected[i] = (parts[0][i] + parts[1][i]) + (parts[2][i] + parts[3][i]);
  }

  Shards<T> shards(model, {source.largestPass()}, 4, Shards<T>::Use::gradients);
  std::vector<T> states(asSize(model.stateSize(rows)));
  bool proceed = true;
  const LossResult result = shards.lossAndGradients(batch, static_cast<T>(1.0 / (rows * window)), states.data(),
                                                    threads(2), {}, nullptr, proceed);
  CHECK(result.sum == loss);
  CHECK(sameBits(gradientsOf(model), expected));
}

TEST_CASE("a step with fewer rows than parts has parts of zeros") {
  // 3 rows in 4 parts: the first one is empty; in 8 parts, five are.
  ShardCase<double> few = shardCases<double>().front();
  few.rows = 3;
  const Trained<double> whole = train(few, 1);
  for (const Index shards : {Index{4}, Index{8}, Index{16}}) {
    CHECK(largestError(train(few, shards).weights, whole.weights) < 1e-9);
  }
}

TEST_CASE("a sharded training goes on from its state, bit for bit") {
  for (const ShardCase<float>& each : shardCases<float>()) {
    CAPTURE(each.name);
    const Trained<float> whole = train(each, 4);
    for (Index stop = 1; stop < each.steps; stop += 2) {
      CAPTURE(stop);
      const Trained<float> resumed = trainInTwo(each, 4, stop);
      CHECK(sameBits(resumed.weights, whole.weights));
      CHECK(sameBits(resumed.losses, whole.losses));
    }
  }
}

TEST_CASE("a frozen table is left alone, and learns as it should once it is not frozen") {
  ShardCase<double> each = shardCases<double>().front();
  const auto run = [&](Index shards) {
    Model<double> model(each.model);
    model.initialize({}, 11);
    TrainingOptions options = each.options;
    options.shards = shards;
    Trainer<double> trainer(model, ThreadPool::shared(), options, each.source(each.rows));
    Watcher observer;
    model.freeze(0, true);
    const std::vector<double> before = weightsOf(model);
    trainer.run(2, observer);
    const Parameter& table = model.parameters().front();
    CHECK(sameBits(weightsOf(model).data(), before.data(), asSize(table.count())));
    model.freeze(0, false);
    trainer.run(2, observer);
    return weightsOf(model);
  };
  const std::vector<double> whole = run(1);
  CHECK(largestError(run(4), whole) < 1e-9);
}
