// A training that is stopped and goes on in another trainer makes the steps it would have made, bit for bit.

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/error.h"
#include "data/document_batches.h"
#include "data/stream_batches.h"
#include "support.h"
#include "training/trainer.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

template <class T>
using Source = std::function<std::unique_ptr<BatchSource<T>>()>;

class Losses final : public TrainingObserver {
 public:
  void stepped(Index /*step*/, const StepRecord& record) override {
    values.insert(values.end(), {record.loss, record.gradientNorm, record.learningRate});
  }
  bool proceed() override { return true; }
  std::vector<double> values;
};

TrainingOptions optionsOf(OptimizerKind kind) {
  TrainingOptions options;
  options.optimizer = OptimizerOptions(kind);
  options.optimizer.learningRate = 0.02;
  options.optimizer.set("momentum", 0.9);
  options.clipNorm = 0.5;
  options.seed = 3;
  options.schedule.kind = Schedule::Kind::cosine;
  options.schedule.warmup = 2;
  options.schedule.length = 20;
  options.threads = 2;
  return options;
}

template <class T>
void train(Trainer<T>& trainer, Losses& losses, Index steps) {
  for (Index made = 0; made < steps;) {
    const auto before = static_cast<Index>(losses.values.size());
    trainer.run(steps - made, losses);
    made += (static_cast<Index>(losses.values.size()) - before) / 3;
  }
}

template <class T>
void compare(const Chain& chain, const Source<T>& source, OptimizerKind kind, Index total) {
  Model<T> whole(chain.description());
  whole.initialize({}, 1);
  Trainer<T> wholeTrainer(whole, ThreadPool::shared(), optionsOf(kind), source());
  Losses expected;
  train(wholeTrainer, expected, 1);
  wholeTrainer.setLearningRateScale(0.7);
  train(wholeTrainer, expected, total - 1);

  for (Index stop = 1; stop < total; stop += 2) {
    CAPTURE(stop);
    Losses losses;
    std::vector<T> weights;
    TrainingState<T> state;
    {
      Model<T> model(chain.description());
      model.initialize({}, 1);
      Trainer<T> trainer(model, ThreadPool::shared(), optionsOf(kind), source());
      train(trainer, losses, 1);
      trainer.setLearningRateScale(0.7);
      train(trainer, losses, stop - 1);
      weights = weightsOf(model);
      state = trainer.exportState();
    }
    Model<T> model(chain.description());
    model.write(weights.data());
    Trainer<T> trainer(model, ThreadPool::shared(), optionsOf(kind), source());
    trainer.importState(std::move(state));
    train(trainer, losses, total - stop);
    CHECK(sameBits(losses.values, expected.values));
    CHECK(sameBits(weightsOf(model), weightsOf(whole)));
  }
}

Chain stacked() {
  Chain chain;
  chain.cell = "lstm";
  chain.layers = 2;
  chain.inputSize = 40;
  chain.classes = 40;
  return chain;
}

std::unique_ptr<BatchSource<float>> stream(Index rows, std::uint64_t seed) {
  return std::make_unique<StreamBatches<float>>(randomIds(rows * 22 + 1, 40, seed), rows, 4);
}

}  // namespace

TEST_CASE_TEMPLATE("every optimiser goes on over a stream, within an epoch and past its end", T, float, double) {
  const Source<T> source = [] { return std::make_unique<StreamBatches<T>>(randomIds(3 * 22 + 1, 40, 4), 3, 4); };
  for (const auto& entry : optimizerNames) {
    const char* const name = entry.first;
    const OptimizerKind kind = entry.second;
    CAPTURE(name);
    compare<T>(stacked(), source, kind, 8);
  }
}

