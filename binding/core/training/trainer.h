// The training loop: batch, forward, backward, clip, update, many steps a call.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "data/batch_source.h"
#include "data/row_states.h"
#include "model/model.h"
#include "optimizers/optimizer.h"
#include "training/precision.h"
#include "training/schedule.h"
#include "training/shards.h"
#include "training/step_times.h"

namespace unrolled {

enum class Reduction { mean, sum };

// What a step does to the rows of an embedding or of a sampled softmax that its batch does not touch.
enum class SparseUpdate {
  exact,  // what a gradient of zeros does to them
  lazy,   // nothing: they are left alone by every optimiser, with all their state
  // Nothing where the batch has fewer positions than the table has rows, else as `exact`: what `lazy` was in earlier
  // releases, for trainings that go on from their checkpoints.
  lazyWhereFew,
};

struct TrainingOptions {
  OptimizerOptions optimizer;
  Reduction reduction = Reduction::mean;
  double clipValue = 0;    // 0 is off
  double clipNorm = 0;     // 0 is off
  int threads = 0;         // 0 takes the pool's default
  Index shards = 1;        // parts of each batch whose gradients are added in a tree; a power of two
  std::uint64_t seed = 0;  // of what is dropped, and of the classes a sampled softmax draws
  Schedule schedule;
  SparseUpdate sparse = SparseUpdate::exact;
  // Of the operands of large products; weights, their updates and all other arithmetic are T's in any case.
  Precision precision = Precision::full;
};

// The figures among them, which a caller gives by these names.
inline constexpr auto trainingFigures = std::to_array<std::pair<const char*, double TrainingOptions::*>>(
    {{"clipValue", &TrainingOptions::clipValue}, {"clipNorm", &TrainingOptions::clipNorm}});

// What is known of a step before its update.
struct StepRecord {
  double loss = 0;          // mean over the targets; of a sampled softmax an estimate
  double gradientNorm = 0;  // after clipping by value, before clipping by norm
  double learningRate = 0;
};

// All of a training between two steps, but for the weights.
template <class T>
struct TrainingState {
  std::uint64_t identity = 0;  // of what it reads
  OptimizerKind kind = OptimizerKind::sgd;
  OptimizerState<T> optimizer;  // with the steps made
  double learningRateScale = 1;
  Index rows = 0;
  std::vector<T> hidden;
};

// Who is told of every step, and asked between two whether to go on.
class TrainingObserver {
 public:
  TrainingObserver() = default;
  virtual ~TrainingObserver() = default;
  TrainingObserver(const TrainingObserver&) = delete;
  TrainingObserver& operator=(const TrainingObserver&) = delete;
  TrainingObserver(TrainingObserver&&) = delete;
  TrainingObserver& operator=(TrainingObserver&&) = delete;

  // After step `step` (over the whole training).
  virtual void stepped(Index step, const StepRecord& record) = 0;
  // Before each step; false ends the run. Other work on the model may be done here.
  virtual bool proceed() = 0;
};

enum class StopReason { steps, epoch, cancelled };

struct RunResult {
  StopReason reason = StopReason::steps;
  Index epoch = 0;     // of the last step made
  Index steps = 0;     // made so far, over the whole training
  Index tokens = 0;    // targets of this run
  double lossSum = 0;  // over all of them
  Index count = 0;     // what it sums: targets, times the outputs unless it is cross-entropy
  Index correct = 0;   // of `count`
  double seconds = 0;  // in steps of this run
  double waited = 0;   // of them, for the other ranks
};

template <class T>
class Trainer {
 public:
  // The source's ids and targets must be the model's: its `checkIds` and `checkTargets` tell. Throws
  // ERR_UNROLLED_PRECISION where the precision would be slower than T.
  //
  // `group`: the ranks that train one model, or null for this process alone. Each has a trainer with the same weights,
  // options and data, and they make the same calls of what says so below. Then all have the same weights after each
  // step. Its size must divide `shards`, else ERR_UNROLLED_OPTION_RANGE.
  Trainer(Model<T>& model, std::shared_ptr<ThreadPool> pool, const TrainingOptions& options,
          std::unique_ptr<BatchSource<T>> source, std::shared_ptr<Group> group = nullptr);

