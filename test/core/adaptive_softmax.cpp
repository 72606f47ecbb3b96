// The adaptive softmax: gradients by differences, log-probabilities against the plain formula, and the loss by parts
// against the layer's own output.

#include "layers/adaptive_softmax.h"

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "gradient_check.h"
#include "layer_check.h"
#include "losses/adaptive_cross_entropy.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// 11 classes: 3 in the head, clusters of 4 and of 4; no size a multiple of another.
Chain chainOf(std::vector<Index> cutoffs = {3, 7}, Index classes = 11) {
  Chain chain;
  chain.hidden = 9;
  chain.inputSize = 7;
  chain.classes = classes;
  chain.cutoffs = std::move(cutoffs);
  return chain;
}

// log P of every class by id at one position, from PyTorch's parameters and by the definition.
std::vector<double> plainly(const Model<double>& model, const AdaptiveSoftmaxOptions& head, const double* x,
                            Index features) {
  std::vector<double> weights = weightsOf(model);
  const auto product = [&](const std::string& name, const std::vector<double>& vector) {
    std::vector<double> result;
    for (const Parameter& parameter : model.parameters()) {
      if (parameter.name != "head." + name + ".weight") continue;
      for (Index row = 0; row < parameter.rows(); ++row) {
        double sum = 0;
        for (Index i = 0; i < parameter.columns(); ++i) {
          sum += weights[asSize(parameter.offset + row * parameter.columns() + i)] * vector[asSize(i)];
        }
        result.push_back(sum);
      }
    }
    REQUIRE(!result.empty());
    return result;
  };
  const auto logSoftmax = [](std::vector<double> scores) {
    double sum = 0;
    for (const double score : scores) sum += std::exp(score);
    for (double& score : scores) score -= std::log(sum);
    return scores;
  };
  const std::vector<double> input(x, x + features);
  const std::vector<double> entries = logSoftmax(product("head", input));
  std::vector<double> byRank(entries.begin(), entries.begin() + head.cutoffs[0]);
  for (std::size_t i = 0; i < head.cutoffs.size(); ++i) {
    const std::string tail = "tail." + std::to_string(i);
    for (const double within : logSoftmax(product(tail + ".1", product(tail + ".0", input)))) {
      byRank.push_back(entries[asSize(head.cutoffs[0]) + i] + within);
    }
  }
  std::vector<double> byId(byRank.size());
  for (std::size_t id = 0; id < byId.size(); ++id) {
    byId[id] = byRank[head.ranks.empty() ? id : asSize(head.ranks[id])];
  }
  return byId;
}

// Over vectors: nothing but the head.
ModelDescription headAlone(Index features, Index classes, std::vector<Index> cutoffs) {
  ModelDescription description;
  description.input = InputKind::features;
  description.inputSize = features;
  description.layers.push_back({"head", AdaptiveSoftmaxOptions{.features = classes, .cutoffs = std::move(cutoffs)}});
  return description;
}

const std::vector<TokenId> shuffled = {6, 2, 9, 0, 4, 10, 1, 3, 8, 5, 7};

}  // namespace

TEST_CASE("gradients of an adaptive softmax, every cluster used") {
  GradientCheck(chainOf().description(), 6, 4, 0.3).run();
  GradientCheck(chainOf({1}).description(), 6, 4).run();
  // Clusters of a single class, within which nothing is to be learnt.
  GradientCheck(chainOf({1, 2, 3, 10}).description(), 20, 3)
      .unreached({"head.tail.0.0.weight", "head.tail.0.1.weight", "head.tail.1.0.weight", "head.tail.1.1.weight",
                  "head.tail.3.0.weight", "head.tail.3.1.weight"})
      .run();
}

TEST_CASE("and with ranks of their own, ragged rows, the last state alone, or narrow clusters") {
  Chain chain = chainOf();
  chain.ranks = shuffled;
  GradientCheck(chain.description(), {7, 4, 4, 2, 6}).run();
  chain.last = true;
  GradientCheck(chain.description(), 3, 25).run();
  chain.hidden = 3;  // clusters of width 1
  GradientCheck(chain.description(), 3, 25).run();
}

TEST_CASE("a cluster without a target has no gradient") {
  GradientCheck(chainOf().description(), 2, 3)
      .targets({0, 8, 2, 1, 10, 2})
      .unreached({"head.tail.0.0.weight", "head.tail.0.1.weight"})
      .run();
  const std::vector<std::string> tails = {"head.tail.0.0.weight", "head.tail.0.1.weight", "head.tail.1.0.weight",
                                          "head.tail.1.1.weight"};
  GradientCheck(chainOf().description(), 2, 2).targets({0, 2, 1, 1}).unreached(tails).run();
  // One position of one row.
  GradientCheck(chainOf().description(), 1, 1).targets({5}).unreached({tails[2], tails[3]}).run();
}

