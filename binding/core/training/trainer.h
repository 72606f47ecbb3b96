// The training loop: batch, forward, backward, clip, update, many steps a call.
#pragma once

#include <memory>
#include <vector>

#include "model/model.h"
#include "optimizers/optimizer.h"
#include "training/batches.h"

namespace unrolled {

enum class Reduction { mean, sum };

struct TrainingOptions {
  OptimizerOptions optimizer;
  Reduction reduction = Reduction::mean;
  double clipValue = 0;  // 0 is off
  double clipNorm = 0;   // 0 is off
  int threads = 0;       // 0 takes the pool's default
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

  // After step `step` (over the whole training) with its mean loss in nats, before the update.
  virtual void stepped(Index step, double loss) = 0;
  // Before each step; false ends the run. Other work on the model may be done here.
  virtual bool proceed() = 0;
};

enum class StopReason { steps, epoch, cancelled };

struct RunResult {
  StopReason reason = StopReason::steps;
  Index epoch = 0;     // of the last step made
  Index steps = 0;     // made so far, over the whole training
  Index tokens = 0;    // targets of this run
  double seconds = 0;  // in steps of this run
};

template <class T>
class Trainer {
 public:
  // The source's ids and targets must be the model's: its `checkIds` and `checkTargets` tell.
  Trainer(Model<T>& model, std::shared_ptr<ThreadPool> pool, const TrainingOptions& options,
          std::unique_ptr<BatchSource> source);

  [[nodiscard]] Index stepsPerEpoch() const { return source_->stepsPerEpoch(); }
  [[nodiscard]] Index tokensPerEpoch() const { return source_->tokensPerEpoch(); }

  // Trains until `maxSteps` more steps are made, the epoch ends, or the observer says no. Throws
  // ERR_UNROLLED_NON_FINITE_LOSS with the step; the weights are then those before it.
  RunResult run(Index maxSteps, TrainingObserver& observer);

 private:
  double step(const TrainingBatch& batch, Index number);

  Model<T>& model_;
  std::shared_ptr<ThreadPool> pool_;
  Parallel parallel_;
  TrainingOptions options_;
  std::unique_ptr<BatchSource> source_;
  Optimizer<T> optimizer_;
  Index steps_ = 0;
  std::vector<T> states_;
  std::vector<T> stateGradients_;
  std::vector<double> partials_;
};

}  // namespace unrolled