  [[nodiscard]] Index stepsPerEpoch() const { return source_->stepsPerEpoch(); }
  [[nodiscard]] Index tokensPerEpoch() const { return source_->tokensPerEpoch(); }

  // Trains until `maxSteps` more steps are made, the epoch ends, or the observer says no. Throws
  // ERR_UNROLLED_NON_FINITE_LOSS with the step; the weights and the state are then those before it. The losses are
  // added to `lossSum`, so that an epoch's sum has the same bits wherever it is cut into runs.
  //
  // All ranks call it. Rank 0's observer decides: where it says no before a step, all ranks make that step as the last
  // one, or none if it is the first of the run. Throws what the group throws.
  RunResult run(Index maxSteps, TrainingObserver& observer, double lossSum = 0);

  // Whether the next run of so many steps will be over within so many seconds, by the steps made so far and by the
  // batches that come; false where nothing is known of them. Between two runs. It takes no longer itself.
  [[nodiscard]] bool endsWithin(double seconds, Index maxSteps);

  // Between two runs: takes rank 0's weights where they were changed since the last step. All ranks call it; `run` does
  // it by itself.
  void shareChanges();
  [[nodiscard]] const std::shared_ptr<Group>& group() const { return group_; }

  // Multiplies the learning rate from the next step on, beside the schedule.
  void setLearningRateScale(double scale) { learningRateScale_ = scale; }

  // Between two steps. With the model's weights of the same moment, a trainer of the same data and options that
  // imports them makes the steps this one would have made, bit for bit, on any number of ranks. Import throws
  // ERR_UNROLLED_MODEL_MISMATCH. All ranks call them; each exports the whole state, and is to import it.
  [[nodiscard]] TrainingState<T> exportState() const;
  void importState(TrainingState<T> state);

  // The state but for `identity`, which takes as long as the data are. Takes no memory where the state has some
  // already. All ranks call it.
  void exportProgress(TrainingState<T>& state) const;

  // Of what it reads. Computed once, by whichever thread asks first, also while the training runs.
  [[nodiscard]] std::uint64_t identity() const;

 private:
  // The largest pass of a step: over a whole batch, or over a part of one.
  [[nodiscard]] BatchSize largestPass() const;
  // Whether the next step is to be made, which is the first of the run or not.
  bool proceeds(TrainingObserver& observer, bool first);
  RunResult runSteps(Index maxSteps, TrainingObserver& observer, double lossSum);
  // The batch of the last step.
  [[nodiscard]] TrainingBatch<T> lastBatch() const;
  // Of that batch, with its gradients in the model's buffers.
  LossResult lossAndGradients(const TrainingBatch<T>& batch, T scale);
  // Makes the next step, of that batch.
  StepRecord step(const TrainingBatch<T>& batch, RunResult& result);

  Model<T>& model_;
  std::shared_ptr<ThreadPool> pool_;
  Parallel parallel_;
  TrainingOptions options_;
  std::unique_ptr<BatchSource<T>> source_;
  std::unique_ptr<Bf16Products> bf16_;  // null: all products are T's
  Optimizer<T> optimizer_;
  Index steps_ = 0;
  double learningRateScale_ = 1;
  StepTimes times_;
  Index version_ = -1;  // of the weights its last step left
  RowStates<T> states_;
  std::vector<T> stateGradients_;
  std::shared_ptr<Group> group_;       // null: this process alone
  std::unique_ptr<Shards<T>> shards_;  // null: batches are whole
  bool proceed_ = true;                // what rank 0 wanted before the last step
  GradientTiles touched_;              // whose gradient may not be zero
  GradientTiles updated_;
  std::vector<double> partials_;
  mutable std::once_flag identified_;
  mutable std::uint64_t identity_ = 0;
};

}  // namespace unrolled
