// Training on the ranks of a group: the bits are those of one process with as many shards, for any number of ranks.

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "distributed/in_process_group.h"
#include "shard_cases.h"
#include "training/agreement.h"
#include "training/evaluation.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// Calls of(group) on a thread for each rank, and gives what they return; throws what a rank throws.
template <class Result>
std::vector<Result> onRanks(int size, const std::function<Result(const std::shared_ptr<Group>&)>& of) {
  std::vector<std::shared_ptr<Group>> groups;
  for (std::unique_ptr<Group>& group : inProcessGroup(size)) groups.push_back(std::move(group));
  std::vector<Result> results(asSize(size));
  std::vector<std::exception_ptr> errors(asSize(size));
  std::vector<std::thread> ranks;
  for (std::size_t rank = 0; rank < groups.size(); ++rank) {
    ranks.emplace_back([&, rank] {
      try {
        results[rank] = of(groups[rank]);
      } catch (...) {
        errors[rank] = std::current_exception();
      }
    });
  }
  for (std::thread& rank : ranks) rank.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  return results;
}

constexpr Index shards = 4;

// A training with its state after the last step.
template <class T>
struct Stopped {
  Trained<T> trained;
  TrainingState<T> state;
};

template <class T>
Stopped<T> trainRank(const ShardCase<T>& each, const std::shared_ptr<Group>& group, Index steps,
                     const Stopped<T>* from = nullptr) {
  Model<T> model(each.model);
  model.initialize({}, 11);
  Trainer<T> trainer(model, ThreadPool::shared(), optionsOf(each, shards, 1), each.source(each.rows), group);
  Stopped<T> result;
  if (from != nullptr) {
    model.write(from->trained.weights.data());
    trainer.importState(from->state);
    result.trained = from->trained;
  }
  runTo(trainer, steps, result.trained);
  result.trained.weights = weightsOf(model);
  result.state = trainer.exportState();
  return result;
}

template <class T>
std::vector<Stopped<T>> trainOn(int ranks, const ShardCase<T>& each, Index steps, const Stopped<T>* from = nullptr) {
  if (ranks == 1) return {trainRank<T>(each, nullptr, steps, from)};
  return onRanks<Stopped<T>>(ranks,
                             [&](const std::shared_ptr<Group>& group) { return trainRank(each, group, steps, from); });
}

template <class T>
bool sameState(const TrainingState<T>& a, const TrainingState<T>& b) {
  return a.identity == b.identity && a.rows == b.rows && sameBits(a.hidden, b.hidden) &&
         sameBits(a.optimizer.first, b.optimizer.first) && sameBits(a.optimizer.second, b.optimizer.second) &&
         a.optimizer.steps == b.optimizer.steps;
}

}  // namespace

TEST_CASE_TEMPLATE("1, 2 and 4 ranks give the same bits in every kind of training", T, float, double) {
  for (const ShardCase<T>& each : shardCases<T>()) {
    CAPTURE(each.name);
    const Stopped<T> alone = trainOn(1, each, each.steps).front();
    for (const int ranks : {2, 4}) {
      CAPTURE(ranks);
      for (const Stopped<T>& rank : trainOn(ranks, each, each.steps)) {
        CHECK(rank.trained == alone.trained);
        CHECK(sameState(rank.state, alone.state));
      }
    }
  }
}

TEST_CASE("a training goes on with another number of ranks, bit for bit") {
  for (const ShardCase<float>& each : shardCases<float>()) {
    CAPTURE(each.name);
    const Stopped<float> whole = trainOn(1, each, each.steps).front();
    for (const auto& [before, after] :
         {std::pair{2, 1}, std::pair{2, 4}, std::pair{4, 2}, std::pair{1, 4}, std::pair{4, 1}}) {
      for (const Index stop : {Index{1}, Index{4}}) {
        CAPTURE(before);
        CAPTURE(after);
        CAPTURE(stop);
        const Stopped<float> stopped = trainOn(before, each, stop).front();
        const std::vector<Stopped<float>> ended = trainOn(after, each, each.steps, &stopped);
        CHECK(ended.back().trained == whole.trained);
        CHECK(sameState(ended.front().state, whole.state));
      }
    }
  }
}

