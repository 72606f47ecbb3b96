// Trainings of every kind that can meet the parts of a batch, small enough to be made many times.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/document_batches.h"
#include "data/paired_sequences.h"
#include "data/stream_batches.h"
#include "data/tagged_sequences.h"
#include "support.h"
#include "training/trainer.h"

namespace unrolled::test {

template <class T>
struct ShardCase {
  std::string name;
  ModelDescription model;
  TrainingOptions options;
  std::function<std::unique_ptr<BatchSource<T>>(Index rows)> source;
  Index steps = 6;
  Index rows = 6;
};

class Watcher final : public TrainingObserver {
 public:
  void stepped(Index /*step*/, const StepRecord& record) override {
    losses.push_back(record.loss);
    norms.push_back(record.gradientNorm);
  }
  bool proceed() override { return true; }

  std::vector<double> losses;
  std::vector<double> norms;
};

template <class T>
struct Trained {
  std::vector<double> losses;
  std::vector<double> norms;
  std::vector<T> weights;
  Index tokens = 0;
  Index correct = 0;
  double lossSum = 0;

  friend bool operator==(const Trained& a, const Trained& b) {
    return sameBits(a.losses, b.losses) && sameBits(a.norms, b.norms) && sameBits(a.weights, b.weights) &&
           a.tokens == b.tokens && a.correct == b.correct && sameBits(&a.lossSum, &b.lossSum, 1);
  }
};

// Runs up to so many steps in all; an epoch's end ends a run.
template <class T>
void runTo(Trainer<T>& trainer, Index steps, Trained<T>& trained) {
  Watcher observer;
  for (Index made = static_cast<Index>(trained.losses.size()); made < steps;) {
    observer.losses.clear();
    observer.norms.clear();
    const RunResult result = trainer.run(steps - made, observer, trained.lossSum);
    made = result.steps;
    trained.losses.insert(trained.losses.end(), observer.losses.begin(), observer.losses.end());
    trained.norms.insert(trained.norms.end(), observer.norms.begin(), observer.norms.end());
    trained.tokens += result.tokens;
    trained.correct += result.correct;
    trained.lossSum = result.lossSum;
  }
}

template <class T>
TrainingOptions optionsOf(const ShardCase<T>& each, Index shards, int threadCount) {
  TrainingOptions options = each.options;
  options.shards = shards;
  options.threads = threadCount;
  return options;
}

template <class T>
Trained<T> train(const ShardCase<T>& each, Index shards, int threadCount = 2) {
  Model<T> model(each.model);
  model.initialize({}, 11);
  Trainer<T> trainer(model, ThreadPool::shared(), optionsOf(each, shards, threadCount), each.source(each.rows));
  Trained<T> trained;
  runTo(trainer, each.steps, trained);
  trained.weights = weightsOf(model);
  return trained;
}

// The same, stopped after so many steps and gone on with in another trainer.
template <class T>
Trained<T> trainInTwo(const ShardCase<T>& each, Index shards, Index stop) {
  Trained<T> trained;
  TrainingState<T> state;
  {
    Model<T> model(each.model);
    model.initialize({}, 11);
    Trainer<T> trainer(model, ThreadPool::shared(), optionsOf(each, shards, 2), each.source(each.rows));
    runTo(trainer, stop, trained);
    state = trainer.exportState();
    trained.weights = weightsOf(model);
  }
  Model<T> model(each.model);
  model.write(trained.weights.data());
  Trainer<T> trainer(model, ThreadPool::shared(), optionsOf(each, shards, 2), each.source(each.rows));
  trainer.importState(std::move(state));
  runTo(trainer, each.steps, trained);
  trained.weights = weightsOf(model);
  return trained;
}

inline TrainingOptions plainOptions(OptimizerKind kind = OptimizerKind::sgd) {
  TrainingOptions options;
  options.optimizer = OptimizerOptions(kind);
  options.optimizer.learningRate = kind == OptimizerKind::sgd ? 0.5 : 0.01;
  // So large that a gradient's rounding cannot show as a large step.
  options.optimizer.set("epsilon", 1e-3);
  options.seed = 3;
  return options;
}

// Sequences of 1 to 7 ids.
template <class T>
SequenceData<T> ragged(Index count, Index words, std::uint64_t seed) {
  SequenceData<T> data;
  data.offsets = {0};
  for (const TokenId length : randomIds(count, 7, seed)) data.offsets.push_back(data.offsets.back() + length + 1);
  data.ids = randomIds(data.offsets.back(), words, seed + 1);
  return data;
}

constexpr Index shardWords = 40;

inline Chain shardChain(const std::string& cell = "rnn") {
  Chain chain;
  chain.cell = cell;
  chain.inputSize = chain.classes = shardWords;
  return chain;
}

template <class T>
std::vector<ShardCase<T>> shardCases() {
  std::vector<ShardCase<T>> cases;
  const auto stream = [](Index rows) {
    return std::make_unique<StreamBatches<T>>(randomIds(rows * 22 + 1, shardWords, 4), rows, 4);
  };
  // An odd number of classes and units, so that no row begins where a block of random numbers does.
  for (const std::string& cell : cells()) {
    Chain chain = shardChain(cell);
    chain.layers = 2;
    cases.push_back({cell, chain.description(), plainOptions(), stream});
    chain.hidden = 7;
    chain.recurrentDropout = 0.4;
    ModelDescription dropping = chain.description();
    dropping.layers.insert(dropping.layers.end() - 1, layer("dropout", "drop"));
    as<DropoutOptions>(*(dropping.layers.end() - 2)).rate = 0.3;
    cases.push_back({cell + " that drops units", dropping, plainOptions(), stream});
  }
  for (const auto& [name, kind] : optimizerNames) {
    TrainingOptions options = plainOptions(kind);
    options.clipValue = 0.02;
    options.clipNorm = 0.05;
    options.optimizer.weightDecay = 0.01;
    cases.push_back({std::string(name) + " with clipping", shardChain("gru").description(), options, stream});
  }
  for (const char* input : {"embedding", "oneHot"}) {
    for (const SparseUpdate sparse : {SparseUpdate::exact, SparseUpdate::lazy}) {
      for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam}) {
        Chain chain = shardChain();
        chain.input = input;
        chain.bidirectional = true;
        TrainingOptions options = plainOptions(kind);
        options.sparse = sparse;
        const std::string name = std::string(input) + (sparse == SparseUpdate::lazy ? ", lazy, " : ", exact, ");
        cases.push_back({name + (kind == OptimizerKind::sgd ? "sgd" : "adam"), chain.description(), options, stream});
        chain.samples = 6;
        cases.push_back({name + "sampled", chain.description(), options, stream});
      }
    }
  }
  Chain adaptive = shardChain();
  adaptive.cutoffs = {8, 20};
  cases.push_back({"adaptive softmax", adaptive.description(), plainOptions(), stream});

  ModelDescription tied = shardChain().description();
  as<EmbeddingOptions>(tied.layers.front()).features = 6;
  as<DenseOptions>(tied.layers.back()).tiedTo = "embedding";
  as<DenseOptions>(tied.layers.back()).samples = 5;
  TrainingOptions lazy = plainOptions(OptimizerKind::adam);
  lazy.sparse = SparseUpdate::lazy;
  cases.push_back({"tied and sampled", tied, lazy, stream});

  const auto documents = [](Index rows) {
    SequenceData<T> data = ragged<T>(13, shardWords, 8);
    data.putBefore(0);
    return std::make_unique<DocumentBatches<T>>(data.ids, data.offsets, rows, 2, true, 5);
  };
  Chain chain = shardChain("lstm");
  chain.recurrentDropout = 0.25;
  cases.push_back({"documents", chain.description(), plainOptions(), documents, 14});

  // Batches of 6 of 20 sequences: the last has 2.
  const auto labels = [](Index rows) {
    const SequenceData<T> data = ragged<T>(20, shardWords, 9);
    return labelled<T>(data.ids, data.offsets, randomIds(20, 3, 10), {rows, true, 0}, 6);
  };
  for (const PoolingKind pooling : {PoolingKind::final, PoolingKind::mean, PoolingKind::max}) {
    Chain classifier = shardChain("gru");
    classifier.bidirectional = pooling == PoolingKind::final;
    classifier.last = true;
    classifier.pooling = pooling;
    classifier.classes = 3;
    ModelDescription dropping = classifier.description();
    for (const char* name : {"before", "after"}) {
      const auto place = name == std::string("before") ? dropping.layers.end() - 2 : dropping.layers.end() - 1;
      as<DropoutOptions>(*dropping.layers.insert(place, layer("dropout", name))).rate = 0.5;
    }
    cases.push_back({"ragged classification", dropping, plainOptions(OptimizerKind::adam), labels, 8});
  }
  ModelDescription bag{InputKind::ids, shardWords};
  bag.layers.push_back(layer("embedding", "embedding", 5));
  bag.layers.push_back({"sum", PoolingOptions{PoolingKind::sum}});
  bag.layers.push_back(layer("dense", "head", 3));
  cases.push_back({"bag of words", bag, plainOptions(OptimizerKind::adagrad), labels, 8});

  const auto values = [](Index rows) {
    SequenceData<T> data = ragged<T>(20, shardWords, 11);
    data.features = normals<T>(data.offsets.back() * 3, 12);
    data.ids.clear();
    data.width = 3;
    TargetData<T> targets{LossKind::squaredError, {}, normals<T>(data.offsets.back() * 2, 13), 2};
    return std::make_unique<TaggedSequences<T>>(std::move(data), std::move(targets), Batching{rows, true, 2}, 6);
  };
  ModelDescription regression{InputKind::features, 3};
  regression.layers.push_back(layer("lstm", "rnn", 5));
  regression.layers.push_back(layer("dense", "head", 2));
  cases.push_back({"values at every position", regression, plainOptions(), values, 8});

  const auto pairs = [](Index rows) {
    SequenceData<T> inputs = ragged<T>(20, shardWords, 14);
    const std::vector<TokenId> targets = randomIds(inputs.offsets.back(), shardWords, 15);
    return std::make_unique<PairedSequences<T>>(ragged<T>(20, 30, 16), std::move(inputs), classes<T>(targets),
                                                Batching{rows, true, 0}, 6);
  };
  ModelDescription translation{InputKind::ids, shardWords};
  translation.source = InputKind::ids;
  translation.sourceSize = 30;
  translation.layers = {layer("embedding", "words", 5, {"source"}),
                        layer("dropout", "less"),
                        layer("gru", "encoder", 7),
                        layer("embedding", "table", 4, {"input"}),
                        layer("gru", "decoder", 7),
                        layer("attention", "attention"),
                        layer("dropout", "fewer"),
                        layer("dense", "head", shardWords)};
  as<DropoutOptions>(translation.layers[1]).rate = 0.3;
  recurrent(translation.layers[2]).recurrentDropout = 0.2;
  recurrent(translation.layers[4]).initialState = "encoder";
  translation.layers[5].from = {"decoder", "encoder"};
  as<DropoutOptions>(translation.layers[6]).rate = 0.3;
  cases.push_back({"encoder and decoder", translation, plainOptions(), pairs, 8});
  return cases;
}

}  // namespace unrolled::test
