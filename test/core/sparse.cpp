// Gradients of large tables: only the rows of a batch are written, cleared, read and updated, and nobody can
// tell but by the time it takes.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "data/stream_batches.h"
#include "support.h"
#include "training/evaluation.h"
#include "training/trainer.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr Index vocabulary = 300;
constexpr Index rows = 3;
constexpr Index window = 4;

class Nobody final : public TrainingObserver {
 public:
  void stepped(Index /*step*/, const StepRecord& record) override { norms.push_back(record.gradientNorm); }
  bool proceed() override {
    if (meanwhile) meanwhile();
    return true;
  }
  std::vector<double> norms;
  std::function<void()> meanwhile;
};

std::vector<TokenId> corpus() { return randomIds(rows * window * 6 + 1, vocabulary, 3); }

ModelDescription wide(const std::string& input, bool bidirectional = false) {
  Chain chain;
  chain.input = input;
  chain.inputSize = vocabulary;
  chain.classes = vocabulary;
  chain.bidirectional = bidirectional;
  return chain.description();
}

// An embedding, pooled straight from its table.
ModelDescription wordSum(PoolingKind pooling) {
  ModelDescription model;
  model.inputSize = vocabulary;
  model.layers.push_back(layer("embedding", "embedding", 5));
  model.layers.push_back({"sum", PoolingOptions{pooling}});
  model.layers.push_back(layer("dense", "head", 3));
  return model;
}

OptimizerOptions optimizer(OptimizerKind kind) {
  OptimizerOptions options(kind);
  options.learningRate = 0.05;
  options.set("momentum", 0.9);
  return options;
}

template <class T>
std::unique_ptr<BatchSource<T>> sourceFor(const Model<T>& model) {
  if (!model.manyToOne()) return std::make_unique<StreamBatches<T>>(corpus(), rows, window);
  std::vector<Index> offsets = {0};
  for (Index i = 0; i < 12; ++i) offsets.push_back(offsets.back() + 1 + i % 5);
  return labelled<T>(randomIds(offsets.back(), vocabulary, 6), offsets, randomIds(12, 3, 7), {2, true, 0}, 1);
}

// Steps of a trainer.
template <class T>
std::vector<T> trained(const ModelDescription& description, TrainingOptions options, Index steps,
                       const std::function<void(Model<T>&)>& meanwhile = nullptr) {
  Model<T> model(description);
  model.initialize({}, 1);
  Trainer<T> trainer(model, ThreadPool::shared(), options, sourceFor(model));
  Nobody observer;
  if (meanwhile) observer.meanwhile = [&] { meanwhile(model); };
  for (Index made = 0; made < steps;) {
    const RunResult result = trainer.run(steps - made, observer);
    made = result.steps;
  }
  return weightsOf(model);
}

// The same with dense updates of a gradient that is read whole.
template <class T>
std::vector<T> trainedDensely(const ModelDescription& description, const OptimizerOptions& options, Index steps) {
  Model<T> model(description);
  model.initialize({}, 1);
  const auto source = sourceFor(model);
  const GradientTiles tiles(model.buffers().size());
  Optimizer<T> plain(options, model.buffers().size());
  std::vector<T> states(asSize(model.stateSize(rows)));
  for (Index step = 0; step < steps; ++step) {
    const TrainingBatch<T> batch = source->batch(step / source->stepsPerEpoch(), step % source->stepsPerEpoch());
    if (batch.fromZeroState) std::fill(states.begin(), states.end(), T(0));
    std::vector<T> stateGradients(states.size());
    model.lossAndGradients(batch.input, batch.targets, T(1) / static_cast<T>(batch.targetCount), states.data(),
                           stateGradients.data(), threads(1));
    plain.step(tiles, model.buffers().change(), model.buffers().gradients(), 1, threads(1));
  }
  return weightsOf(model);
}

}  // namespace