TEST_CASE("ranks judge what validates together, with the sums of one") {
  Chain chain = shardChain("gru");
  const std::vector<TokenId> ids = randomIds(6 * 21 + 1, shardWords, 7);
  const auto judge = [&](Group* group) {
    Model<float> model(chain.description());
    model.initialize({}, 3);
    return evaluateStream<float>(
        model, MemoryIds(ids), 6, 4, threads(1), [] { return true; }, shards, group);
  };
  const Evaluation alone = judge(nullptr);
  CHECK(alone.tokens == 6 * 21);
  for (const int ranks : {2, 4}) {
    for (const Evaluation& rank :
         onRanks<Evaluation>(ranks, [&](const std::shared_ptr<Group>& group) { return judge(group.get()); })) {
      CHECK(sameBits(&rank.lossSum, &alone.lossSum, 1));
      CHECK(rank.correct == alone.correct);
      CHECK(rank.tokens == alone.tokens);
      CHECK(!rank.cancelled);
    }
  }
  for (const ShardCase<float>& each : shardCases<float>()) {
    CAPTURE(each.name);
    const auto score = [&](Group* group) {
      Model<float> model(each.model);
      model.initialize({}, 3);
      const auto source = each.source(each.rows);
      return evaluateSource<float>(
          model, *source, threads(1), [] { return true; }, shards, group);
    };
    const Evaluation one = score(nullptr);
    for (const Evaluation& rank :
         onRanks<Evaluation>(4, [&](const std::shared_ptr<Group>& group) { return score(group.get()); })) {
      CHECK(sameBits(&rank.lossSum, &one.lossSum, 1));
      CHECK(rank.correct == one.correct);
      CHECK(rank.count == one.count);
    }
  }
}

namespace {

// Wants no more once so many steps are made.
class Tired final : public TrainingObserver {
 public:
  explicit Tired(Index most) : most_(most) {}
  void stepped(Index /*step*/, const StepRecord& /*record*/) override { ++made; }
  bool proceed() override { return made < most_; }

  Index made = 0;

 private:
  Index most_;
};

}  // namespace

TEST_CASE("rank 0 decides when all stop, and the others do not") {
  const ShardCase<float> each = shardCases<float>().front();
  const auto run = [&](const std::shared_ptr<Group>& group, Index ofFirst, Index ofOthers) {
    Model<float> model(each.model);
    model.initialize({}, 11);
    Trainer<float> trainer(model, ThreadPool::shared(), optionsOf(each, shards, 1), each.source(each.rows), group);
    Tired observer(group->rank() == 0 ? ofFirst : ofOthers);
    const RunResult result = trainer.run(4, observer);
    return std::pair{result.reason, observer.made};
  };
  using Outcome = std::pair<StopReason, Index>;
  const auto outcomes = [&](Index ofFirst, Index ofOthers) {
    return onRanks<Outcome>(2, [&](const std::shared_ptr<Group>& group) { return run(group, ofFirst, ofOthers); });
  };
  for (const Outcome& rank : outcomes(100, 0)) CHECK(rank == Outcome{StopReason::steps, 4});
  for (const Outcome& rank : outcomes(0, 100)) CHECK(rank == Outcome{StopReason::cancelled, 0});
  // The step before which it says no is the last one.
  for (const Outcome& rank : outcomes(2, 100)) CHECK(rank == Outcome{StopReason::cancelled, 3});
}

TEST_CASE("weights that are changed between two runs are rank 0's") {
  const ShardCase<float> each = shardCases<float>().front();
  const auto run = [&](const std::shared_ptr<Group>& group) {
    Model<float> model(each.model);
    model.initialize({}, 11);
    Trainer<float> trainer(model, ThreadPool::shared(), optionsOf(each, shards, 1), each.source(each.rows), group);
    Trained<float> trained;
    runTo(trainer, 2, trained);
    if (group == nullptr || group->rank() == 0) model.initialize({}, 12);
    runTo(trainer, each.steps, trained);
    trained.weights = weightsOf(model);
    return trained;
  };
  const Trained<float> alone = run(nullptr);
  for (const Trained<float>& rank : onRanks<Trained<float>>(4, run)) CHECK(rank == alone);
}

TEST_CASE("the number of ranks divides the shards") {
  const ShardCase<float> each = shardCases<float>().front();
  const auto code = [&](Index parts) {
    return onRanks<std::string>(2, [&](const std::shared_ptr<Group>& group) {
      Model<float> model(each.model);
      return codeOf([&] {
        const Trainer<float> trainer(model, ThreadPool::shared(), optionsOf(each, parts, 1), each.source(each.rows),
                                     group);
      });
    });
  };
  CHECK(code(1) == std::vector<std::string>(2, "ERR_UNROLLED_OPTION_RANGE"));
  CHECK(code(2) == std::vector<std::string>(2, "none"));
}

