// The training loop: its steps, where it stops, and what it leaves when something is wrong.

#include "training/trainer.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/error.h"
#include "data/stream_batches.h"
#include "inference/generation.h"
#include "inference/prediction.h"
#include "support.h"
#include "training/evaluation.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr Index rows = 3;
constexpr Index window = 4;
constexpr Index stepsPerEpoch = 5;

// Two ids more than whole windows take: they are not trained on.
std::vector<TokenId> corpus() { return randomIds(rows * (window * stepsPerEpoch + 2) + 1, 7, 21); }

template <class T>
std::unique_ptr<StreamBatches<T>> stream() {
  return std::make_unique<StreamBatches<T>>(corpus(), rows, window);
}

// Records every step; stops when told to.
class Recorder final : public TrainingObserver {
 public:
  void stepped(Index step, const StepRecord& record) override {
    CHECK(step == static_cast<Index>(losses.size()));  // numbered over the whole run
    losses.push_back(record.loss);
    norms.push_back(record.gradientNorm);
    rates.push_back(record.learningRate);
  }
  bool proceed() override {
    if (meanwhile) meanwhile();
    return static_cast<Index>(losses.size()) < most;
  }

  std::vector<double> losses;
  std::vector<double> norms;
  std::vector<double> rates;
  Index most = std::numeric_limits<Index>::max();
  std::function<void()> meanwhile;  // other work on the model, between two steps
};

TrainingOptions adam() {
  TrainingOptions options;
  options.optimizer = OptimizerOptions(OptimizerKind::adam);
  options.optimizer.learningRate = 0.02;
  options.threads = 2;
  return options;
}

TrainingOptions sgd(double learningRate) {
  TrainingOptions options;
  options.optimizer.learningRate = learningRate;
  options.threads = 1;
  return options;
}

Chain smallChain() {
  Chain chain;
  chain.cell = "lstm";
  chain.layers = 2;
  return chain;
}

template <class T>
Model<T>& initialized(Model<T>& model) {
  model.initialize({}, 31);
  return model;
}

// Runs until `total` steps are made, `piece` at a time at most.
template <class T>
void runInPieces(Trainer<T>& trainer, Recorder& recorder, Index total, Index piece) {
  for (;;) {
    const Index left = total - static_cast<Index>(recorder.losses.size());
    if (left == 0) return;
    trainer.run(std::min(left, piece), recorder);
  }
}

// The error a run ends with.
template <class T>
Error failureOf(Trainer<T>& trainer, Recorder& recorder) {
  try {
    for (int epoch = 0; epoch < 100; ++epoch) trainer.run(1000, recorder);
  } catch (const Error& error) {
    return error;
  }
  return {"none", ""};
}

}  // namespace

TEST_CASE("a run ends with its steps, with the epoch, or when it is told to") {
  Model<float> model(smallChain().description());
  Trainer<float> trainer(initialized(model), ThreadPool::shared(), adam(), stream<float>());
  CHECK(trainer.stepsPerEpoch() == stepsPerEpoch);
  CHECK(trainer.tokensPerEpoch() == stepsPerEpoch * rows * window);
  Recorder recorder;

  RunResult result = trainer.run(2, recorder);
  CHECK(result.reason == StopReason::steps);
  CHECK(result.epoch == 0);
  CHECK(result.steps == 2);
  CHECK(result.tokens == 2 * rows * window);
  CHECK(result.seconds > 0);

  result = trainer.run(100, recorder);
  CHECK(result.reason == StopReason::epoch);
  CHECK(result.epoch == 0);
  CHECK(result.steps == stepsPerEpoch);
  CHECK(result.tokens == 3 * rows * window);

  result = trainer.run(stepsPerEpoch, recorder);  // the epoch's end, though it is the last step asked for
  CHECK(result.reason == StopReason::epoch);
  CHECK(result.epoch == 1);

  recorder.most = 2 * stepsPerEpoch + 3;
  result = trainer.run(100, recorder);
  CHECK(result.reason == StopReason::cancelled);
  CHECK(result.epoch == 2);
  CHECK(result.steps == recorder.most);

  const std::vector<float> weights = weightsOf(model);
  result = trainer.run(100, recorder);  // still told to stop: nothing moves
  CHECK(result.reason == StopReason::cancelled);
  CHECK(result.tokens == 0);
  CHECK(sameBits(weightsOf(model), weights));
  result = trainer.run(0, recorder);
  CHECK(result.reason == StopReason::steps);
  CHECK(result.steps == recorder.most);
}

TEST_CASE_TEMPLATE("a run in pieces is the whole run, over epochs", T, float, double) {
  constexpr Index total = 3 * stepsPerEpoch + 2;
  Model<T> whole(smallChain().description());
  Trainer<T> wholeTrainer(initialized(whole), ThreadPool::shared(), adam(), stream<T>());
  Recorder expected;
  runInPieces(wholeTrainer, expected, total, total);
  CHECK(expected.losses.back() < expected.losses.front());

  for (const Index piece : {Index{1}, Index{3}, Index{7}}) {
    CAPTURE(piece);
    Model<T> model(smallChain().description());
    Trainer<T> trainer(initialized(model), ThreadPool::shared(), adam(), stream<T>());
    Recorder recorder;
    runInPieces(trainer, recorder, total, piece);
    CHECK(sameBits(recorder.losses, expected.losses));
    CHECK(sameBits(weightsOf(model), weightsOf(whole)));
  }
}

