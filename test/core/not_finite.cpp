// What is not finite shows in what layers, losses and the choice of a token make of it. kernels_not_finite.cpp has the
// kernels.

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/workspace.h"
#include "inference/scoring.h"
#include "kernels/log_sum_exp.h"
#include "layer_check.h"
#include "layers/attention.h"
#include "layers/embedding.h"
#include "layers/pooling.h"
#include "losses/value_losses.h"
#include "optimizers/optimizer.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

template <class T>
constexpr T notANumber = std::numeric_limits<T>::quiet_NaN();
template <class T>
constexpr T infinity = std::numeric_limits<T>::infinity();

constexpr Index features = 3;

// The output over one row of vectors, the given value at one place of it, and the gradient of the row.
template <class T>
LayerResult<T> pooled(PoolingKind kind, Index length, std::size_t place, T value) {
  LayerHarness<T> harness;
  harness.addVectors({length}, features);
  harness.template add<Pooling<T>>(kind, features, features);
  harness.prepare();
  (*harness.vectors()[0])[place] = value;
  return harness.run(1);
}

// A head without bias. Of vectors that are 1 and then zeros, the first weight of each class is its score.
ModelDescription scoresModel(Index classes, Index inputSize) {
  ModelDescription model;
  model.input = InputKind::features;
  model.inputSize = inputSize;
  model.layers.push_back({"head", DenseOptions{.features = classes, .bias = false}});
  return model;
}

}  // namespace

TEST_CASE_TEMPLATE("pooling shows not-a-number at whatever step, and hands the gradient there", T, float, double) {
  constexpr Index length = 5;
  for (const PoolingKind kind : {PoolingKind::max, PoolingKind::mean, PoolingKind::sum}) {
    const int number = static_cast<int>(kind);
    CAPTURE(number);
    for (std::size_t place = 0; place < asSize(length * features); ++place) {
      const LayerResult<T> result = pooled<T>(kind, length, place, notANumber<T>);
      for (std::size_t f = 0; f < asSize(features); ++f) {
        CHECK(std::isnan(result.output[f]) == (f == place % asSize(features)));
      }
      if (kind == PoolingKind::max) CHECK(result.inputGradients[0][place] != 0);
    }
  }
  for (std::size_t f = 0; f < asSize(features); ++f) {
    CHECK(
        std::isnan(pooled<T>(PoolingKind::last, length, asSize((length - 1) * features) + f, notANumber<T>).output[f]));
    CHECK(pooled<T>(PoolingKind::max, length, 2 * asSize(features) + f, infinity<T>).output[f] == infinity<T>);
  }
}

TEST_CASE("pooling straight from a table shows not-a-number in any of its rows") {
  for (TokenId bad = 0; bad < 4; ++bad) {
    for (const PoolingKind kind : {PoolingKind::max, PoolingKind::mean, PoolingKind::sum}) {
      ModelDescription model{InputKind::ids, 4};
      model.layers.push_back(layer("embedding", "embedding", 2));
      model.layers.push_back({"pooling", PoolingOptions{kind}});
      Model<float> pooling(model);
      pooling.initialize({}, 1);
      pooling.buffers().change()[2 * bad + 1] = notANumber<float>;
      const std::vector<TokenId> ids = {2, 0, 3, 1};
      const Sequence<float> output = pooling.forward({4, 1, ids.data()}, nullptr, threads(1));
      CHECK(std::isfinite(output.data[0]));
      CHECK(std::isnan(output.data[1]));
    }
  }
}