TEST_CASE_TEMPLATE("training with sparse gradients gives the bits of dense updates, for every optimiser", T, float,
                   double) {
  const std::vector<ModelDescription> descriptions = {wide("embedding"),         wide("oneHot"),
                                                      wide("embedding", true),   wide("oneHot", true),
                                                      wordSum(PoolingKind::sum), wordSum(PoolingKind::max)};
  for (const ModelDescription& description : descriptions) {
    for (const auto& entry : optimizerNames) {
      const char* const name = entry.first;
      const OptimizerKind kind = entry.second;
      CAPTURE(name);
      for (const double weightDecay : {0.0, 0.01}) {
        TrainingOptions options;
        options.optimizer = optimizer(kind);
        options.optimizer.weightDecay = weightDecay;
        options.threads = 2;
        CHECK(sameBits(trained<T>(description, options, 8), trainedDensely<T>(description, options.optimizer, 8)));
      }
    }
  }
}

TEST_CASE("passes between two steps leave no gradient behind") {
  TrainingOptions options;
  options.optimizer = optimizer(OptimizerKind::sgd);
  options.threads = 1;
  for (const char* input : {"embedding", "oneHot"}) {
    const auto disturb = [](Model<double>& model) {
      // More positions than rows: a gradient written whole, and no word of it.
      const std::vector<TokenId> ids = randomIds(vocabulary * 4 + 1, vocabulary, 9);
      std::vector<double> states(asSize(model.stateSize(1)));
      std::vector<double> stateGradients(states.size());
      model.lossAndGradients({vocabulary * 4, 1, ids.data()}, ids.data() + 1, 1, states.data(), stateGradients.data(),
                             threads(1));
      evaluateStream<double>(model, MemoryIds(ids), 2, 9, threads(1), [] { return true; });
    };
    CHECK(sameBits(trained<double>(wide(input), options, 8, disturb), trained<double>(wide(input), options, 8)));
  }
}

TEST_CASE("only touched rows are listed, each once, and the others are zero") {
  Model<double> model(wide("embedding"));
  model.initialize({}, 1);
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const std::vector<TokenId> ids = randomIds(13, 50, seed);
    std::vector<double> states(asSize(model.stateSize(3)));
    std::vector<double> stateGradients(states.size());
    model.lossAndGradients({4, 3, ids.data()}, ids.data() + 1, 1, states.data(), stateGradients.data(), threads(2));
    const TouchedRows& touched = model.buffers().touched(0);
    REQUIRE(touched.known());
    const std::set<TokenId> expected(ids.begin(), ids.begin() + 12);
    CHECK(touched.rows() == std::vector<TokenId>(expected.begin(), expected.end()));
    const double* gradient = model.buffers().gradient(0);
    for (TokenId row = 0; row < vocabulary; ++row) {
      const bool zero = std::all_of(gradient + row * 5, gradient + row * 5 + 5, [](double g) { return g == 0; });
      CHECK(zero == (expected.count(row) == 0));
    }
    GradientTiles tiles;
    tiles.lay(model.buffers(), true);
    std::vector<double> partials;
    const double sparse = gradientNorm(tiles, model.buffers().gradients(), partials, threads(2));
    const double dense =
        gradientNorm(GradientTiles(model.buffers().size()), model.buffers().gradients(), partials, threads(2));
    CHECK(std::abs(sparse / dense - 1) < 1e-14);
  }
}

TEST_CASE("tiles have each touched row once, and none is empty") {
  constexpr Index columns = 1000;
  ParameterList list;
  const std::size_t table = list.addWeight("table", 200, columns, {});
  ParameterBuffers<float> buffers(list);
  // 32 rows a tile: less than one, one, more, and two.
  for (const Index count : {0, 1, 31, 32, 33, 64, 200}) {
    CAPTURE(count);
    std::vector<TokenId> ids(asSize(count));
    std::iota(ids.begin(), ids.end(), 0);
    buffers.touched(table).list(ids.data(), count, 200);
    REQUIRE(buffers.touched(table).known());
    GradientTiles tiles;
    tiles.lay(buffers, true);
    std::vector<TokenId> rows;
    for (const GradientTile& tile : tiles.all()) {
      CHECK(tile.rowCount > 0);
      CHECK(tile.count == columns);
      rows.insert(rows.end(), tile.rows, tile.rows + tile.rowCount);
    }
    CHECK(rows == ids);
    CHECK(tiles.elements() == count * columns);
  }
}