TEST_CASE("other work on the model between two steps changes nothing") {
  constexpr Index total = stepsPerEpoch + 2;
  Model<float> undisturbed(smallChain().description());
  Trainer<float> undisturbedTrainer(initialized(undisturbed), ThreadPool::shared(), adam(), stream<float>());
  Recorder expected;
  runInPieces(undisturbedTrainer, expected, total, total);

  Model<float> model(smallChain().description());
  Trainer<float> trainer(initialized(model), ThreadPool::shared(), adam(), stream<float>());
  Recorder recorder;
  recorder.meanwhile = [&model] {
    generate<float>(model, {1, 2, 3}, {}, 5, {}, threads(2), [] { return true; });
    evaluateStream<float>(model, MemoryIds(corpus()), 5, 9, threads(1), [] { return true; });  // grows the workspace
  };
  runInPieces(trainer, recorder, total, total);
  CHECK(sameBits(recorder.losses, expected.losses));
  CHECK(sameBits(weightsOf(model), weightsOf(undisturbed)));
}

TEST_CASE("a step descends along the gradient of its loss, from the state before it") {
  for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
    TrainingOptions options = sgd(0.05);
    options.reduction = reduction;
    Model<double> model(smallChain().description());
    Trainer<double> trainer(initialized(model), ThreadPool::shared(), options, stream<double>());
    Recorder recorder;

    Model<double> plain(smallChain().description());
    initialized(plain);
    StreamBatches<double> batches(corpus(), rows, window);
    std::vector<double> states(asSize(plain.stateSize(rows)));
    const double scale = reduction == Reduction::mean ? 1.0 / (rows * window) : 1.0;
    for (Index step = 0; step < stepsPerEpoch + 2; ++step) {
      const TrainingBatch<double> batch = batches.batch(0, step % stepsPerEpoch);
      if (step % stepsPerEpoch == 0) std::fill(states.begin(), states.end(), 0.0);
      std::vector<double> stateGradients(states.size());
      const double loss =
          plain.lossAndGradients(batch.input, batch.targets, scale, states.data(), stateGradients.data(), threads(1))
              .sum;
      std::vector<double> weights = weightsOf(plain);
      const std::vector<double> gradients = gradientsOf(plain);
      for (std::size_t i = 0; i < weights.size(); ++i) weights[i] -= 0.05 * gradients[i];
      plain.write(weights.data());

      trainer.run(1, recorder);
      CHECK(std::abs(recorder.losses.back() - loss / (rows * window)) < 1e-14);  // the mean, however reduced
      CHECK(largestError(weightsOf(model), weights) < 1e-13);
    }
  }
}

TEST_CASE("gradients are clipped by value, then by norm") {
  struct Clipping {
    double value;
    double norm;
  };
  for (const Clipping clipping : {Clipping{0, 0.01}, Clipping{1e-3, 0}, Clipping{1e-3, 0.005}, Clipping{0, 1e6}}) {
    CAPTURE(clipping.value);
    CAPTURE(clipping.norm);
    TrainingOptions options = sgd(1);
    options.clipValue = clipping.value;
    options.clipNorm = clipping.norm;
    Model<double> model(smallChain().description());
    Trainer<double> trainer(initialized(model), ThreadPool::shared(), options, stream<double>());
    std::vector<double> expected = weightsOf(model);

    Model<double> plain(smallChain().description());
    initialized(plain);
    const std::vector<double> zeros(asSize(plain.stateSize(rows)));
    std::vector<double> states = zeros;
    std::vector<double> stateGradients = zeros;
    StreamBatches<double> batches(corpus(), rows, window);
    const TrainingBatch<double> batch = batches.batch(0, 0);
    plain.lossAndGradients(batch.input, batch.targets, 1.0 / (rows * window), states.data(), stateGradients.data(),
                           threads(1));
    std::vector<double> gradients = gradientsOf(plain);
    double squares = 0;
    for (double& gradient : gradients) {
      if (clipping.value > 0) gradient = std::clamp(gradient, -clipping.value, clipping.value);
      squares += gradient * gradient;
    }
    const double factor = clipping.norm > 0 ? std::min(1.0, clipping.norm / (std::sqrt(squares) + 1e-6)) : 1.0;
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] -= factor * gradients[i];

    Recorder recorder;
    trainer.run(1, recorder);
    CHECK(largestError(weightsOf(model), expected) < 1e-14);
  }
}

