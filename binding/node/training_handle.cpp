#include "node/training_handle.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "core/training/agreement.h"
#include "node/arguments.h"
#include "node/environment.h"
#include "node/errors.h"
#include "node/source_arguments.h"
#include "node/training_group.h"
#include "node/training_state.h"

namespace unrolled::node {
namespace {

// Between two deliveries of progress.
constexpr std::chrono::milliseconds progressInterval{50};

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
    if (!info[3].IsUndefined()) lossSum_ = number("lossSum", info[3]);
    if (!info[2].IsFunction()) {
      throw Error::of("ERR_UNROLLED_OPTION_TYPE", "onProgress", "must be a function")
          .about("onProgress", "a function", "something else");
    }
    onProgress_ = Napi::Persistent(info[2].As<Napi::Function>());
  }

  void execute() override {
    start_ = delivered_ = Clock::now();
    try {
      result_ = trainer_->run(maxSteps_, *this, lossSum_);
    } catch (...) {
      deliver();
      throw;
    }
    deliver();
  }

  [[nodiscard]] bool endsWithin(double seconds) override { return trainer_->endsWithin(seconds, maxSteps_); }

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
    value.Set("lossSum", result_.lossSum);
    value.Set("count", static_cast<double>(result_.count));
    value.Set("correct", static_cast<double>(result_.correct));
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

  void stepped(Index step, const StepRecord& record) override {
    if (records_.losses.empty()) records_.firstStep = step;
    records_.losses.push_back(record.loss);
    records_.gradientNorms.push_back(record.gradientNorm);
    records_.learningRates.push_back(record.learningRate);
    if (Clock::now() - delivered_ >= progressInterval) deliver();
  }

  // What was recorded since the last delivery.
  struct Records {
    Index firstStep = 0;
    std::vector<double> losses;
    std::vector<double> gradientNorms;
    std::vector<double> learningRates;
  };

  // Sends the records. The job outlives the letter: what settles it is posted later.
  void deliver() {
    delivered_ = Clock::now();
    if (records_.losses.empty()) return;
    const double seconds = std::chrono::duration<double>(delivered_ - start_).count();
    core_->executor.tell([this, seconds, records = std::exchange(records_, {})](Napi::Env env) {
      const auto array = [env](const std::vector<double>& values) { return typedArray(env, values); };
      Napi::Object progress = Napi::Object::New(env);
      progress.Set("firstStep", static_cast<double>(records.firstStep));
      progress.Set("losses", array(records.losses));
      progress.Set("gradientNorms", array(records.gradientNorms));
      progress.Set("learningRates", array(records.learningRates));
      progress.Set("seconds", seconds);
      onProgress_.Call({progress});
    });
  }

  std::shared_ptr<ModelCore<T>> core_;
  std::shared_ptr<Trainer<T>> trainer_;
  Index maxSteps_;
  double lossSum_ = 0;
  Napi::FunctionReference onProgress_;
  RunResult result_;
  Clock::time_point start_;
  Clock::time_point delivered_;
  Records records_;
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
                               Self::InstanceMethod("prepare", &Self::prepare),
                               Self::InstanceMethod("resume", &Self::resume),
                               Self::InstanceMethod("identity", &Self::identity),
                               Self::InstanceMethod("readState", &Self::readState),
                               Self::InstanceMethod("setLearningRateScale", &Self::setLearningRateScale),
                               Self::InstanceMethod("say", &Self::say),
                               Self::InstanceMethod("agree", &Self::agree),
                               Self::InstanceMethod("shareChanges", &Self::shareChanges),
                               Self::InstanceMethod("requireSameWeights", &Self::requireSameWeights),
                               Self::InstanceMethod("dispose", &Self::dispose),
                           });
}

template <class T>
TrainingHandle<T>::TrainingHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<TrainingHandle<T>>(info) {
  guarded(info.Env(), [&] {
    const Napi::Object model = object("model", info[0]);
    const Napi::Object options = object("options", info[1]);
    core_ = ModelHandle<T>::Unwrap(model)->core();
    const auto source = std::make_shared<SourceArguments<T>>(
        batchSource(core_->model, options.Get("source"), seed(options.Get("seed"))));
    const auto make = [core = core_, trained = trainingOptions(options), source,
                       group = trainingGroup(options.Get("group"))] {
      return std::make_shared<Trainer<T>>(core->model, core->pool, trained, source->take(), group);
    };
    if (source->takesLong()) {
      make_ = make;
    } else {
      trainer_ = make();
    }
    model_ = Napi::Persistent(model);
  });
}

template <class T>
const std::shared_ptr<Trainer<T>>& TrainingHandle<T>::trainer() const {
  if (!trainer_) throw Error("ERR_UNROLLED_DISPOSED", "The training has been disposed of");
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
          info.Env(), Error("ERR_UNROLLED_BUSY", "The model is training", "Wait for that run, or abort it, first.")));
      return refused.Promise();
    }
    core_->executor.training = true;
    core_->executor.post(job);
    return job->promise();
  });
}

template <class T>
Napi::Value TrainingHandle<T>::prepare(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    if (!make_) {
      const Napi::Promise::Deferred ready = Napi::Promise::Deferred::New(info.Env());
      ready.Resolve(info.Env().Undefined());
      return ready.Promise();
    }
    return core_->executor.submit(
        info, nullptr, [make = std::exchange(make_, nullptr)](const auto& /*proceed*/) { return make(); },
        // The promise keeps this handle.
        [this](Napi::Env env, const std::shared_ptr<Trainer<T>>& made) -> Napi::Value {
          if (core_) trainer_ = made;
          return env.Undefined();
        });
  });
}

