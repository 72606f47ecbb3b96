#include "node/training_handle.h"

#include <chrono>
#include <utility>
#include <vector>

#include "core/training/batches.h"
#include "node/arguments.h"
#include "node/errors.h"
#include "node/stream_arguments.h"

namespace unrolled::node {
namespace {

// Between two deliveries of progress.
constexpr std::chrono::milliseconds progressInterval{50};

template <class T>
std::unique_ptr<BatchSource> batchSource(const Model<T>& model, const Napi::Object& options) {
  const Napi::Object from = object("source", options.Get("source"));
  require(model.hasHead(), "A training needs a model that ends in a dense layer.");
  if (text("source.kind", from.Get("kind")) == "stream") {
    std::unique_ptr<IdStream> stream = idStream(model, from.Get("ids"));
    const Index rows = integer("batch", from.Get("batch"), 1, largestSize);
    const Index window = integer("window", from.Get("window"), 1, largestSize);
    return std::make_unique<StreamBatches>(std::move(stream), rows, window);
  }
  std::vector<TokenId> all = ids("ids", from.Get("ids"));
  model.checkIds(all.data(), static_cast<Index>(all.size()));
  require(model.manyToOne(), "Labelled sequences need a model with one output a sequence.");
  std::vector<TokenId> labels = ids("labels", from.Get("labels"));
  model.checkTargets(labels.data(), static_cast<Index>(labels.size()));
  return std::make_unique<LabelledSequences>(std::move(all), offsets("offsets", from.Get("offsets")), std::move(labels),
                                             flag("shuffle", from.Get("shuffle"), true), seed(options.Get("seed")));
}

// A run of a training: one native call for many steps.
template <class T>
class RunJob final : public Job, private TrainingObserver {
 public:
  RunJob(const Napi::CallbackInfo& info, std::shared_ptr<ModelCore<T>> core, std::shared_ptr<Trainer<T>> trainer)
      : Job(info.Env(), info.This().As<Napi::Object>()),
        core_(std::move(core)),
        trainer_(std::move(trainer)),
        maxSteps_(integer("maxSteps", info[0], 1, largestSafeInteger)) {
    cancelBy(cancellation(info[1]));
    if (!info[2].IsFunction()) {
      throw Error("ERR_UNROLLED_OPTION_TYPE", "onProgress must be a function.")
          .about("onProgress", "a function", "something else");
    }
    onProgress_ = Napi::Persistent(info[2].As<Napi::Function>());
  }

  void execute() override {
    start_ = delivered_ = Clock::now();
    try {
      result_ = trainer_->run(maxSteps_, *this);
    } catch (...) {
      deliver();
      throw;
    }
    deliver();
  }

 protected:
  Napi::Value result(Napi::Env env) override {
    const char* reason = result_.reason == StopReason::steps   ? "steps"
                         : result_.reason == StopReason::epoch ? "epoch"
                                                               : "cancelled";
    Napi::Object value = Napi::Object::New(env);
    value.Set("reason", reason);
    value.Set("epoch", static_cast<double>(result_.epoch));
    value.Set("steps", static_cast<double>(result_.steps));
    value.Set("tokens", static_cast<double>(result_.tokens));
    value.Set("seconds", result_.seconds);
    return value;
  }

  void settled() override {
    core_->executor.training = false;
    onProgress_.Reset();
  }

 private:
  using Clock = std::chrono::steady_clock;

  bool proceed() override {
    core_->executor.serve();
    return !cancelled();
  }

  void stepped(Index step, double loss) override {
    if (losses_.empty()) firstStep_ = step;
    losses_.push_back(loss);
    if (Clock::now() - delivered_ >= progressInterval) deliver();
  }

  // Sends the losses recorded since the last time. The job outlives the letter: what settles it is
  // posted later.
  void deliver() {
    delivered_ = Clock::now();
    if (losses_.empty()) return;
    const double seconds = std::chrono::duration<double>(delivered_ - start_).count();
    core_->executor.tell([this, seconds, first = firstStep_, losses = std::exchange(losses_, {})](Napi::Env env) {
      Napi::Object progress = Napi::Object::New(env);
      progress.Set("firstStep", static_cast<double>(first));
      progress.Set("losses", typedArray<double>(env, losses.data(), static_cast<Index>(losses.size())));
      progress.Set("seconds", seconds);
      onProgress_.Call({progress});
    });
  }

  std::shared_ptr<ModelCore<T>> core_;
  std::shared_ptr<Trainer<T>> trainer_;
  Index maxSteps_;
  Napi::FunctionReference onProgress_;
  RunResult result_;
  Clock::time_point start_;
  Clock::time_point delivered_;
  Index firstStep_ = 0;
  std::vector<double> losses_;
};

}  // namespace

template <class T>
Napi::Function TrainingHandle<T>::define(Napi::Env env) {
  using Self = TrainingHandle<T>;
  return Self::DefineClass(env, "Training",
                           {
                               Self::InstanceAccessor("stepsPerEpoch", &Self::stepsPerEpoch, nullptr),
                               Self::InstanceAccessor("tokensPerEpoch", &Self::tokensPerEpoch, nullptr),
                               Self::InstanceMethod("run", &Self::run),
                               Self::InstanceMethod("dispose", &Self::dispose),
                           });
}

template <class T>
TrainingHandle<T>::TrainingHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<TrainingHandle<T>>(info) {
  guarded(info.Env(), [&] {
    const Napi::Object model = object("model", info[0]);
    const Napi::Object options = object("options", info[1]);
    core_ = ModelHandle<T>::Unwrap(model)->core();
    trainer_ = std::make_shared<Trainer<T>>(core_->model, core_->pool, trainingOptions(options),
                                            batchSource(core_->model, options));
    model_ = Napi::Persistent(model);
  });
}

template <class T>
const std::shared_ptr<Trainer<T>>& TrainingHandle<T>::trainer() const {
  if (!trainer_) throw Error("ERR_UNROLLED_DISPOSED", "The training has been disposed of.");
  return trainer_;
}

template <class T>
Napi::Value TrainingHandle<T>::stepsPerEpoch(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<double>(trainer()->stepsPerEpoch()));
  });
}

template <class T>
Napi::Value TrainingHandle<T>::tokensPerEpoch(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<double>(trainer()->tokensPerEpoch()));
  });
}

template <class T>
Napi::Value TrainingHandle<T>::run(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto job = std::make_shared<RunJob<T>>(info, core_, trainer());
    if (core_->executor.training) {
      const Napi::Promise::Deferred refused = Napi::Promise::Deferred::New(info.Env());
      refused.Reject(toJavaScript(
          info.Env(), Error("ERR_UNROLLED_BUSY", "The model is training. Wait for that run, or abort it, first.")));
      return refused.Promise();
    }
    core_->executor.training = true;
    core_->executor.post(job);
    return job->promise();
  });
}

template <class T>
Napi::Value TrainingHandle<T>::dispose(const Napi::CallbackInfo& info) {
  trainer_.reset();
  core_.reset();
  model_.Reset();
  return info.Env().Undefined();
}

template class TrainingHandle<float>;
template class TrainingHandle<double>;

}  // namespace unrolled::node