TEST_CASE_TEMPLATE("a loss that is not finite changes no weight and names its step", T, float, double) {
  Model<T> model(smallChain().description());
  Trainer<T> trainer(initialized(model), ThreadPool::shared(), adam(), stream<T>());
  Recorder recorder;
  trainer.run(3, recorder);
  std::vector<T> weights = weightsOf(model);
  weights.back() = std::numeric_limits<T>::quiet_NaN();  // of the head's bias
  model.write(weights.data());

  const Error error = failureOf(trainer, recorder);
  CHECK(error.code() == "ERR_UNROLLED_NON_FINITE_LOSS");
  CHECK(error.step() == 3);
  CHECK(error.message().find("step 3") != std::string::npos);
  CHECK(recorder.losses.size() == 3);
  CHECK(sameBits(weightsOf(model), weights));
}

TEST_CASE("a training that runs away ends with the weights of the last whole step") {
  Chain chain;
  chain.activation = Activation::relu;
  Model<float> model(chain.description());
  Trainer<float> trainer(initialized(model), ThreadPool::shared(), sgd(1e3), stream<float>());
  Recorder recorder;
  std::vector<float> weights = weightsOf(model);
  recorder.meanwhile = [&] { weights = weightsOf(model); };
  const Error error = failureOf(trainer, recorder);
  CHECK(error.code() == "ERR_UNROLLED_NON_FINITE_LOSS");
  CHECK(error.step() == static_cast<Index>(recorder.losses.size()));
  CHECK(error.step() > 0);
  CHECK(sameBits(weightsOf(model), weights));
}

TEST_CASE("a gradient that is not finite changes no weight, however it is clipped") {
  // States stay zero, so the loss is log V; but the gradient grows by 1e30 a step back through time.
  Chain chain;
  chain.classes = 7;
  Model<float> model(chain.description());
  initialized(model);
  std::vector<float> weights = weightsOf(model);
  for (const Parameter& parameter : model.parameters()) {
    const bool head = parameter.name == "head.weight";
    const bool recurrent = parameter.name == "rnn.weight_hh_l0";
    for (Index i = 0; i < parameter.count(); ++i) {
      weights[asSize(parameter.offset + i)] = head ? static_cast<float>(i % 3) : recurrent ? 1e30F : 0;
    }
  }
  model.write(weights.data());

  struct Clipping {
    double value;
    double norm;
  };
  for (const Clipping clipping : {Clipping{0, 0}, Clipping{1, 0}, Clipping{0, 1}, Clipping{1, 1}}) {
    CAPTURE(clipping.value);
    CAPTURE(clipping.norm);
    TrainingOptions options = adam();
    options.clipValue = clipping.value;
    options.clipNorm = clipping.norm;
    Trainer<float> trainer(model, ThreadPool::shared(), options, stream<float>());
    Recorder recorder;
    const Error error = failureOf(trainer, recorder);
    CHECK(error.code() == "ERR_UNROLLED_NON_FINITE_LOSS");
    CHECK(error.message().find("gradient") != std::string::npos);
    CHECK(error.step() == 0);
    CHECK(recorder.losses.empty());
    CHECK(sameBits(weightsOf(model), weights));
  }
}

TEST_CASE("an update that would overflow changes no weight") {
  Model<float> model(smallChain().description());
  Trainer<float> trainer(initialized(model), ThreadPool::shared(), sgd(1e39), stream<float>());
  Recorder recorder;
  const std::vector<float> weights = weightsOf(model);
  const Error error = failureOf(trainer, recorder);
  CHECK(error.code() == "ERR_UNROLLED_NON_FINITE_LOSS");
  CHECK(error.message().find("update") != std::string::npos);
  CHECK(error.step() == 0);
  CHECK(sameBits(weightsOf(model), weights));
}

TEST_CASE("labelled sequences are learnt") {
  // The class is the first id; the others are noise.
  std::vector<TokenId> ids;
  std::vector<Index> offsets = {0};
  std::vector<TokenId> labels;
  for (Index i = 0; i < 40; ++i) {
    const std::vector<TokenId> noise = randomIds(1 + i % 4, 5, static_cast<std::uint64_t>(i));
    labels.push_back(static_cast<TokenId>(i % 2));
    ids.push_back(static_cast<TokenId>(5 + i % 2));
    ids.insert(ids.end(), noise.begin(), noise.end());
    offsets.push_back(static_cast<Index>(ids.size()));
  }
  Chain chain;
  chain.input = "oneHot";
  chain.cell = "gru";
  chain.last = true;
  chain.classes = 2;
  Model<float> model(chain.description());
  Trainer<float> trainer(initialized(model), ThreadPool::shared(), adam(),
                         labelled<float>(ids, offsets, labels, {1, true, 0}, 1));
  Recorder recorder;
  runInPieces(trainer, recorder, 400, 400);
  const std::vector<float> logProbabilities =
      predict<float>(model, {ids, {}, 0, offsets}, {8, true}, threads(1), [] { return true; }).output;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    CHECK(logProbabilities[2 * i + static_cast<std::size_t>(labels[i])] > std::log(0.9F));
  }
}