TEST_CASE_TEMPLATE("attention to a memory or of a query that is not finite is not-a-number", T, float, double) {
  for (const T bad : {notANumber<T>, infinity<T>, -infinity<T>}) {
    for (const std::size_t side : {asSize(0), asSize(1)}) {
      for (std::size_t step = 0; step < 4; ++step) {
        LayerHarness<T> harness;
        harness.addVectors({side == 0 ? Index{4} : Index{1}}, features);
        harness.addVectors({4}, features);
        harness.joining = std::make_unique<Attention<T>>(harness.list, "attention", features, features, false);
        harness.prepare();
        (*harness.vectors()[side])[step * asSize(features)] = bad;
        const std::vector<T> output = harness.run(1).output;
        const std::size_t query = side == 0 ? step : 0;
        for (std::size_t f = 0; f < asSize(features); ++f) {
          CHECK(std::isnan(output[query * 2 * asSize(features) + f]));
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("the normaliser of logits shows each that is not finite", T, float, double) {
  for (const T bad : {notANumber<T>, infinity<T>, -infinity<T>}) {
    for (std::size_t at = 0; at < 5; ++at) {
      std::vector<T> logits = normals<T>(5, 1);
      logits[at] = bad;
      CHECK(std::isnan(logSumExp(logits.data(), 5)));
    }
  }
}

TEST_CASE_TEMPLATE("no class is right whose loss is not a number, by rows, by blocks and by samples", T, float,
                   double) {
  constexpr Index positions = 64;
  for (const Index classes : {Index{3}, Index{2000}}) {
    for (const Index width : {Index{1}, Index{17}}) {  // the narrow ones are packed, the wide ones taken by blocks
      std::vector<T> input(asSize(positions * width));
      for (Index position = 0; position < positions; ++position) input[asSize(position * width)] = 1;
      const std::vector<TokenId> targets(asSize(positions), 1);
      for (const T bad : {notANumber<T>, infinity<T>, -infinity<T>}) {
        for (const Index at : {Index{0}, Index{1}, classes - 1}) {
          Model<T> model(scoresModel(classes, width));
          std::fill_n(model.buffers().change(), classes * width, T(0));
          model.buffers().change()[width] = 5;
          const auto loss = [&] {
            return model.loss({positions, 1, nullptr, input.data()}, targets.data(), nullptr, threads(1));
          };
          CHECK(loss().correct == positions);
          model.buffers().change()[at * width] = bad;
          CHECK_FALSE(std::isfinite(loss().sum));
          CHECK(loss().correct == 0);
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("a sampled softmax whose target's score is infinite has no finite loss", T, float, double) {
  for (const T bad : {notANumber<T>, infinity<T>, -infinity<T>}) {
    ModelDescription description = scoresModel(40, 1);
    as<DenseOptions>(description.layers.back()).samples = 1;
    Model<T> model(description);
    std::fill_n(model.buffers().change(), 40, T(0));
    model.buffers().change()[7] = bad;
    const std::vector<T> input(1, T(1));
    for (const TokenId target : {TokenId{7}, TokenId{0}}) {
      bool drawn = false;
      for (std::uint64_t step = 0; step < 200; ++step) {
        const LossResult loss = model.lossAndGradients({1, 1, nullptr, input.data()}, &target, 1, nullptr, nullptr,
                                                       threads(1), {true, 1, step});
        if (target == 7) CHECK_FALSE(std::isfinite(loss.sum));
        if (target == 7) CHECK_FALSE(std::isfinite(loss.reported()));
        if (target == 0) drawn = drawn || !std::isfinite(loss.sum);  // where it is among the samples
        if (!std::isfinite(loss.sum)) CHECK(loss.correct == 0);
      }
      if (target == 0) CHECK(drawn);
    }
  }
}

TEST_CASE("an output that is not finite is right for no target of yes and no") {
  const float outputs[] = {notANumber<float>, infinity<float>, -infinity<float>, 1, -1};
  const float targets[] = {0, 1, 0, 1, 0};
  const ValueLosses<float> losses(5);
  ValueLoss<float>& loss = losses.of(LossKind::binaryCrossEntropy);
  Workspace workspace;
  workspace.bind([&](Arena& arena) { loss.layOut(arena, {1, 1, false}); });
  const ParameterList none;
  ParameterBuffers<float> buffers(none);
  const Parallel parallel = threads(1);
  const LossResult result = loss.loss(outputs, 1, targets, {buffers, parallel, {}});
  CHECK_FALSE(std::isfinite(result.sum));
  CHECK(result.correct == 2);
}

TEST_CASE("the likeliest next tokens are refused where any score is not finite") {
  for (const double bad : {notANumber<double>, infinity<double>, -infinity<double>}) {
    for (Index at = 0; at < 3; ++at) {
      Chain chain;
      chain.inputSize = chain.classes = 3;
      Model<double> model(chain.description());
      model.initialize({}, 1);
      const Parameter& bias = model.parameters().back();
      model.buffers().change()[bias.offset + at] = bad;
      CHECK(codeOf([&] {
              likeliestNext(model, {0, 1}, 2, threads(1), [] { return true; });
            }) == "ERR_UNROLLED_MODEL_NOT_FINITE");
    }
  }
}

TEST_CASE_TEMPLATE("a sum of an Adagrad that is not a number is beyond every bound", T, float, double) {
  for (std::size_t at = 0; at < 3; ++at) {
    OptimizerOptions options(OptimizerKind::adagrad);
    options.learningRate = 0.01;
    Optimizer<T> optimizer(options, 3);
    OptimizerState<T> state = optimizer.state();
    state.first = {1, 2, 1};
    state.first[at] = notANumber<T>;
    state.sumBound = std::numeric_limits<T>::max();
    CHECK(codeOf([&] { optimizer.restore(state); }) == "ERR_UNROLLED_OPTION_RANGE");
  }
}

TEST_CASE_TEMPLATE("weights that are not numbers are beyond every bound", T, float, double) {
  for (std::size_t at = 0; at < 3; ++at) {
    OptimizerOptions options;
    options.learningRate = 0.01;
    Optimizer<T> optimizer(options, 3);
    OptimizerState<T> state = optimizer.state();
    state.weightBound = 10;
    optimizer.restore(state);
    std::vector<T> weights(3, T(1));
    weights[at] = notANumber<T>;
    optimizer.restoreWeights(weights.data());
    CHECK_FALSE(optimizer.staysFinite(weights.data(), 1));
  }
}