TEST_CASE("trainings over examples and over documents go on") {
  std::vector<Index> offsets = {0};
  for (Index i = 0; i < 11; ++i) offsets.push_back(offsets.back() + 2 + i * 5 % 9);
  const std::vector<TokenId> ids = randomIds(offsets.back(), 40, 4);
  const Source<float> documents = [&] { return std::make_unique<DocumentBatches<float>>(ids, offsets, 3, 4, true, 8); };
  compare<float>(stacked(), documents, OptimizerKind::adam, 16);

  Chain chain = stacked();
  chain.last = true;
  const Source<float> examples = [&] { return labelled<float>(ids, offsets, randomIds(11, 40, 2), {3, true, 2}, 8); };
  compare<float>(chain, examples, OptimizerKind::adam, 9);
}

TEST_CASE("trainings of a sampled and of an adaptive softmax go on") {
  const Source<float> source = [] { return stream(3, 4); };
  Chain chain = stacked();
  chain.samples = 9;
  compare<float>(chain, source, OptimizerKind::adam, 8);
  chain.samples = 0;
  chain.cutoffs = {5, 20};
  compare<float>(chain, source, OptimizerKind::adam, 8);
}

TEST_CASE("a state of another training is refused") {
  const auto codeOf = [](const TrainingState<float>& state, const TrainingOptions& options, Index rows,
                         std::uint64_t seed) -> std::string {
    Model<float> model(stacked().description());
    Trainer<float> trainer(model, ThreadPool::shared(), options, stream(rows, seed));
    try {
      trainer.importState(state);
    } catch (const Error& error) {
      return error.code() + " " + error.option();
    }
    return "none";
  };
  Model<float> model(stacked().description());
  model.initialize({}, 1);
  const TrainingOptions options = optionsOf(OptimizerKind::adam);
  Trainer<float> trainer(model, ThreadPool::shared(), options, stream(3, 4));
  const std::string mismatch = "ERR_UNROLLED_MODEL_MISMATCH resume";
  const std::string otherSource = mismatch + ".source";
  CHECK(codeOf(trainer.exportState(), options, 3, 4) == "none");  // before the first step
  Losses losses;
  train(trainer, losses, 2);
  const TrainingState<float> state = trainer.exportState();
  CHECK(codeOf(state, options, 3, 4) == "none");
  CHECK(codeOf(state, options, 3, 5) == otherSource);  // other data
  CHECK(codeOf(state, options, 2, 4) == otherSource);  // another cut
  CHECK(codeOf(state, optionsOf(OptimizerKind::adamw), 3, 4) == mismatch);
  TrainingOptions reseeded = options;
  reseeded.seed = 4;
  CHECK(codeOf(state, reseeded, 3, 4) == otherSource);
  for (const auto& damage : std::vector<std::function<void(TrainingState<float>&)>>{
           [](auto& s) { s.hidden.pop_back(); }, [](auto& s) { s.rows = 2; }, [](auto& s) { s.optimizer.steps = 0; },
           [](auto& s) { s.optimizer.first.pop_back(); }, [](auto& s) { s.optimizer.second.clear(); }}) {
    TrainingState<float> damaged = state;
    damage(damaged);
    CHECK(codeOf(damaged, options, 3, 4) == mismatch);
  }
}

TEST_CASE("weights written between two steps are looked at before the next") {
  Model<float> model(stacked().description());
  model.initialize({}, 1);
  const TrainingOptions options = optionsOf(OptimizerKind::sgd);
  Losses losses;
  Trainer<float> calm(model, ThreadPool::shared(), options, stream(3, 4));
  train(calm, losses, 1);
  const double before = calm.exportState().optimizer.weightBound;
  std::vector<float> weights = weightsOf(model);
  for (float& weight : weights) weight *= 10;
  model.write(weights.data());
  train(calm, losses, 1);
  CHECK(calm.exportState().optimizer.weightBound > 5 * before);
}

