#include "training/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/floating_point_mode.h"
#include "base/hash.h"

namespace unrolled {
namespace {

// Multiply-adds that take as long as the memory of one parameter's gradient.
constexpr double elementWork = 16;

// Upper bound of the seconds that it takes to put an example in its place in an epoch.
constexpr double orderSeconds = 2e-7;

// Multiply-adds of a run whose end is foretold: some milliseconds at most, however the steps before it went, since what
// a position costs may depend on its id, as with an adaptive softmax.
constexpr double mostForetold = 1e7;

// Whether all ranks throw this error at the same step, or had it from the group.
bool isKnownToAll(const Error& error) {
  const std::string& code = error.code();
  return code == "ERR_UNROLLED_NON_FINITE_LOSS" || code == "ERR_UNROLLED_RANK_LOST" || code == "ERR_UNROLLED_ABORTED" ||
         code == "ERR_UNROLLED_RANKS_DIFFER";
}

Error notFinite(const char* what, Index step) {
  return Error("ERR_UNROLLED_NON_FINITE_LOSS", std::string("The ") + what + " is not finite",
               "The weights are unchanged by that step. A smaller learning rate or clipping by norm may help.")
      .atStep(step);
}

}  // namespace

template <class T>
Trainer<T>::Trainer(Model<T>& model, std::shared_ptr<ThreadPool> pool, const TrainingOptions& options,
                    std::unique_ptr<BatchSource<T>> source, std::shared_ptr<Group> group)
    : model_(model),
      pool_(std::move(pool)),
      parallel_(*pool_, options.threads),
      options_(options),
      source_(std::move(source)),
      bf16_(productsOf<T>(options.precision, model.parameters(), source_->largestPass().batch, options.shards)),
      optimizer_(options.optimizer, model.buffers().size()),
      states_(model, source_->largestPass().batch),
      group_(group && group->size() > 1 ? std::move(group) : nullptr) {
  const BatchSize largest = {source_->largestPass(), source_->largestSource()};
  if (options.shards > 1 || group_) {
    shards_ = std::make_unique<Shards<T>>(model, largest, options.shards, Shards<T>::Use::gradients, group_.get());
  } else {
    stateGradients_.reserve(static_cast<std::size_t>(model.stateSize(largest.input.batch)));
  }
}

template <class T>
BatchSize Trainer<T>::largestPass() const {
  return largestPart({source_->largestPass(), source_->largestSource()}, options_.shards);
}

template <class T>
RunResult Trainer<T>::run(Index maxSteps, TrainingObserver& observer, double lossSum) {
  if (!group_) return runSteps(maxSteps, observer, lossSum);
  const auto tell = [&](const Error& error) { group_->fail(error); };
  try {
    return runSteps(maxSteps, observer, lossSum);
  } catch (const Error& error) {
    if (!isKnownToAll(error)) tell(error);
    throw;
  } catch (const std::exception& error) {
    tell(Error("ERR_UNROLLED_INTERNAL", error.what()));
    throw;
  }
}

template <class T>
bool Trainer<T>::proceeds(TrainingObserver& observer, bool first) {
  if (!group_) return observer.proceed();
  // Learned with the last step.
  if (!first && !proceed_) return false;
  proceed_ = observer.proceed();
  if (!first) return true;
  group_->broadcast(&proceed_, sizeof proceed_);
  // Somebody may have changed rank 0's weights: a callback that takes the best ones back, say.
  shareChanges();
  return proceed_;
}

template <class T>
void Trainer<T>::shareChanges() {
  if (!group_) return;
  ParameterBuffers<T>& buffers = model_.buffers();
  bool changed = version_ != buffers.version();
  group_->broadcast(&changed, sizeof changed);
  if (changed) group_->broadcast(buffers.change(), static_cast<std::size_t>(buffers.size()) * sizeof(T));
}

template <class T>
RunResult Trainer<T>::runSteps(Index maxSteps, TrainingObserver& observer, double lossSum) {
  const FloatingPointMode mode;
  using Clock = std::chrono::steady_clock;
  const Index perEpoch = source_->stepsPerEpoch();
  model_.reserve(model_.withLoss(largestPass(), source_->loss()));

  RunResult result;
  result.lossSum = lossSum;
  Clock::duration spent{};
  double work = 0;
  Index made = 0;
  const double waitedBefore = group_ ? group_->secondsWaited() : 0;
  for (;;) {
    if (made == maxSteps) {
      result.reason = StopReason::steps;
      break;
    }
    if (made > 0 && steps_ % perEpoch == 0) {
      result.reason = StopReason::epoch;
      break;
    }
    if (!proceeds(observer, made == 0)) {
      result.reason = StopReason::cancelled;
      break;
    }
    if (group_) group_->atStep(steps_);
    const auto start = Clock::now();
    const TrainingBatch<T> batch = source_->batch(steps_ / perEpoch, steps_ % perEpoch);
    const StepRecord record = step(batch, result);
    spent += Clock::now() - start;
    work += model_.multiplyAdds(batch.input.size(true));
    observer.stepped(steps_ - 1, record);
    ++made;
  }
  if (made > 0 && steps_ % perEpoch == 0) result.reason = StopReason::epoch;
  result.epoch = std::max<Index>(0, steps_ - 1) / perEpoch;
  result.steps = steps_;
  result.seconds = std::chrono::duration<double>(spent).count();
  if (group_) result.waited = group_->secondsWaited() - waitedBefore;
  if (made > 0) times_.add(made, work, result.seconds);
  return result;
}

template <class T>
bool Trainer<T>::endsWithin(double seconds, Index maxSteps) {
  if (!times_.known() || source_->readsFile() || group_) return false;
  const Index perEpoch = source_->stepsPerEpoch();
  const Index epoch = steps_ / perEpoch;
  const Index first = steps_ % perEpoch;
  const double order = orderSeconds * static_cast<double>(source_->unordered(epoch));
  if (order > seconds) return false;
  double work = 0;
  for (Index made = 0; made < std::min(maxSteps, perEpoch - first); ++made) {
    work += model_.multiplyAdds(source_->size(epoch, first + made));
    if (work > mostForetold || order + times_.expected(made + 1, work) > seconds) return false;
  }
  return true;
}

template <class T>
LossResult Trainer<T>::lossAndGradients(const TrainingBatch<T>& batch, T scale) {
  const Dropping dropping = {true, options_.seed, static_cast<std::uint64_t>(steps_)};
  T* const states = states_.begin(batch);
  if (shards_) return shards_->lossAndGradients(batch, scale, states, parallel_, dropping, bf16_.get(), proceed_);
  stateGradients_.assign(static_cast<std::size_t>(model_.stateSize(batch.input.batch)), T(0));
  return model_.lossAndGradients(batch.input, batch.targets, scale, states, stateGradients_.data(), parallel_, dropping,
                                 nullptr, bf16_.get());
}

template <class T>
StepRecord Trainer<T>::step(const TrainingBatch<T>& batch, RunResult& result) {
  const bool classes = isOfClasses(batch.targets.kind);
  const Index count = batch.targetCount * (classes ? 1 : model_.outputFeatures());
  const double scale = options_.reduction == Reduction::mean ? 1 / static_cast<double>(count) : 1;
  ParameterBuffers<T>& buffers = model_.buffers();
  buffers.listRowsAlways(options_.sparse == SparseUpdate::lazy);
  const LossResult loss = lossAndGradients(batch, static_cast<T>(scale));
  StepRecord record;
  record.loss = loss.reported() / static_cast<double>(count);
  record.learningRate =
      options_.optimizer.learningRate * options_.schedule.at(steps_, stepsPerEpoch()) * learningRateScale_;
  if (!std::isfinite(record.loss)) throw notFinite("loss", steps_);

  T* gradients = buffers.gradients();
  touched_.lay(buffers, true);
  // The same tiles, unless rows that were not touched are updated too.
  const bool touchedOnly = options_.sparse != SparseUpdate::exact || optimizer_.keepsUntouched();
  if (!touchedOnly) updated_.lay(buffers, false);
  const Parallel clipping = parallel_.forWork(elementWork * static_cast<double>(touched_.elements()));
  if (options_.clipValue > 0) clipByValue(touched_, gradients, options_.clipValue, clipping);
  record.gradientNorm = gradientNorm(touched_, gradients, partials_, clipping);
  if (!std::isfinite(record.gradientNorm)) throw notFinite("gradient", steps_);
  const double factor = options_.clipNorm > 0 ? std::min(1.0, options_.clipNorm / (record.gradientNorm + 1e-6)) : 1.0;
  optimizer_.setLearningRate(record.learningRate);
  if (version_ == -1) {
    optimizer_.restoreWeights(buffers.values());
  } else if (version_ != buffers.version()) {
    optimizer_.forgetWeights();
  }
  if (!optimizer_.staysFinite(buffers.values(), factor * record.gradientNorm)) throw notFinite("update", steps_);
  const GradientTiles& tiles = touchedOnly ? touched_ : updated_;
  optimizer_.step(tiles, buffers.change(), gradients, factor,
                  parallel_.forWork(elementWork * static_cast<double>(tiles.elements())));

  version_ = buffers.version();
  states_.keep();
  ++steps_;
  result.tokens += batch.targetCount;
  result.lossSum += loss.reported();
  result.count += count;
  result.correct += loss.correct;
  return record;
}

template <class T>
std::uint64_t Trainer<T>::identity() const {
  std::call_once(identified_, [this] { identity_ = Hash().add(source_->identity()).add(options_.seed).value(); });
  return identity_;
}

template <class T>
TrainingBatch<T> Trainer<T>::lastBatch() const {
  return source_->batch((steps_ - 1) / stepsPerEpoch(), (steps_ - 1) % stepsPerEpoch());
}

template <class T>
TrainingState<T> Trainer<T>::exportState() const {
  TrainingState<T> state;
  exportProgress(state);
  state.identity = identity();
  return state;
}

template <class T>
void Trainer<T>::exportProgress(TrainingState<T>& state) const {
  state.kind = options_.optimizer.kind;
  state.optimizer = optimizer_.state();
  state.learningRateScale = learningRateScale_;
  state.rows = states_.rows();
  state.hidden = states_.values();
  if (group_ && steps_ > 0) shards_->gatherStates(lastBatch(), state.hidden.data());
  // Other code changed the weights since the last step: these are exported, so their bound is too.
  const ParameterBuffers<T>& buffers = model_.buffers();
  if (version_ != -1 && version_ != buffers.version()) {
    state.optimizer.weightBound = optimizer_.measured(buffers.values());
  }
}

template <class T>
void Trainer<T>::importState(TrainingState<T> state) {
  const auto mismatch = [](const char* other) {
    return Error("ERR_UNROLLED_MODEL_MISMATCH",
                 std::string("The state to resume from is from a training with ") + other)
        .about("resume", "a state of the same training", std::string("one with ") + other);
  };
  if (state.kind != options_.optimizer.kind) throw mismatch("another optimiser");
  if (state.identity != identity()) {
    const char* other = "other data, other batches, or another seed";
    // An option of its own, by which a front end that has compared all but the data knows that it is these.
    throw mismatch(other).about("resume.source", "the data it was trained on, in the same batches", other);
  }
  const Index made = state.optimizer.steps;
  const Index rows =
      made == 0 ? 0 : source_->batch((made - 1) / stepsPerEpoch(), (made - 1) % stepsPerEpoch()).input.batch;
  if (state.rows != rows || static_cast<Index>(state.hidden.size()) != model_.stateSize(rows)) {
    throw mismatch("another hidden state");
  }
  optimizer_.restore(std::move(state.optimizer));
  states_.restore(state.rows, state.hidden);
  steps_ = optimizer_.state().steps;
  learningRateScale_ = state.learningRateScale;
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace unrolled
