// Lazy updates: rows that a batch does not touch stay as they are, whatever its size and whoever reads the table.

#include <memory>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "data/stream_batches.h"
#include "support.h"
#include "training/trainer.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr Index rows = 3;
constexpr Index window = 4;

class Nobody final : public TrainingObserver {
 public:
  void stepped(Index /*step*/, const StepRecord& /*record*/) override {}
  bool proceed() override { return true; }
};

// Adam with weight decay, by which every row moves that is updated.
TrainingOptions moving(SparseUpdate sparse) {
  TrainingOptions options;
  options.optimizer = OptimizerOptions(OptimizerKind::adam);
  options.optimizer.learningRate = 0.05;
  options.optimizer.weightDecay = 0.01;
  options.sparse = sparse;
  options.threads = 2;
  return options;
}

// Models that read ids in each way; their first parameter is the table of that many rows.
std::vector<ModelDescription> tables(Index words) {
  std::vector<ModelDescription> all;
  for (const char* input : {"embedding", "oneHot"}) {
    for (const bool bidirectional : {false, true}) {
      Chain chain;
      chain.input = input;
      chain.inputSize = chain.classes = words;
      chain.bidirectional = bidirectional;
      all.push_back(chain.description());
    }
  }
  // Two layers read the embedding, which is looked up for both.
  ModelDescription two = all.front();
  two.layers.insert(two.layers.begin() + 2, layer("concatenate", "both", 0, {"rnn", "embedding"}));
  all.push_back(two);
  return all;
}

// Steps of 3 rows and a window of 4, on ids below `used`; calls step(ids of the batch, the table before, after).
template <class Step>
void trainOn(const ModelDescription& description, const TrainingOptions& options, Index used, Step&& step) {
  Model<double> model(description);
  model.initialize({}, 1);
  const std::vector<TokenId> ids = randomIds(rows * window * 5 + 1, used, 3);
  StreamBatches<double> same(ids, rows, window);
  Trainer<double> trainer(model, ThreadPool::shared(), options,
                          std::make_unique<StreamBatches<double>>(ids, rows, window));
  Nobody observer;
  const Parameter& table = model.parameters().front();
  const auto values = [&] {
    const double* begin = model.buffers().values() + table.offset;
    return std::vector<double>(begin, begin + table.count());
  };
  for (Index number = 0; number < 5; ++number) {
    const TrainingBatch<double> batch = same.batch(0, number);
    const std::set<TokenId> touched(batch.input.ids, batch.input.ids + rows * window);
    const std::vector<double> before = values();
    trainer.run(1, observer);
    step(touched, before, values(), table.columns());
  }
}

}  // namespace

TEST_CASE("lazy rows stay as they are whatever the number of positions is, for every way a table is read") {
  // 12 positions a step: more than the table has rows, as many, and fewer.
  for (const Index words : {Index{6}, Index{9}, Index{12}, Index{13}, Index{40}}) {
    CAPTURE(words);
    const std::vector<ModelDescription> all = tables(words);
    for (std::size_t kind = 0; kind < all.size(); ++kind) {
      CAPTURE(kind);
      trainOn(all[kind], moving(SparseUpdate::lazy), words / 2,
              [&](const std::set<TokenId>& touched, const std::vector<double>& before, const std::vector<double>& after,
                  Index columns) {
                for (TokenId row = 0; row < words; ++row) {
                  const Index at = row * columns;
                  const bool stays = sameBits(before.data() + at, after.data() + at, asSize(columns));
                  CHECK(stays == (touched.count(row) == 0));
                }
              });
    }
  }
}

TEST_CASE("what lazy was in earlier releases: as exact where positions are many, as lazy where they are few") {
  for (const Index words : {Index{6}, Index{12}, Index{13}, Index{40}}) {
    CAPTURE(words);
    const std::vector<ModelDescription> all = tables(words);
    for (std::size_t kind = 0; kind < all.size(); ++kind) {
      CAPTURE(kind);
      const auto last = [&](SparseUpdate sparse) {
        std::vector<double> weights;
        trainOn(all[kind], moving(sparse), words / 2,
                [&](const auto& /*touched*/, const auto& /*before*/, const std::vector<double>& after,
                    Index /*columns*/) { weights = after; });
        return weights;
      };
      const std::vector<double> before = last(SparseUpdate::lazyWhereFew);
      CHECK(sameBits(before, last(SparseUpdate::exact)) == (words <= rows * window));
      CHECK(sameBits(before, last(SparseUpdate::lazy)) == (words > rows * window));
    }
  }
}

TEST_CASE("lazy rows of a pooled table, and of one that is a head's weights too") {
  for (const Index words : {Index{4}, Index{8}, Index{30}}) {
    CAPTURE(words);
    ModelDescription pooled{InputKind::ids, words};
    pooled.layers.push_back(layer("embedding", "embedding", 5));
    pooled.layers.push_back({"mean", PoolingOptions{PoolingKind::mean}});
    pooled.layers.push_back(layer("dense", "head", 3));
    Model<double> model(pooled);
    model.initialize({}, 1);
    const auto source = [] {
      return labelled<double>({0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1}, {0, 3, 6, 9, 12}, {0, 1, 2, 0}, {2, false, 0}, 1);
    };
    Trainer<double> trainer(model, ThreadPool::shared(), moving(SparseUpdate::lazy), source());
    Nobody observer;
    const std::vector<double> before = weightsOf(model);
    trainer.run(2, observer);
    const std::vector<double> after = weightsOf(model);
    for (Index row = 0; row < words; ++row) {
      CHECK(sameBits(before.data() + row * 5, after.data() + row * 5, 5) == (row > 1));
    }

    Chain chain;
    chain.inputSize = chain.classes = words;
    chain.embedding = chain.hidden = 4;
    ModelDescription tied = chain.description();
    auto& head = as<DenseOptions>(tied.layers.back());
    head.tiedTo = "embedding";
    head.bias = false;
    for (const Index samples : {Index{0}, Index{1}}) {
      if (samples > 0) head.samples = samples;
      for (const SparseUpdate sparse : {SparseUpdate::lazy, SparseUpdate::lazyWhereFew}) {
        Index stayed = 0;
        trainOn(tied, moving(sparse), words / 2,
                [&](const std::set<TokenId>& /*touched*/, const std::vector<double>& first,
                    const std::vector<double>& second, Index columns) {
                  for (Index row = words / 2; row < words; ++row) {
                    if (sameBits(first.data() + row * columns, second.data() + row * columns, asSize(columns)))
                      ++stayed;
                  }
                });
        // The exact softmax has a gradient for every row; of samples one row beside those that are read is touched.
        const bool some = samples > 0 && sparse == SparseUpdate::lazy;
        CHECK((stayed > 0) == some);
        if (some) CHECK(stayed >= 5 * (words - words / 2 - 1));
      }
    }
  }
}
