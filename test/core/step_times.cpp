// How long the next run will take is foretold from its batches, before they are made.

#include "training/step_times.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "data/document_batches.h"
#include "data/labelled_sequences.h"
#include "data/paired_sequences.h"
#include "data/stream_batches.h"
#include "data/tagged_sequences.h"
#include "support.h"
#include "training/trainer.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr double hour = 3600;

SequenceData<float> sequences(const std::vector<Index>& lengths) {
  std::vector<Index> offsets = {0};
  for (const Index length : lengths) offsets.push_back(offsets.back() + length);
  return {randomIds(offsets.back(), 7, 5), {}, 0, offsets};
}

std::vector<Index> lengths(Index count, Index salt) {
  std::vector<Index> result;
  for (Index i = 0; i < count; ++i) result.push_back(2 + i * salt % 9);
  return result;
}

class Nobody final : public TrainingObserver {
 public:
  void stepped(Index /*step*/, const StepRecord& /*record*/) override {}
  bool proceed() override { return true; }
};

// A training of labelled sequences in their order, one a step.
class Training {
 public:
  Training(const std::vector<Index>& lengths, bool shuffle) : model_(chain()) {
    model_.initialize({}, 1);
    const std::vector<TokenId> labels(lengths.size(), 1);
    trainer_ =
        std::make_unique<Trainer<float>>(model_, ThreadPool::shared(), TrainingOptions{},
                                         std::make_unique<LabelledSequences<float>>(
                                             sequences(lengths), classes<float>(labels), Batching{1, shuffle, 0}, 1));
  }

  void run(Index steps) {
    Nobody nobody;
    trainer_->run(steps, nobody);
  }

  [[nodiscard]] bool endsWithin(double seconds, Index steps) const { return trainer_->endsWithin(seconds, steps); }

  // What is foretold of the next run.
  [[nodiscard]] double expected(Index steps) const {
    double less = 0;
    double enough = hour;
    for (int halving = 0; halving < 60; ++halving) {
      const double middle = (less + enough) / 2;
      (endsWithin(middle, steps) ? enough : less) = middle;
    }
    return enough;
  }

 private:
  static ModelDescription chain() {
    Chain chain;
    chain.last = true;
    return chain.description();
  }

  Model<float> model_;
  std::unique_ptr<Trainer<float>> trainer_;
};

}  // namespace

TEST_CASE("a step takes at least what one has taken, and longer by the work of its batch") {
  StepTimes times;
  CHECK_FALSE(times.known());
  times.add(10, 1000, 1.0);
  CHECK(times.known());
  CHECK(times.expected(1, 100) == doctest::Approx(0.1));
  CHECK(times.expected(1, 1) == doctest::Approx(0.1));
  CHECK(times.expected(2, 1e6) == doctest::Approx(1000));
  // A long run says what a multiply-add takes, and nothing of how short a step can be.
  times.add(1, 1e6, 10.0);
  CHECK(times.expected(1, 1) == doctest::Approx(0.1));
  CHECK(times.expected(1, 1e6) == doctest::Approx(10));
}

TEST_CASE("the size of a batch is known before it is made") {
  const std::vector<Index> inputs = lengths(23, 5);
  const SequenceData<float> data = sequences(inputs);
  const std::vector<TokenId> tags = randomIds(data.elements(), 7, 6);
  std::vector<std::unique_ptr<BatchSource<float>>> sources;
  sources.push_back(std::make_unique<StreamBatches<float>>(randomIds(100, 7, 1), 3, 4));
  for (const Batching& batching : {Batching{4, false, 0}, Batching{4, true, 3}}) {
    sources.push_back(
        std::make_unique<LabelledSequences<float>>(data, classes<float>(std::vector<TokenId>(23, 1)), batching, 2));
    sources.push_back(std::make_unique<TaggedSequences<float>>(data, classes<float>(tags), batching, 2));
    sources.push_back(
        std::make_unique<PairedSequences<float>>(sequences(lengths(23, 7)), data, classes<float>(tags), batching, 2));
    sources.push_back(
        std::make_unique<DocumentBatches<float>>(data.ids, data.offsets, 3, 4, batching.shuffle, std::uint64_t{2}));
  }
  for (const auto& source : sources) {
    for (Index epoch = 0; epoch < 2; ++epoch) {
      for (Index step = 0; step < source->stepsPerEpoch(); ++step) {
        const BatchSize size = source->size(epoch, step);
        CHECK(source->unordered(epoch) == 0);
        const BatchSize made = source->batch(epoch, step).input.size(true);
        CHECK(size.input.positions == made.input.positions);
        CHECK(size.input.batch == made.input.batch);
        CHECK(size.input.time == made.input.time);
        CHECK(size.input.ragged >= made.input.ragged);
        CHECK(size.source.positions == made.source.positions);
        CHECK(size.source.time == made.source.time);
      }
    }
  }
}

TEST_CASE("the end of a run is foretold from the lengths that come") {
  Training training({1, 1, 1, 1, 200, 1, 200000}, false);
  CHECK_FALSE(training.endsWithin(hour, 1));  // nothing is known yet
  training.run(2);
  const double one = training.expected(1);
  CHECK(training.expected(2) == doctest::Approx(2 * one).epsilon(0.001));
  CHECK(training.expected(3) > 200 * one * 0.999);
  training.run(2);
  CHECK(training.expected(1) > 100 * one / 10);
  training.run(2);
  // However fast the steps were: what a position costs may differ.
  CHECK_FALSE(training.endsWithin(hour, 1));
}

TEST_CASE("to put many examples in order counts as work, once an epoch") {
  Training training(std::vector<Index>(20000, 1), true);
  training.run(19999);
  CHECK(training.endsWithin(hour, 1));
  training.run(1);
  CHECK_FALSE(training.endsWithin(0.001, 1));
  training.run(1);
  // Only a step that is foretold from its batch is that short.
  CHECK(training.endsWithin(hour, 1));
}
