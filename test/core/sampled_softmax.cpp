// The sampled softmax: its draws, its loss and gradients against a plain reference and by differences, exact
// evaluation, and rows that were not drawn.

#include "losses/sampled_softmax.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "data/stream_batches.h"
#include "gradient_check.h"
#include "support.h"
#include "training/trainer.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

const std::vector<TokenId> shuffled = {6, 2, 9, 0, 4, 10, 1, 3, 8, 5, 7};

ModelDescription headAlone(Index features, Index classes, Index samples, bool bias = true) {
  ModelDescription description;
  description.input = InputKind::features;
  description.inputSize = features;
  description.layers.push_back({"head", DenseOptions{.features = classes, .bias = bias}});
  if (samples != 0) as<DenseOptions>(description.layers.back()).samples = samples;
  return description;
}

struct Plain {
  double loss = 0;
  double estimate = 0;
  std::vector<double> inputGradient;   // [P, F]
  std::vector<double> weightGradient;  // [V, F]
  std::vector<double> biasGradient;    // [V]
};

// By the definition: softmax over the target and the samples that are not it, of scores less their log expectations.
Plain plainly(Index features, Index classes, const std::vector<double>& input, const std::vector<double>& weight,
              const std::vector<double>& bias, const std::vector<TokenId>& targets, const ClassSampler& sampler,
              double scale) {
  Plain result;
  result.inputGradient.resize(input.size());
  result.weightGradient.resize(weight.size());
  result.biasGradient.resize(asSize(classes));
  for (std::size_t p = 0; p < targets.size(); ++p) {
    const double* x = input.data() + p * asSize(features);
    const auto score = [&](TokenId id) {
      double sum = bias[asSize(id)];
      for (Index i = 0; i < features; ++i) sum += x[i] * weight[asSize(id * features + i)];
      return sum;
    };
    std::vector<TokenId> candidates = {targets[p]};
    for (const TokenId id : sampler.ids()) {
      if (id != targets[p]) candidates.push_back(id);
    }
    std::vector<double> exponentials;
    double sum = 0;
    for (const TokenId id : candidates) {
      exponentials.push_back(std::exp(score(id) - sampler.logExpectation(id)));
      sum += exponentials.back();
    }
    result.loss -= std::log(exponentials[0] / sum);
    const double own = std::exp(score(targets[p]));
    result.estimate -= std::log(own / (own + sum - exponentials[0]));
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      const double gradient = scale * (exponentials[c] / sum - (c == 0 ? 1 : 0));
      result.biasGradient[asSize(candidates[c])] += gradient;
      for (Index i = 0; i < features; ++i) {
        result.weightGradient[asSize(candidates[c] * features + i)] += gradient * x[i];
        result.inputGradient[p * asSize(features) + asSize(i)] +=
            gradient * weight[asSize(candidates[c] * features + i)];
      }
    }
  }
  return result;
}

template <class T>
std::vector<double> widened(const T* values, std::size_t count) {
  return {values, values + count};
}

}  // namespace

TEST_CASE("draws are distinct, rising, of their step alone, and found by their place") {
  ClassSampler sampler(RankTable(500, {}), 60);
  sampler.draw(3, 8);
  const std::vector<TokenId> ids = sampler.ids();
  CHECK(ids.size() == 60);
  CHECK(std::set<TokenId>(ids.begin(), ids.end()).size() == 60);
  CHECK(std::is_sorted(ids.begin(), ids.end()));
  for (TokenId id = 0; id < 500; ++id) {
    const auto found = std::find(ids.begin(), ids.end(), id);
    CHECK(sampler.placeOf(id) == (found == ids.end() ? -1 : found - ids.begin()));
  }
  sampler.draw(3, 9);
  CHECK(sampler.ids() != ids);
  sampler.draw(4, 8);
  CHECK(sampler.ids() != ids);
  ClassSampler other(RankTable(500, {}), 60);
  other.draw(3, 8);
  CHECK(other.ids() == ids);
}