TEST_CASE("a gradient of the step before does not stay in a cluster without a target") {
  Model<double> model(headAlone(5, 11, {3, 7}));
  model.initialize({}, 1);
  const std::vector<double> input = normals<double>(10, 2);
  const std::vector<TokenId> all = {4, 9};
  const std::vector<TokenId> none = {0, 1};
  const Batch<double> batch{2, 1, nullptr, input.data()};
  model.lossAndGradients(batch, all.data(), 1, nullptr, nullptr, threads(1));
  model.lossAndGradients(batch, none.data(), 1, nullptr, nullptr, threads(1));
  const std::vector<double> gradients = gradientsOf(model);
  for (const Parameter& parameter : model.parameters()) {
    if (parameter.name == "head.head.weight") continue;
    for (Index i = 0; i < parameter.count(); ++i) CHECK(gradients[asSize(parameter.offset + i)] == 0);
  }
}

TEST_CASE("log-probabilities are those of the definition, and add up to 1") {
  for (const bool ranked : {false, true}) {
    ModelDescription description = headAlone(9, 11, {3, 7});
    auto& head = as<AdaptiveSoftmaxOptions>(description.layers.back());
    if (ranked) head.ranks = shuffled;
    Model<double> model(description);
    model.initialize({Initializer::Kind::normal, 0.8}, 1);
    const std::vector<double> input = normals<double>(5 * 9, 2);
    const Sequence<double> output = model.forward({5, 1, nullptr, input.data()}, nullptr, threads(2));
    REQUIRE(output.features == 11);
    for (Index position = 0; position < 5; ++position) {
      const double* row = output.data + position * 11;
      const std::vector<double> expected = plainly(model, head, input.data() + position * 9, 9);
      CHECK(largestError(std::vector<double>(row, row + 11), expected) < 1e-13);
      double sum = 0;
      for (Index id = 0; id < 11; ++id) sum += std::exp(row[id]);
      CHECK(std::abs(sum - 1) < 1e-13);
    }
  }
}

TEST_CASE_TEMPLATE("the loss is that of the log-probabilities", T, float, double) {
  ModelDescription description = headAlone(12, 3001, {101, 1003});
  Model<T> model(description);
  model.initialize({Initializer::Kind::normal, 0.3}, 1);
  const std::vector<T> input = normals<T>(70 * 12, 2);
  const std::vector<TokenId> targets = randomIds(70, 3001, 3);
  const Batch<T> batch{70, 1, nullptr, input.data()};
  const double loss = model.loss(batch, targets.data(), nullptr, threads(2)).sum;
  CHECK(model.lossAndGradients(batch, targets.data(), 1, nullptr, nullptr, threads(1)).sum == loss);
  const Sequence<T> output = model.forward(batch, nullptr, threads(2));
  double expected = 0;
  for (Index position = 0; position < 70; ++position) {
    expected -= static_cast<double>(output.data[position * 3001 + targets[asSize(position)]]);
  }
  CHECK(std::abs(loss / expected - 1) < (sizeof(T) == 4 ? 1e-6 : 1e-13));
}

TEST_CASE("a target counts as found where its cluster and its place in it are the likeliest") {
  ModelDescription description = headAlone(2, 5, {2});
  Model<double> model(description);
  // Head: classes 0 and 1, then the cluster; the cluster's classes 2, 3, 4 by their one feature.
  model.write("head.head.weight", {1, 0, 0, 0, 0, 1});
  model.write("head.tail.0.0.weight", {0, 1});
  model.write("head.tail.0.1.weight", {0, 3, 1});
  const std::vector<double> input = {5, 0, 0, 5, 0, 5, 5, 0};  // class 0, class 3 twice, class 0
  const auto correct = [&](const std::vector<TokenId>& targets) {
    return model.loss({4, 1, nullptr, input.data()}, targets.data(), nullptr, threads(1)).correct;
  };
  CHECK(correct({0, 3, 3, 0}) == 4);
  CHECK(correct({0, 3, 4, 1}) == 2);
  CHECK(correct({3, 0, 2, 3}) == 0);
}

