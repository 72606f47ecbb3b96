// The same bits of losses, gradients and weights for any number of threads.

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "data/stream_batches.h"
#include "support.h"
#include "training/trainer.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

class Losses final : public TrainingObserver {
 public:
  void stepped(Index /*step*/, const StepRecord& record) override { losses.push_back(record.loss); }
  bool proceed() override { return true; }

  std::vector<double> losses;
};

template <class T>
struct Outcome {
  std::vector<double> losses;
  std::vector<T> gradients;
  std::vector<T> weights;
};

// Three steps on a corpus of random ids; large enough that every loop is cut into several tiles.
template <class T>
Outcome<T> train(const Chain& chain, int threadCount) {
  constexpr Index rows = 40;
  constexpr Index window = 6;
  Model<T> model(chain.description());
  model.initialize({}, 11);
  TrainingOptions options;
  options.optimizer = OptimizerOptions(OptimizerKind::adam);
  options.optimizer.learningRate = 0.01;
  options.clipNorm = 0.5;
  options.threads = threadCount;
  Trainer<T> trainer(
      model, ThreadPool::shared(), options,
      std::make_unique<StreamBatches<T>>(randomIds(rows * window * 3 + 1, chain.inputSize, 12), rows, window));
  Losses observer;
  trainer.run(3, observer);
  return {std::move(observer.losses), gradientsOf(model), weightsOf(model)};
}

template <class T>
void compareThreads(const Chain& chain) {
  const Outcome<T> single = train<T>(chain, 1);
  REQUIRE(single.losses.size() == 3);
  CHECK(single.losses[1] != single.losses[0]);
  CHECK(std::isfinite(single.losses[2]));
  for (const int threadCount : {2, 3, 8}) {
    CAPTURE(threadCount);
    const Outcome<T> outcome = train<T>(chain, threadCount);
    CHECK(sameBits(outcome.losses, single.losses));
    CHECK(sameBits(outcome.gradients, single.gradients));
    CHECK(sameBits(outcome.weights, single.weights));
  }
}

}  // namespace

TEST_CASE_TEMPLATE("training gives the same bits with 1, 2, 3 and 8 threads", T, float, double) {
  for (const std::string& cell : cells()) {
    CAPTURE(cell);
    Chain chain;
    chain.cell = cell;
    chain.hidden = 96;
    chain.layers = 2;
    chain.inputSize = 3000;
    chain.classes = 3000;
    chain.embedding = 48;
    compareThreads<T>(chain);
  }
}

TEST_CASE_TEMPLATE("and so where there are more groups of rows for more threads", T, float, double) {
  for (const auto& [cell, hidden] :
       {std::pair{"rnn", Index{331}}, std::pair{"gru", Index{191}}, std::pair{"lstm", Index{161}}}) {
    const std::string name = cell;
    CAPTURE(name);
    Chain chain;
    chain.cell = cell;
    chain.hidden = hidden;
    compareThreads<T>(chain);
  }
}

TEST_CASE_TEMPLATE("and so with a projected table and with one-hot input", T, float, double) {
  Chain chain;
  chain.cell = "lstm";
  chain.hidden = 128;
  chain.embedding = 64;
  chain.inputSize = 100;  // 2·V <= T·B
  chain.classes = 100;
  compareThreads<T>(chain);
  chain.input = "oneHot";
  compareThreads<T>(chain);
}

TEST_CASE_TEMPLATE("and so with an adaptive and with a sampled softmax", T, float, double) {
  Chain chain;
  chain.hidden = 96;
  chain.embedding = 48;
  chain.inputSize = 3000;
  chain.classes = 3000;
  chain.samples = 200;
  compareThreads<T>(chain);
  chain.samples = 0;
  chain.cutoffs = {300, 1000};
  compareThreads<T>(chain);
}

TEST_CASE("a pass's bits depend on no earlier pass") {
  Chain chain;
  chain.cell = "gru";
  chain.layers = 2;
  const std::vector<TokenId> ids = randomIds(400, chain.inputSize, 1);
  const auto gradients = [&](Model<float>& model) {
    std::vector<float> states(asSize(model.stateSize(4)));
    std::vector<float> stateGradients(states.size());
    model.lossAndGradients({5, 4, ids.data(), nullptr}, ids.data() + 1, 1, states.data(), stateGradients.data(),
                           threads(2));
    return gradientsOf(model);
  };
  Model<float> fresh(chain.description());
  fresh.initialize({}, 1);
  const std::vector<float> expected = gradients(fresh);

  Model<float> used(chain.description());
  used.initialize({}, 2);  // other weights, packed
  gradients(used);
  used.initialize({}, 1);
  std::vector<float> states(asSize(used.stateSize(40)));
  used.loss({9, 40, ids.data(), nullptr}, ids.data() + 1, states.data(), threads(2));  // a larger workspace
  CHECK(sameBits(gradients(used), expected));
}