TEST_CASE("clipping and norms do not depend on the number of threads") {
  TrainingOptions options;
  options.optimizer = optimizer(OptimizerKind::adagrad);
  options.clipValue = 0.01;
  options.clipNorm = 0.02;
  options.threads = 1;
  const std::vector<float> one = trained<float>(wide("embedding"), options, 6);
  options.threads = 3;
  CHECK(sameBits(trained<float>(wide("embedding"), options, 6), one));
}

TEST_CASE("lazy rows keep all they have until they are touched, and then take a step of the common count") {
  for (const auto& entry : optimizerNames) {
    const char* const name = entry.first;
    const OptimizerKind kind = entry.second;
    CAPTURE(name);
    TrainingOptions options;
    options.optimizer = optimizer(kind);
    options.optimizer.weightDecay = 0.01;
    options.sparse = SparseUpdate::lazy;
    options.threads = 2;
    Model<double> model(wide("embedding"));
    model.initialize({}, 1);
    Trainer<double> trainer(model, ThreadPool::shared(), options, sourceFor(model));
    Nobody observer;
    for (Index step = 0; step < 5; ++step) {
      const std::vector<double> before = weightsOf(model);
      trainer.run(1, observer);
      const std::vector<double> after = weightsOf(model);
      const std::vector<TokenId>& touched = model.buffers().touched(0).rows();
      for (TokenId row = 0; row < vocabulary; ++row) {
        const bool listed = std::binary_search(touched.begin(), touched.end(), row);
        const bool same = sameBits(before.data() + row * 5, after.data() + row * 5, 5);
        CHECK(same != listed);
      }
    }
  }
}

TEST_CASE("frozen parameters are neither updated nor counted in the norm") {
  const ModelDescription description = wide("embedding");
  Model<double> model(description);
  model.initialize({}, 1);
  ParameterList list;
  for (std::size_t i = 0; i < model.parameters().size(); ++i) {
    const Parameter& parameter = model.parameters()[i];
    if (parameter.shape.size() == 1) {
      list.addBias(parameter.name, parameter.shape[0], parameter.initialization);
    } else {
      list.addWeight(parameter.name, parameter.shape[0], parameter.shape[1], parameter.initialization);
    }
    list.setTrainable(i, i % 2 == 1);
  }
  ParameterBuffers<double> buffers(list);
  const std::vector<double> gradients = normals<double>(buffers.size(), 4);
  std::copy(gradients.begin(), gradients.end(), buffers.gradients());
  GradientTiles tiles;
  tiles.lay(buffers, true);
  double squares = 0;
  for (const Parameter& parameter : list.all()) {
    for (Index i = 0; parameter.trainable && i < parameter.count(); ++i) {
      squares += gradients[asSize(parameter.offset + i)] * gradients[asSize(parameter.offset + i)];
    }
  }
  std::vector<double> partials;
  CHECK(gradientNorm(tiles, buffers.gradients(), partials, threads(2)) == doctest::Approx(std::sqrt(squares)));

  OptimizerOptions options = optimizer(OptimizerKind::adamw);
  options.weightDecay = 0.1;
  std::fill_n(buffers.change(), buffers.size(), 1.0);
  Optimizer<double> plain(options, buffers.size());
  plain.step(tiles, buffers.change(), buffers.gradients(), 1, threads(2));
  for (const Parameter& parameter : list.all()) {
    for (Index i = 0; i < parameter.count(); ++i) {
      CHECK((buffers.values()[parameter.offset + i] == 1) == !parameter.trainable);
    }
  }
}