template <class T>
Napi::Value TrainingHandle<T>::resume(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    // Moved on, since a copy of the arrays would take as much again.
    const auto state = info[0].IsUndefined() ? std::make_shared<TrainingState<T>>()
                                             : std::make_shared<TrainingState<T>>(trainingState<T>(info[0]));
    return core_->executor.submit(
        info, nullptr,
        [core = core_, trainer = trainer(), state](const auto& /*proceed*/) {
          if (trainer->group()) sendState(*trainer->group(), *state);
          trainer->importState(std::move(*state));
          return true;
        },
        [](Napi::Env env, bool /*done*/) -> Napi::Value { return env.Undefined(); });
  });
}

template <class T>
Napi::Value TrainingHandle<T>::identity(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    // Beside the training, which has a thread of its own.
    return Environment::of(info.Env())
        .aside()
        .submit(
            info, nullptr, [core = core_, trainer = trainer()](const auto& /*proceed*/) { return trainer->identity(); },
            [](Napi::Env env, std::uint64_t value) -> Napi::Value {
              return Napi::String::New(env, toHexadecimal(value));
            });
  });
}

template <class T>
Napi::Value TrainingHandle<T>::readState(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::shared_ptr<Trainer<T>>& trained = trainer();
    if (!snapshot_ || !snapshot_->free) snapshot_ = std::make_shared<Snapshot<T>>();
    snapshot_->free = false;
    return core_->executor.submit(
        info, nullptr,
        [core = core_, trained, snapshot = snapshot_](const auto& /*proceed*/) {
          snapshot->take(*trained, core->model);
          return snapshot;
        },
        toJavaScript<T>);
  });
}

template <class T>
Napi::Value TrainingHandle<T>::setLearningRateScale(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const double scale = number("scale", info[0]);
    if (scale < 0) {
      throw Error::mustBe("ERR_UNROLLED_OPTION_RANGE", "scale", "0 or more", std::to_string(scale));
    }
    return core_->executor.submit(
        info, nullptr,
        [trainer = trainer(), scale](const auto& /*proceed*/) {
          trainer->setLearningRateScale(scale);
          return true;
        },
        [](Napi::Env env, bool /*done*/) -> Napi::Value { return env.Undefined(); });
  });
}

template <class T>
template <class Call>
Napi::Value TrainingHandle<T>::together(const Napi::CallbackInfo& info, Call&& call) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::shared_ptr<Trainer<T>>& shared = trainer();
    if (!shared->group()) throw Error("ERR_UNROLLED_INTERNAL", "The training is of this process alone");
    return core_->executor.submit(
        info, nullptr,
        [core = core_, shared, call = std::forward<Call>(call)](const auto& /*proceed*/) {
          call(*shared->group(), *core, *shared);
          return true;
        },
        [](Napi::Env env, bool /*done*/) -> Napi::Value { return env.Undefined(); });
  });
}

template <class T>
Napi::Value TrainingHandle<T>::say(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::shared_ptr<Trainer<T>>& shared = trainer();
    if (!shared->group()) throw Error("ERR_UNROLLED_INTERNAL", "The training is of this process alone");
    std::string words = info[0].IsUndefined() ? "" : text("words", info[0]);
    return core_->executor.submit(
        info, nullptr,
        [core = core_, shared, words](const auto& /*proceed*/) {
          std::string heard = words;
          auto length = static_cast<std::uint64_t>(heard.size());
          shared->group()->broadcast(&length, sizeof length);
          heard.resize(length);
          shared->group()->broadcast(heard.data(), heard.size());
          return heard;
        },
        [](Napi::Env env, const std::string& heard) -> Napi::Value { return Napi::String::New(env, heard); });
  });
}

template <class T>
Napi::Value TrainingHandle<T>::agree(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    std::vector<SharedFact> facts;
    const Napi::Object list = object("facts", info[0]);
    const std::uint32_t count = info[0].As<Napi::Array>().Length();
    for (std::uint32_t i = 0; i < count; ++i) {
      const Napi::Object fact = object("facts", list.Get(i));
      facts.push_back({text("facts.name", fact.Get("name")), text("facts.value", fact.Get("value")),
                       flag("facts.isOption", fact.Get("isOption"), false)});
    }
    const bool weights = flag("weights", info[1], true);
    return together(info, [facts, weights](Group& group, ModelCore<T>& core, Trainer<T>& trainer) {
      requireAlike(group, core.model, trainer.identity(), facts, weights);
    });
  });
}

template <class T>
Napi::Value TrainingHandle<T>::shareChanges(const Napi::CallbackInfo& info) {
  return together(info, [](Group& /*group*/, ModelCore<T>& /*core*/, Trainer<T>& trainer) { trainer.shareChanges(); });
}

template <class T>
Napi::Value TrainingHandle<T>::requireSameWeights(const Napi::CallbackInfo& info) {
  return together(info, [](Group& group, ModelCore<T>& core, Trainer<T>& /*trainer*/) {
    unrolled::requireSameWeights(group, core.model);
  });
}

template <class T>
Napi::Value TrainingHandle<T>::dispose(const Napi::CallbackInfo& info) {
  make_ = nullptr;
  trainer_.reset();
  snapshot_.reset();
  core_.reset();
  model_.Reset();
  return info.Env().Undefined();
}

template class TrainingHandle<float>;
template class TrainingHandle<double>;

}  // namespace unrolled::node