TEST_CASE("a class is drawn as often as is said of it, by its rank") {
  for (const bool ranked : {false, true}) {
    ClassSampler sampler(RankTable(11, ranked ? shuffled : std::vector<TokenId>()), 4);
    std::vector<double> drawn(11);
    std::vector<double> expected(11);
    constexpr int steps = 40000;
    for (int step = 0; step < steps; ++step) {
      sampler.draw(1, static_cast<std::uint64_t>(step));
      for (const TokenId id : sampler.ids()) drawn[asSize(id)] += 1.0 / steps;
      for (TokenId id = 0; id < 11; ++id) expected[asSize(id)] += std::exp(sampler.logExpectation(id)) / steps;
    }
    for (std::size_t id = 0; id < 11; ++id) {
      CAPTURE(id);
      // The number of draws is itself one of the samples' doing, so the expectation is close, not exact.
      CHECK(std::abs(drawn[id] - expected[id]) < 0.03);
      for (std::size_t other = 0; other < 11; ++other) {
        const bool rarer = ranked ? shuffled[id] > shuffled[other] : id > other;
        if (rarer) CHECK(expected[id] < expected[other]);
      }
    }
  }
}

TEST_CASE("all classes are taken where there are as many samples") {
  ClassSampler sampler(RankTable(7, {}), 7);
  sampler.draw(1, 2);
  CHECK(sampler.ids() == std::vector<TokenId>{0, 1, 2, 3, 4, 5, 6});
  for (TokenId id = 0; id < 7; ++id) {
    CHECK(sampler.logExpectation(id) == 0);
    CHECK(sampler.placeOf(id) == id);
  }
}

TEST_CASE("gradients of a sampled softmax, with the samples held") {
  for (const Index samples : {1, 4, 10}) {
    Chain chain;
    chain.classes = 11;
    chain.samples = samples;
    GradientCheck(chain.description(), 20, 4, 0.3).dropping({true, 5, 2}).run();
    chain.ranks = shuffled;
    GradientCheck(chain.description(), {9, 7, 7, 1, 12, 12, 12}).dropping({true, 5, 3}).run();
  }
}

TEST_CASE("and of one that is tied to an embedding") {
  ModelDescription description;
  description.inputSize = 11;
  description.layers.push_back(layer("embedding", "embedding", 6));
  description.layers.push_back(layer("rnn", "rnn", 6));
  description.layers.push_back({"head", DenseOptions{.features = 11, .tiedTo = "embedding", .samples = 4}});
  GradientCheck(description, 20, 4).dropping({true, 5, 2}).run();
}

TEST_CASE_TEMPLATE("loss, estimate and gradients are those of the definition", T, float, double) {
  struct Shape {
    Index positions;
    Index classes;
    Index samples;
  };
  // A row of its own; samples that are targets; rows that are few; several chunks (1,048,576 scores of float32 each).
  for (const Shape shape : {Shape{1, 11, 3}, Shape{40, 11, 8}, Shape{50, 997, 100}, Shape{1500, 3001, 900}}) {
    CAPTURE(shape.positions);
    constexpr Index features = 5;
    const double scale = 0.7;
    Model<T> model(headAlone(features, shape.classes, shape.samples));
    model.initialize({}, 3);
    const std::vector<T> input = normals<T>(shape.positions * features, 1);
    const std::vector<TokenId> targets = randomIds(shape.positions, shape.classes, 2);
    InputGradients<T> inputs;
    const LossResult loss =
        model.lossAndGradients({shape.positions, 1, nullptr, input.data()}, targets.data(), static_cast<T>(scale),
                               nullptr, nullptr, threads(2), {true, 9, 4}, &inputs);
    ClassSampler sampler(RankTable(shape.classes, {}), shape.samples);
    sampler.draw(9, 4);

    const std::vector<T> weights = weightsOf(model);
    const std::size_t split = asSize(shape.classes * features);
    const Plain expected =
        plainly(features, shape.classes, widened(input.data(), input.size()), widened(weights.data(), split),
                widened(weights.data() + split, asSize(shape.classes)), targets, sampler, scale);
    const double tolerance = sizeof(T) == 4 ? 2e-6 : 1e-13;
    CHECK(std::abs(loss.sum / expected.loss - 1) <= tolerance);
    REQUIRE(loss.estimate.has_value());
    CHECK(std::abs(*loss.estimate / expected.estimate - 1) <= tolerance);
    const std::vector<T> gradients = gradientsOf(model);
    CHECK(largestError(widened(gradients.data(), split), expected.weightGradient) <= tolerance);
    CHECK(largestError(widened(gradients.data() + split, asSize(shape.classes)), expected.biasGradient) <= tolerance);
    CHECK(largestError(widened(inputs.input, input.size()), expected.inputGradient) <= tolerance);
  }
}

