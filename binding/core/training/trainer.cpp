#include "training/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "parallel/floating_point_mode.h"

namespace unrolled {
namespace {

Error notFinite(const char* what, Index step) {
  return Error("ERR_UNROLLED_NON_FINITE_LOSS", std::string("The ") + what + " is not finite at step " +
                                                   std::to_string(step) +
                                                   ". The weights are those before it. A smaller learning rate or "
                                                   "clipping by norm may help.")
      .atStep(step);
}

}  // namespace

template <class T>
Trainer<T>::Trainer(Model<T>& model, std::shared_ptr<ThreadPool> pool, const TrainingOptions& options,
                    std::unique_ptr<BatchSource> source)
    : model_(model),
      pool_(std::move(pool)),
      parallel_(*pool_, options.threads),
      options_(options),
      source_(std::move(source)),
      optimizer_(options.optimizer, model.buffers().size()),
      states_(static_cast<std::size_t>(model.stateSize(source_->rows()))),
      stateGradients_(states_.size()),
      partials_(static_cast<std::size_t>(normTiles(model.buffers().size()))) {}

template <class T>
RunResult Trainer<T>::run(Index maxSteps, TrainingObserver& observer) {
  const FloatingPointMode mode;
  using Clock = std::chrono::steady_clock;
  const Index perEpoch = source_->stepsPerEpoch();
  model_.reserve({source_->largestTime() * source_->rows(), source_->rows(), true});

  RunResult result;
  Clock::duration spent{};
  Index made = 0;
  for (;;) {
    if (made == maxSteps) {
      result.reason = StopReason::steps;
      break;
    }
    if (made > 0 && steps_ % perEpoch == 0) {
      result.reason = StopReason::epoch;
      break;
    }
    if (!observer.proceed()) {
      result.reason = StopReason::cancelled;
      break;
    }
    const auto start = Clock::now();
    const TrainingBatch batch = source_->batch(steps_ / perEpoch, steps_ % perEpoch);
    const double loss = step(batch, steps_);
    spent += Clock::now() - start;
    result.tokens += batch.targetCount;
    observer.stepped(steps_, loss);
    ++steps_;
    ++made;
  }
  if (made > 0 && steps_ % perEpoch == 0) result.reason = StopReason::epoch;
  result.epoch = std::max<Index>(0, steps_ - 1) / perEpoch;
  result.steps = steps_;
  result.seconds = std::chrono::duration<double>(spent).count();
  return result;
}

template <class T>
double Trainer<T>::step(const TrainingBatch& batch, Index number) {
  if (batch.fromZeroState) std::fill(states_.begin(), states_.end(), T(0));
  std::fill(stateGradients_.begin(), stateGradients_.end(), T(0));
  const auto targets = static_cast<double>(batch.targetCount);
  const double scale = options_.reduction == Reduction::mean ? 1 / targets : 1;
  const Batch<T> input{batch.time, batch.batch, batch.ids, nullptr};
  const double loss = model_
                          .lossAndGradients(input, batch.targets, static_cast<T>(scale), states_.data(),
                                            stateGradients_.data(), parallel_)
                          .sum /
                      targets;
  if (!std::isfinite(loss)) throw notFinite("loss", number);

  ParameterBuffers<T>& buffers = model_.buffers();
  T* gradients = buffers.gradients();
  if (options_.clipValue > 0) clipByValue(gradients, buffers.size(), options_.clipValue, parallel_);
  const double norm = gradientNorm(gradients, buffers.size(), partials_.data(), parallel_);
  if (!std::isfinite(norm)) throw notFinite("gradient", number);
  const double factor = options_.clipNorm > 0 ? std::min(1.0, options_.clipNorm / (norm + 1e-6)) : 1.0;
  if (!optimizer_.staysFinite(buffers.values(), factor * norm)) throw notFinite("update", number);
  optimizer_.step(buffers.change(), gradients, factor, parallel_);
  return loss;
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace unrolled