TEST_CASE("gradients of the layer's own output") {
  for (const bool ranked : {false, true}) {
    for (const bool bias : {false, true}) {
      // Arrays of 16 positions fill their cache lines: what is written beyond one is in the next.
      for (const std::vector<Index>& lengths : {std::vector<Index>{4, 2, 3}, std::vector<Index>{4, 4, 4, 4}}) {
        checkLayer([&](auto& harness) {
          using T = std::decay_t<decltype(harness.run(1).output[0])>;
          harness.addVectors(lengths, 9);
          harness.template add<AdaptiveSoftmax<T>>(
              harness.list, "head", 9, RankTable(11, ranked ? shuffled : std::vector<TokenId>()),
              AdaptiveSoftmaxOptions{.cutoffs = {3, 7}, .divisor = 2, .bias = bias});
          CHECK(harness.list.all().size() == (bias ? 6U : 5U));
        });
      }
    }
  }
  checkThreads<float>([](auto& harness) {
    harness.addVectors(std::vector<Index>(8, 6), 24);
    harness.template add<AdaptiveSoftmax<float>>(harness.list, "head", 24, RankTable(5000, {}),
                                                 AdaptiveSoftmaxOptions{.cutoffs = {300, 1000}, .bias = true});
  });
}

TEST_CASE("the head's bias is trained by the loss") {
  ModelDescription description = chainOf().description();
  as<AdaptiveSoftmaxOptions>(description.layers.back()).bias = true;
  GradientCheck(description, 6, 4).run();
  CHECK(Model<double>(description).parameters().size() == 5 + 6);  // embedding, 4 of the RNN
}

TEST_CASE("parameters have PyTorch's names, shapes and bounds") {
  Model<double> model(headAlone(70, 1000, {20, 200}));
  model.initialize({}, 1);
  struct Expected {
    const char* name;
    std::vector<Index> shape;
    double bound;
  };
  const std::vector<Expected> expected = {{"head.head.weight", {22, 70}, 1 / std::sqrt(70.0)},
                                          {"head.tail.0.0.weight", {17, 70}, 1 / std::sqrt(70.0)},
                                          {"head.tail.0.1.weight", {180, 17}, 1 / std::sqrt(17.0)},
                                          {"head.tail.1.0.weight", {4, 70}, 1 / std::sqrt(70.0)},
                                          {"head.tail.1.1.weight", {800, 4}, 1 / std::sqrt(4.0)}};
  REQUIRE(model.parameters().size() == expected.size());
  const std::vector<double> weights = weightsOf(model);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Parameter& parameter = model.parameters()[i];
    CHECK(parameter.name == expected[i].name);
    CHECK(parameter.shape == expected[i].shape);
    double largest = 0;
    for (Index j = 0; j < parameter.count(); ++j) {
      largest = std::max(largest, std::abs(weights[asSize(parameter.offset + j)]));
    }
    CHECK(largest <= expected[i].bound);
    CHECK(largest > 0.9 * expected[i].bound);
  }
}

TEST_CASE("the memory of its loss is bounded, however many classes there are") {
  ModelDescription description = headAlone(8, 200000, {1000, 20000});
  Model<float> model(description);
  const BatchSize size{{4096, 32, true, false, 128}, {}};
  // Far from the 3.2 GB of all logits.
  CHECK(model.workspaceBytes(size, LossKind::crossEntropy) < std::size_t{64} << 20U);
}

TEST_CASE("cutoffs, ranks and divisors that cut nothing are refused") {
  const auto refused = [](std::vector<Index> cutoffs, std::vector<TokenId> ranks = {}, double divisor = 4) {
    ModelDescription description = headAlone(4, 5, std::move(cutoffs));
    auto& head = as<AdaptiveSoftmaxOptions>(description.layers.back());
    head.ranks = std::move(ranks);
    head.divisor = divisor;
    return codeOf([&] { Model<float> model(description); });
  };
  const std::string range = "ERR_UNROLLED_OPTION_RANGE";
  CHECK(refused({2}) == "none");
  CHECK(refused({1, 2, 3, 4}, {4, 3, 2, 1, 0}, 1) == "none");
  for (const std::vector<Index>& cutoffs :
       std::vector<std::vector<Index>>{{}, {0}, {5}, {6}, {2, 2}, {3, 2}, {2, 5}, {-1, 2}}) {
    CHECK(refused(cutoffs) == range);
  }
  for (const std::vector<TokenId>& ranks :
       std::vector<std::vector<TokenId>>{{0, 1, 2, 3}, {0, 1, 2, 3, 3}, {0, 1, 2, 3, 5}, {0, 1, 2, 3, -1}}) {
    CHECK(refused({2}, ranks) == range);
  }
  CHECK(refused({2}, {}, 0.5) == range);
  CHECK(refused({2}, {}, std::nan("")) == range);
  ModelDescription description = headAlone(4, 5, {2});
  description.layers.push_back(layer("dense", "more", 3));
  CHECK(codeOf([&] { Model<float> model(description); }) == range);
}