TEST_CASE("with all classes among the samples it is the exact softmax") {
  for (const bool bias : {true, false}) {
    Model<double> sampled(headAlone(4, 13, 13, bias));
    Model<double> exact(headAlone(4, 13, 0, bias));
    sampled.initialize({}, 3);
    exact.initialize({}, 3);
    const std::vector<double> input = normals<double>(20 * 4, 1);
    const std::vector<TokenId> targets = randomIds(20, 13, 2);
    const Batch<double> batch{20, 1, nullptr, input.data()};
    const Dropping step{true, 1, 1};
    const LossResult first = sampled.lossAndGradients(batch, targets.data(), 1, nullptr, nullptr, threads(1), step);
    const LossResult second = exact.lossAndGradients(batch, targets.data(), 1, nullptr, nullptr, threads(1), step);
    CHECK(std::abs(first.sum / second.sum - 1) < 1e-14);
    CHECK(std::abs(first.reported() / second.sum - 1) < 1e-14);
    CHECK(first.correct == second.correct);
    CHECK(largestError(gradientsOf(sampled), gradientsOf(exact)) < 1e-13);
  }
}

TEST_CASE("over many draws the estimate and the gradient come close to the exact ones") {
  constexpr Index classes = 400;
  Model<double> sampled(headAlone(6, classes, 80));
  Model<double> exact(headAlone(6, classes, 0));
  sampled.initialize({}, 3);
  exact.initialize({}, 3);
  const std::vector<double> input = normals<double>(6, 1);
  const std::vector<TokenId> targets = {17};
  const Batch<double> batch{1, 1, nullptr, input.data()};
  const double loss = exact.lossAndGradients(batch, targets.data(), 1, nullptr, nullptr, threads(1)).sum;
  double mean = 0;
  constexpr int steps = 2000;
  for (int step = 0; step < steps; ++step) {
    const Dropping drawing{true, 1, static_cast<std::uint64_t>(step)};
    mean +=
        sampled.lossAndGradients(batch, targets.data(), 1, nullptr, nullptr, threads(1), drawing).reported() / steps;
  }
  CHECK(std::abs(mean - loss) < 0.03);
}

TEST_CASE("what is evaluated, and differentiated without a step's random numbers, is exact") {
  Chain chain;
  chain.classes = 50;
  Model<double> exact(chain.description());
  chain.samples = 5;
  Model<double> sampled(chain.description());
  exact.initialize({}, 3);
  sampled.initialize({}, 3);
  const std::vector<TokenId> ids = randomIds(24, 7, 1);
  const std::vector<TokenId> targets = randomIds(24, 50, 2);
  std::vector<double> states(asSize(exact.stateSize(4)));
  const auto zeros = [&] { return std::vector<double>(states.size()); };
  const Batch<double> batch{6, 4, ids.data()};
  // A step between, whose few rows must not be taken for all.
  std::vector<double> first = zeros();
  std::vector<double> second = zeros();
  sampled.lossAndGradients(batch, targets.data(), 1, first.data(), second.data(), threads(1), {true, 1, 1});
  const auto gradients = [&](Model<double>& model) {
    std::vector<double> initial = zeros();
    std::vector<double> stateGradients = zeros();
    model.lossAndGradients(batch, targets.data(), 1, initial.data(), stateGradients.data(), threads(1));
    CHECK(!model.buffers().touched(5).known());
    return gradientsOf(model);
  };
  CHECK(sameBits(gradients(sampled), gradients(exact)));
  first = zeros();
  second = zeros();
  CHECK(sampled.loss(batch, targets.data(), first.data(), threads(1)).sum ==
        exact.loss(batch, targets.data(), second.data(), threads(1)).sum);
}