TEST_CASE("all ranks throw at the same step where a loss is not finite, and a rank's own error reaches the others") {
  ShardCase<float> each = shardCases<float>().front();
  each.options.optimizer.learningRate = 1e30;
  const auto errors = onRanks<std::string>(4, [&](const std::shared_ptr<Group>& group) {
    Model<float> model(each.model);
    model.initialize({}, 11);
    Trainer<float> trainer(model, ThreadPool::shared(), optionsOf(each, shards, 1), each.source(each.rows), group);
    Watcher observer;
    const std::string code = codeOf([&] { trainer.run(6, observer); });
    group->barrier();  // the group is of use still
    return code + " after " + std::to_string(observer.losses.size());
  });
  CHECK(errors.front().substr(0, 28) == "ERR_UNROLLED_NON_FINITE_LOSS");
  for (const std::string& error : errors) CHECK(error == errors.front());

  each = shardCases<float>().front();
  const auto lost = onRanks<std::string>(2, [&](const std::shared_ptr<Group>& group) {
    Model<float> model(each.model);
    model.initialize({}, 11);
    Trainer<float> trainer(model, ThreadPool::shared(), optionsOf(each, shards, 1), each.source(each.rows), group);
    class Failing final : public TrainingObserver {
     public:
      explicit Failing(bool fails) : fails_(fails) {}
      void stepped(Index step, const StepRecord& /*record*/) override {
        if (fails_ && step == 1) throw Error("ERR_UNROLLED_FILE_READ", "The disk is gone");
      }
      bool proceed() override { return true; }

     private:
      bool fails_;
    } observer(group->rank() == 1);
    return codeOf([&] { trainer.run(4, observer); });
  });
  CHECK(lost == std::vector<std::string>{"ERR_UNROLLED_RANK_LOST", "ERR_UNROLLED_FILE_READ"});
}

TEST_CASE("a training goes on on all ranks from the weights and the state that rank 0 alone has") {
  for (const ShardCase<float>& each : shardCases<float>()) {
    CAPTURE(each.name);
    const Trained<float> whole = train(each, shards);
    const Stopped<float> stopped = trainOn(1, each, 2).front();
    const auto run = [&](const std::shared_ptr<Group>& group) {
      Model<float> model(each.model);
      TrainingState<float> state;
      if (group->rank() == 0) {
        model.write(stopped.trained.weights.data());
        state = stopped.state;
      }
      sendWeights(*group, model);
      sendState(*group, state);
      Trainer<float> trainer(model, ThreadPool::shared(), optionsOf(each, shards, 1), each.source(each.rows), group);
      trainer.importState(std::move(state));
      requireAlike(*group, model, trainer.identity(), {});
      Trained<float> trained = stopped.trained;
      runTo(trainer, each.steps, trained);
      requireSameWeights(*group, model);
      trained.weights = weightsOf(model);
      return trained;
    };
    for (const Trained<float>& rank : onRanks<Trained<float>>(4, run)) CHECK(rank == whole);
  }
}

namespace {

// What one rank of four has otherwise.
enum class Other { nothing, option, seed, data, weights, frozen };

// The message of the error that all ranks throw before the first step, or "none".
std::string disagreement(Other other) {
  const ShardCase<float> each = shardCases<float>().front();
  const auto messages = onRanks<std::string>(4, [&](const std::shared_ptr<Group>& group) {
    const Other own = group->rank() == 2 ? other : Other::nothing;
    Model<float> model(each.model);
    model.initialize({}, own == Other::weights ? 12 : 11);
    if (own == Other::frozen) model.freeze(0, true);
    TrainingOptions options = optionsOf(each, shards, 1);
    if (own == Other::seed) ++options.seed;
    const Trainer<float> trainer(model, ThreadPool::shared(), options,
                                 each.source(own == Other::data ? each.rows + 1 : each.rows), group);
    std::string message = "none";
    try {
      requireAlike(*group, model, trainer.identity(), {{"window", own == Other::option ? "8" : "4", true}});
    } catch (const Error& error) {
      CHECK(error.code() == "ERR_UNROLLED_RANKS_DIFFER");
      message = error.message();
    }
    group->barrier();
    return message;
  });
  for (const std::string& message : messages) CHECK(message == messages.front());
  return messages.front();
}

}  // namespace

TEST_CASE("before the first step the ranks find out who has another option, seed, text, model or weights") {
  CHECK(disagreement(Other::nothing) == "none");
  const auto says = [](Other other, const std::string& what) {
    const std::string message = disagreement(other);
    CAPTURE(message);
    CHECK(message.substr(0, what.size()) == what);
    CHECK(message.find("on rank 2 (host ") != std::string::npos);
  };
  says(Other::option, "window must be the same on all ranks; it is 4, but 8");
  says(Other::seed, "data must be the same on all ranks");
  says(Other::data, "data must be the same on all ranks");
  says(Other::weights, "weights must be the same on all ranks");
  says(Other::frozen, "model must be the same on all ranks");
}

TEST_CASE("weights that have drifted apart are told with ranks, hosts and kernels") {
  const ShardCase<float> each = shardCases<float>().front();
  const auto messages = onRanks<std::string>(4, [&](const std::shared_ptr<Group>& group) {
    Model<float> model(each.model);
    model.initialize({}, 11);
    requireSameWeights(*group, model);
    if (group->rank() == 3) *model.buffers().change() += 1e-3F;
    try {
      requireSameWeights(*group, model);
    } catch (const Error& error) {
      CHECK(error.code() == "ERR_UNROLLED_RANKS_DIFFER");
      return error.message();
    }
    return std::string("none");
  });
  CHECK(messages.front().find("The weights of rank 3 (host ") == 0);
  CHECK(messages.front().find(std::string(kernels<float>().name) + " kernels") != std::string::npos);
  for (const std::string& message : messages) CHECK(message == messages.front());
}