TEST_CASE_TEMPLATE("a state whose arrays are beyond their bounds is refused", T, float, double) {
  const Source<T> source = [] { return std::make_unique<StreamBatches<T>>(randomIds(3 * 22 + 1, 40, 4), 3, 4); };
  using State = OptimizerState<T>;
  using Kind = OptimizerKind;
  for (const auto& [kind, bound] :
       std::vector<std::pair<Kind, double State::*>>{{Kind::momentum, &State::velocityBound},
                                                     {Kind::rmsprop, &State::velocityBound},
                                                     {Kind::adagrad, &State::sumBound},
                                                     {Kind::adagradAbsolute, &State::sumBound}}) {
    Model<T> model(stacked().description());
    model.initialize({}, 1);
    TrainingOptions options = optionsOf(kind);
    options.optimizer.set("momentum", 0.5);
    Trainer<T> trainer(model, ThreadPool::shared(), options, source());
    Losses losses;
    train(trainer, losses, 3);
    TrainingState<T> state = trainer.exportState();
    trainer.importState(state);
    state.optimizer.*bound = 0;
    try {
      trainer.importState(state);
      FAIL("it was taken");
    } catch (const Error& error) {
      CHECK(std::string(error.code()) == "ERR_UNROLLED_OPTION_RANGE");
      CHECK(error.option() == "resume.bounds");
    }
  }
}

TEST_CASE_TEMPLATE("a first moment that its second cannot have is refused", T, float, double) {
  const Source<T> source = [] { return std::make_unique<StreamBatches<T>>(randomIds(3 * 22 + 1, 40, 4), 3, 4); };
  for (const OptimizerKind kind : {OptimizerKind::adam, OptimizerKind::adamw}) {
    Model<T> model(stacked().description());
    model.initialize({}, 1);
    Trainer<T> trainer(model, ThreadPool::shared(), optionsOf(kind), source());
    Losses losses;
    for (int step = 0; step < 12; ++step) {
      train(trainer, losses, 1);
      trainer.importState(trainer.exportState());
    }
    TrainingState<T> state = trainer.exportState();
    state.optimizer.first[7] = T(1e30);
    try {
      trainer.importState(state);
      FAIL("it was taken");
    } catch (const Error& error) {
      CHECK(error.option() == "resume.slots[1]");
    }
    // The square of a small gradient may vanish.
    state.optimizer.first[7] = std::sqrt(std::numeric_limits<T>::min()) / 4;
    state.optimizer.second[7] = 0;
    trainer.importState(state);
  }
}

TEST_CASE("weights beyond a restored bound are looked at before the next step") {
  Model<float> model(stacked().description());
  model.initialize({}, 1);
  const TrainingOptions options = optionsOf(OptimizerKind::sgd);
  Losses losses;
  Trainer<float> trainer(model, ThreadPool::shared(), options, stream(3, 4));
  train(trainer, losses, 2);
  TrainingState<float> state = trainer.exportState();
  const double bound = state.optimizer.weightBound;
  for (const double claimed : {bound, bound / 1e6}) {
    Trainer<float> resumed(model, ThreadPool::shared(), options, stream(3, 4));
    state.optimizer.weightBound = claimed;
    resumed.importState(state);
    CHECK(resumed.exportState().optimizer.weightBound == claimed);
    train(resumed, losses, 1);
    CHECK(resumed.exportState().optimizer.weightBound > bound / 2);
  }
  // What is exported with weights that somebody has written since the last step is a bound of these.
  std::vector<float> weights = weightsOf(model);
  for (float& weight : weights) weight *= 100;
  model.write(weights.data());
  CHECK(trainer.exportState().optimizer.weightBound > 10 * bound);
}

TEST_CASE("a step that fails leaves the state of the step before it") {
  Model<float> model(stacked().description());
  model.initialize({}, 1);
  Trainer<float> trainer(model, ThreadPool::shared(), optionsOf(OptimizerKind::adam), stream(3, 4));
  Losses losses;
  train(trainer, losses, 3);
  const TrainingState<float> before = trainer.exportState();
  const std::vector<float> weights = weightsOf(model);
  std::vector<float> broken = weights;
  broken.back() = std::numeric_limits<float>::quiet_NaN();
  model.write(broken.data());
  CHECK_THROWS_AS(trainer.run(1, losses), Error);
  const TrainingState<float> after = trainer.exportState();
  CHECK(sameBits(after.hidden, before.hidden));
  CHECK(after.optimizer.steps == 3);
  CHECK(sameBits(after.optimizer.first, before.optimizer.first));
}