TEST_CASE("only rows of samples and targets are listed, and the others are zero") {
  constexpr Index classes = 900;
  Model<float> model(headAlone(5, classes, 40));
  model.initialize({}, 3);
  const std::vector<float> input = normals<float>(30 * 5, 1);
  for (std::uint64_t step = 0; step < 4; ++step) {
    const std::vector<TokenId> targets = randomIds(30, classes, step);
    const Batch<float> batch{30, 1, nullptr, input.data()};
    model.lossAndGradients(batch, targets.data(), 1, nullptr, nullptr, threads(2), {true, 7, step});
    ClassSampler sampler(RankTable(classes, {}), 40);
    sampler.draw(7, step);
    std::set<TokenId> expected(targets.begin(), targets.end());
    expected.insert(sampler.ids().begin(), sampler.ids().end());
    for (const std::size_t parameter : {0U, 1U}) {
      const TouchedRows& touched = model.buffers().touched(parameter);
      REQUIRE(touched.known());
      CHECK(touched.rows() == std::vector<TokenId>(expected.begin(), expected.end()));
      const Index columns = parameter == 0 ? 5 : 1;
      const float* gradient = model.buffers().gradient(parameter);
      for (TokenId row = 0; row < classes; ++row) {
        const bool zero =
            std::all_of(gradient + row * columns, gradient + (row + 1) * columns, [](float g) { return g == 0; });
        CHECK(zero == (expected.count(row) == 0));
      }
    }
  }
}

namespace {

class Nobody final : public TrainingObserver {
 public:
  void stepped(Index /*step*/, const StepRecord& record) override { losses.push_back(record.loss); }
  bool proceed() override { return true; }
  std::vector<double> losses;
};

}  // namespace

TEST_CASE("lazy training leaves rows that were not drawn, and the exact loss falls") {
  Chain chain;
  chain.inputSize = chain.classes = 300;
  chain.samples = 20;
  chain.hidden = 16;
  TrainingOptions options;
  options.optimizer = OptimizerOptions(OptimizerKind::adam);
  options.optimizer.learningRate = 0.02;
  options.sparse = SparseUpdate::lazy;
  options.threads = 2;
  // Each id follows the one before it.
  std::vector<TokenId> ids;
  for (TokenId i = 0; i < 601; ++i) ids.push_back(i * 7 % 60);
  Model<float> model(chain.description());
  model.initialize({}, 1);
  Trainer<float> trainer(model, ThreadPool::shared(), options, std::make_unique<StreamBatches<float>>(ids, 10, 6));
  const auto exactLoss = [&] {
    std::vector<float> states(asSize(model.stateSize(1)));
    return model.loss({600, 1, ids.data()}, ids.data() + 1, states.data(), threads(1)).sum / 600;
  };
  const double before = exactLoss();
  Nobody observer;
  const std::vector<float> first = weightsOf(model);
  trainer.run(1, observer);
  // The estimate of the step, of the exact mean over its targets.
  CHECK(std::abs(observer.losses[0] - std::log(300)) < 0.7);
  const std::vector<float> second = weightsOf(model);
  for (const std::size_t number : {asSize(5), asSize(6)}) {
    const Parameter& parameter = model.parameters()[number];
    const std::vector<TokenId>& touched = model.buffers().touched(number).rows();
    CHECK(touched.size() < 80);
    for (TokenId row = 0; row < 300; ++row) {
      const std::size_t at = asSize(parameter.offset + row * parameter.columns());
      const bool same = sameBits(first.data() + at, second.data() + at, asSize(parameter.columns()));
      CHECK(same != std::binary_search(touched.begin(), touched.end(), row));
    }
  }
  for (int epoch = 0; epoch < 40; ++epoch) trainer.run(100, observer);
  CHECK(exactLoss() < 0.2 * before);
}

TEST_CASE("samples where none can be taken are refused") {
  const std::string range = "ERR_UNROLLED_OPTION_RANGE";
  const auto refused = [](const ModelDescription& description) {
    return codeOf([&] { Model<float> model(description); });
  };
  CHECK(refused(headAlone(3, 5, 5)) == "none");
  CHECK(refused(headAlone(3, 5, 6)) == range);
  CHECK(refused(headAlone(3, 5, -1)) == range);
  ModelDescription curved = headAlone(3, 5, 2);
  as<DenseOptions>(curved.layers.back()).activation = Activation::tanh;
  CHECK(refused(curved) == range);
  ModelDescription inside = headAlone(3, 5, 2);
  inside.layers.push_back(layer("dense", "more", 4));
  CHECK(refused(inside) == range);
  ModelDescription ranked = headAlone(3, 5, 2);
  as<DenseOptions>(ranked.layers.back()).ranks = {0, 1, 2, 3, 3};
  CHECK(refused(ranked) == range);
}
